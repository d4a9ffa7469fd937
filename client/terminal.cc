#include "client/terminal.h"

#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "client/format.h"

namespace garner::client {

namespace {

constexpr int kWidthUnknown = 100, kWidthLeast = 40;

bool is_terminal(std::FILE* file) {
  const int fd = ::fileno(file);
  return fd >= 0 && ::isatty(fd) == 1;
}

// The character set by the locale's variables in their order (locale(7)).
bool speaks_utf8(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = environment(name);
    if (!value || value->empty()) continue;
    return ::strcasestr(value->c_str(), "utf-8") != nullptr || ::strcasestr(value->c_str(), "utf8") != nullptr;
  }
  return false;
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Terminal::Terminal(std::FILE* out, std::FILE* err, const Environment& environment) : out_(out), err_(err) {
  const auto term = environment("TERM").value_or("");
  const bool dumb = term.empty() || term == "dumb";
  interactive_ = is_terminal(out) && !dumb;
  complaints_seen_ = is_terminal(err) && !dumb;
  colour_ = interactive_ && environment("NO_COLOR").value_or("").empty();
  utf8_ = speaks_utf8(environment);
}

void Terminal::print(std::string_view text) {
  if (utf8_) {
    write(text);
  } else {
    write(to_ascii(text));
  }
}

void Terminal::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), out_) != bytes.size() && errno_ == 0) errno_ = errno;
}

void Terminal::flush() {
  if (std::fflush(out_) != 0 && errno_ == 0) errno_ = errno;
}

void Terminal::complain(std::string_view text) {
  std::fflush(out_);
  const auto shown = utf8_ ? std::string(text) : to_ascii(text);
  std::fwrite(shown.data(), 1, shown.size(), err_);
  std::fflush(err_);
}

int Terminal::width() const {
  winsize size{};
  if (!interactive_ || ::ioctl(::fileno(out_), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWidthUnknown;
  return std::max<int>(size.ws_col, kWidthLeast);
}

std::string Terminal::paint(std::string_view text, Paint how) const {
  if (!colour_ || how == Paint::Plain) return std::string(text);
  // Select Graphic Rendition (ECMA-48 §8.3.117).
  const char* code = how == Paint::Bold ? "1" : how == Paint::Good ? "32" : how == Paint::Warn ? "33" : "31";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace garner::client
