// Where a verb's words go: standard output and error, whether somebody is watching, and what the terminal can show.
// NO_COLOR (no-color.org), TERM=dumb and --no-color take the colours away; they carry nothing that the words don't. One
// thread. Writing errors (a closed pipe) end up in failed().
#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace garner::client {

using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

enum class Paint { Plain, Bold, Good, Warn, Bad };

class Terminal {
 public:
  Terminal(std::FILE* out, std::FILE* err, const Environment& environment);

  void print(std::string_view text);     // to standard output; ASCII where the locale knows no better
  void write(std::string_view bytes);    // to standard output, as they are
  void complain(std::string_view text);  // to standard error
  void flush();
  bool failed() const { return std::ferror(out_) != 0; }
  int write_errno() const { return errno_; }  // why; 0: not known

  bool interactive() const { return interactive_; }          // standard output is a terminal that can move its cursor
  bool complaints_seen() const { return complaints_seen_; }  // standard error is one
  bool utf8() const { return utf8_; }
  bool colour() const { return colour_; }
  void without_colour() { colour_ = false; }
  int width() const;  // columns, now

  std::string paint(std::string_view text, Paint how) const;

 private:
  std::FILE* out_;
  std::FILE* err_;
  int errno_ = 0;
  bool interactive_ = false, complaints_seen_ = false, colour_ = false, utf8_ = false;
};

}  // namespace garner::client
