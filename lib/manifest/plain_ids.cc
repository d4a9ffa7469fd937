// Id lists of one id a line. The way of plain digits is short: no allocation, no copy, one pass.
#include <strings.h>

#include <cstring>

#include "manifest/id_sink.h"

namespace garner::manifest {

namespace {

constexpr std::size_t kBufferBytes = 1u << 20;
constexpr std::ptrdiff_t kMostDigits = 19;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view without_comment(std::string_view line) {
  return trimmed(line.substr(0, line.find('#')));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What begins like a number or a designation; anything else is a column's name.
bool like_an_id(std::string_view line) {
  if (line.starts_with('"') || line.starts_with('\'')) line.remove_prefix(1);
  if (line.starts_with("Gaia ")) return true;
  if (line.starts_with('-') || line.starts_with('+') || line.starts_with('.')) line.remove_prefix(1);
  return !line.empty() && is_digit(line[0]);
}

// A CSV file of one column is a plain list with one line more.
bool is_lone_header(std::string_view line) {
  return strncasecmp(line.data(), "source_id", line.size()) == 0 && line.size() == std::string_view("source_id").size();
}

class PlainReader {
 public:
  PlainReader(table::ByteSource& source, IdSink& sink, bool header_due)
      : source_(source), sink_(sink), buffer_(kBufferBytes + 1, '\0'), header_due_(header_due) {}

  Result<void> read() {
    bool first = true;
    for (;;) {
      auto got = source_.read(std::as_writable_bytes(std::span(buffer_).subspan(filled_, kBufferBytes - filled_)));
      if (!got) return std::unexpected(std::move(got.error()));
      const bool at_end = *got == 0;
      filled_ += *got;
      // The source brings its peeked head at once, so that the mark is never cut.
      if (std::exchange(first, false) && std::string_view(buffer_).starts_with(kByteOrderMark))
        drop(kByteOrderMark.size());
      if (at_end && filled_ > 0) buffer_[filled_++] = '\n';
      if (auto done = lines(); !done) return done;
      if (at_end) return {};
      if (filled_ == kBufferBytes)
        return fail(Kind::Malformed, "line {}: longer than {} bytes: this is no list of ids", line_ + 1, kBufferBytes);
    }
  }

 private:
  void drop(std::size_t bytes) {
    std::memmove(buffer_.data(), buffer_.data() + bytes, filled_ - bytes);
    filled_ -= bytes;
  }

  // Reads the whole lines in the buffer and keeps the rest.
  Result<void> lines() {
    const char* at = buffer_.data();
    const auto* const last = static_cast<const char*>(memrchr(at, '\n', filled_));
    if (last == nullptr) return {};
    while (at <= last) {
      ++line_;
      const char* digit = at;
      std::uint64_t value = 0;
      // Never beyond `last`, which is no digit. 19 digits fit 64 bits.
      while (is_digit(*digit)) value = value * 10 + static_cast<std::uint64_t>(*digit++ - '0');
      const char* end = digit;
      if (*end == '\r') ++end;
      const bool good = *end == '\n' && digit > at && digit - at <= kMostDigits && value - 1 < kMaxSourceId;
      if (good) [[likely]] {
        if (auto done = sink_.accept(SourceId{value}); !done) return done;
        at = end + 1;
        continue;
      }
      const auto* const line_end =
          static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(last - at) + 1));
      const auto text = without_comment({at, line_end});
      if (!text.empty() && !std::exchange(header_due_, false)) {
        if (auto done = sink_.text(text, line_, true); !done) return done;
      }
      at = line_end + 1;
    }
    drop(static_cast<std::size_t>(last + 1 - buffer_.data()));
    return {};
  }

  table::ByteSource& source_;
  IdSink& sink_;
  std::string buffer_;
  std::size_t filled_ = 0;
  std::uint64_t line_ = 0;
  bool header_due_;
};

}  // namespace

PlainKind plain_kind(std::string_view head) {
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  if (head.starts_with("# %ECSV")) return PlainKind::None;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    const auto line = without_comment(head.substr(0, end));
    if (!line.empty()) {
      if (is_lone_header(line)) return PlainKind::WithHeader;
      // "123 456" begins a table whose columns have no names.
      const std::string_view delimiters = line.find("Gaia ") == line.npos ? " ,\t;|" : ",\t;|";
      return like_an_id(line) && line.find_first_of(delimiters) == line.npos ? PlainKind::Bare : PlainKind::None;
    }
    if (end == head.npos) break;
    head.remove_prefix(end + 1);
  }
  return PlainKind::Bare;  // nothing but comments
}

Result<void> read_plain_ids(table::ByteSource& source, PlainKind kind, IdSink& sink) {
  if (sink.options().column) {
    return fail(Kind::Invalid,
                "column '{}' is asked for, but this is a plain list of ids without columns; leave sources.column out",
                printable(*sink.options().column, 60));
  }
  return PlainReader(source, sink, kind == PlainKind::WithHeader).read();
}

}  // namespace garner::manifest
