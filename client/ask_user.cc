#include "client/ask_user.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

namespace garner::client {

namespace {

constexpr std::size_t kLongestLine = 1024;

volatile std::sig_atomic_t g_caught = 0;
void note_signal(int number) {
  g_caught = number;
}

// Signals that end the process wait until the terminal is as it was. They come in while wait_for_input() waits, and at
// no other time: one that came just before a read would not end it.
class SignalsNoted {
 public:
  SignalsNoted() {
    g_caught = 0;
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int number : kSignals) sigaddset(&blocked, number);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &mask_before_);
    struct sigaction note{};
    note.sa_handler = note_signal;
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &note, &before_[i]);
  }
  SignalsNoted(const SignalsNoted&) = delete;
  SignalsNoted& operator=(const SignalsNoted&) = delete;
  ~SignalsNoted() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
    ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    if (g_caught != 0 && g_caught != SIGINT) ::raise(g_caught);
  }

  // False: a signal came first.
  bool wait_for_input(int terminal) const {
    pollfd input{terminal, POLLIN, 0};
    while (::ppoll(&input, 1, nullptr, &mask_before_) < 0 && errno == EINTR && g_caught == 0) continue;
    return g_caught == 0;
  }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
  std::array<struct sigaction, kSignals.size()> before_{};
  sigset_t mask_before_{};
};

class EchoOff {
 public:
  explicit EchoOff(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
    off_ = ::tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (off_) ::tcsetattr(terminal_, TCSANOW, &before_);
  }
  bool off() const { return off_; }

 private:
  const int terminal_;
  termios before_{};
  bool off_ = false;
};

void say(int terminal, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(terminal, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

Result<std::string> read_line(int terminal, const SignalsNoted& signals) {
  std::string line;
  for (char c = 0;;) {
    if (!signals.wait_for_input(terminal)) return fail(Kind::Cancelled, "stopped before there was an answer");
    const auto got = ::read(terminal, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(Kind::Invalid, "the terminal's input ended before there was an answer");
    if (c == '\n') return line;
    line += c;
    if (line.size() > kLongestLine) return fail(Kind::Invalid, "the answer is longer than {} bytes", kLongestLine);
  }
}

}  // namespace

Result<std::string> ask_user(const std::string& question, bool hidden) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return fail(Kind::Invalid, "no terminal to ask on: {}", std::strerror(errno));
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{terminal};
  const SignalsNoted noted;
  std::optional<EchoOff> silence;
  if (hidden) {
    silence.emplace(terminal);
    if (!silence->off()) return fail(Kind::Invalid, "the terminal can't hide what is typed: {}", std::strerror(errno));
  }
  say(terminal, question);
  auto line = read_line(terminal, noted);
  if (hidden) say(terminal, "\n");
  return line;
}

}  // namespace garner::client
