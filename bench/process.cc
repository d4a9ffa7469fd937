#include "process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

namespace garner::bench {

namespace {

double seconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}
double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double clock_s(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return seconds(time);
}

pid_t start(const std::vector<std::string>& arguments, const fs::path& log) {
  std::vector<char*> words;
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (out < 0) give_up("cannot write " + log.string());
  const pid_t pid = fork();
  if (pid < 0) give_up("fork failed");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(words[0], words.data());
    _exit(127);
  }
  close(out);
  return pid;
}

}  // namespace

void give_up(std::string_view why) {
  std::fflush(stdout);
  std::fprintf(stderr, "garner-bench: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

double now_s() {
  return clock_s(CLOCK_MONOTONIC);
}
double thread_cpu_s() {
  return clock_s(CLOCK_THREAD_CPUTIME_ID);
}

Cost run(const std::vector<std::string>& arguments, const fs::path& log) {
  const double begin = now_s();
  const pid_t pid = start(arguments, log);
  int status = 0;
  rusage usage{};
  if (wait4(pid, &status, 0, &usage) != pid) give_up("wait4 failed");
  const Cost cost{now_s() - begin, seconds(usage.ru_utime) + seconds(usage.ru_stime),
                  static_cast<double>(usage.ru_maxrss) / 1024};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::string text = read_file(log);
    if (text.size() > 2000) text.erase(0, text.size() - 2000);
    give_up(fmt::format("{} ended with status {}:\n{}", fmt::join(arguments, " "), status, text));
  }
  return cost;
}

Child::Child(const std::vector<std::string>& arguments, const fs::path& log) : pid_(start(arguments, log)) {}

double Child::cpu_s() const {
  clockid_t clock{};
  if (clock_getcpuclockid(pid_, &clock) != 0) give_up("the process whose CPU is measured is gone");
  return clock_s(clock);
}

double Child::peak_memory_mib() const {
  std::ifstream in(fmt::format("/proc/{}/status", pid_));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  give_up("the process whose memory is measured is gone");
}

bool Child::running() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

void Child::end(int signal) {
  if (pid_ <= 0) return;
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void write_file(const fs::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out.flush()) give_up("cannot write " + path.string());
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) give_up("cannot read " + path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

double disk_bytes(const fs::path& folder) {
  double total = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    struct stat status{};
    if (lstat(entry.path().c_str(), &status) == 0) total += static_cast<double>(status.st_blocks) * 512;
  }
  return total;
}

}  // namespace garner::bench
