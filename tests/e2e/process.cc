#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "rig.h"

namespace garner::e2e {

namespace {

// Replaces this process; the environment is the test's own plus what is given.
[[noreturn]] void become(const std::vector<std::string>& arguments,
                         const std::map<std::string, std::string>& environment) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing outlives a test that is itself killed
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  _exit(127);
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void pause_briefly() {
  poll(nullptr, 0, 10);
}

}  // namespace

Ran run(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
        const std::string& input, const fs::path& directory) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) return {};
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    if (!directory.empty() && chdir(directory.c_str()) != 0) _exit(126);
    become(arguments, environment);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  signal(SIGPIPE, SIG_IGN);
  fcntl(in[1], F_SETFL, O_NONBLOCK);
  Ran ran;
  std::size_t sent = 0;
  bool out_open = true, err_open = true, in_open = true;
  if (input.empty()) in_open = (close(in[1]), false);
  while (out_open || err_open) {
    pollfd fds[3] = {
        {out_open ? out[0] : -1, POLLIN, 0}, {err_open ? err[0] : -1, POLLIN, 0}, {in_open ? in[1] : -1, POLLOUT, 0}};
    if (poll(fds, 3, -1) < 0 && errno != EINTR) break;
    char buffer[65'536];
    const auto drain = [&](pollfd& fd, std::string& into, bool& open) {
      if (fd.revents == 0) return;
      const ssize_t got = read(fd.fd, buffer, sizeof buffer);
      if (got > 0)
        into.append(buffer, static_cast<std::size_t>(got));
      else
        open = false;
    };
    drain(fds[0], ran.out, out_open);
    drain(fds[1], ran.err, err_open);
    if (in_open && fds[2].revents != 0) {
      const ssize_t wrote = write(in[1], input.data() + sent, input.size() - sent);
      if (wrote > 0) sent += static_cast<std::size_t>(wrote);
      if (wrote < 0 || sent == input.size()) in_open = (close(in[1]), false);
    }
  }
  if (in_open) close(in[1]);
  close(out[0]);
  close(err[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  ran.exit_code = exit_code_of(status);
  return ran;
}

Child::Child(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
             const fs::path& log) {
  pid_ = fork();
  if (pid_ == 0) {
    const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(file, 1);
    dup2(file, 2);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    become(arguments, environment);
  }
}

Child& Child::operator=(Child&& other) noexcept {
  kill_now();
  pid_ = std::exchange(other.pid_, -1);
  exit_code_ = std::exchange(other.exit_code_, std::nullopt);
  return *this;
}

Child::~Child() {
  kill_now();
}

void Child::reap(bool block) {
  if (pid_ <= 0 || exit_code_) return;
  int status = 0;
  if (waitpid(pid_, &status, block ? 0 : WNOHANG) == pid_) exit_code_ = exit_code_of(status);
}

bool Child::running() {
  reap(false);
  return pid_ > 0 && !exit_code_;
}

void Child::signal(int number) {
  if (running()) kill(pid_, number);
}

std::optional<int> Child::wait(std::chrono::seconds most) {
  wait_until([this] { return !running(); }, most);
  return exit_code_;
}

void Child::kill_now() {
  signal(SIGKILL);
  reap(true);
}

bool wait_until(const std::function<bool()>& condition, std::chrono::seconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    pause_briefly();
  }
  return true;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::string> visible_files(const fs::path& directory) {
  std::vector<std::string> out;
  if (!fs::exists(directory)) return out;
  for (auto it = fs::recursive_directory_iterator(directory); it != fs::recursive_directory_iterator(); ++it) {
    if (it->path().filename() == ".garner")
      it.disable_recursion_pending();
    else if (it->is_regular_file())
      out.push_back(fs::relative(it->path(), directory).string());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace garner::e2e
