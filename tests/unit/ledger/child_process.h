// Runs ledger_child and talks with it over pipes.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

extern char** environ;

namespace garner::ledger {

class ChildProcess {
 public:
  ChildProcess(std::string mode, std::string folder) {
    int to_child[2] = {-1, -1}, from_child[2] = {-1, -1};
    if (::pipe2(to_child, O_CLOEXEC) != 0 || ::pipe2(from_child, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    std::string program = LEDGER_CHILD;
    char* const arguments[] = {program.data(), mode.data(), folder.data(), nullptr};
    if (::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ) != 0) std::abort();
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(to_child[0]);
    ::close(from_child[1]);
    in_ = to_child[1];
    out_ = from_child[0];
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    ::kill(pid_, SIGKILL);
    wait();
    ::close(out_);
    if (in_ >= 0) ::close(in_);
  }

  pid_t pid() const { return pid_; }
  template <class Value>
  bool read(Value& value) {
    return ::read(out_, &value, sizeof value) == static_cast<ssize_t>(sizeof value);
  }
  void kill() { ::kill(pid_, SIGKILL); }
  void end_input() { ::close(std::exchange(in_, -1)); }
  // waitpid's status; the process has gone when it returns.
  int wait() {
    if (!waited_) ::waitpid(pid_, &status_, 0);
    waited_ = true;
    return status_;
  }

 private:
  pid_t pid_ = 0;
  int in_ = -1, out_ = -1, status_ = 0;
  bool waited_ = false;
};

}  // namespace garner::ledger
