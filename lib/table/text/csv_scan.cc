#include "table/text/csv_scan.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace garner::table {

namespace {

// Characters at which an unquoted cell stops, or which it may not hold.
constexpr std::array<bool, 256> make_stops() {
  std::array<bool, 256> stops{};
  for (std::size_t c = 0; c < 0x20; ++c) stops[c] = c != '\t';
  stops['"'] = true;
  stops[0x7f] = true;
  return stops;
}
constexpr auto kStops = make_stops();

class Scanner {
 public:
  Scanner(std::string_view text, bool final, char delimiter, std::vector<CsvCell>* cells)
      : begin_(text.data()),
        at_(begin_),
        end_(begin_ + text.size()),
        final_(final),
        delimiter_(delimiter),
        cells_(cells) {}

  Result<CsvRecord> record();

 private:
  enum class Step : std::uint8_t { NextCell, EndOfRecord, NeedMore };

  Result<Step> cell();
  Result<Step> quoted_cell();
  Result<Step> behind_cell();
  void keep(const char* from, const char* to, bool escaped) {
    ++record_.cells;
    if (cells_)
      cells_->push_back({static_cast<std::size_t>(from - begin_), static_cast<std::size_t>(to - begin_), escaped});
  }
  void skip_blanks() {
    while (delimiter_ == ' ' && at_ != end_ && *at_ == ' ') ++at_;
  }
  bool at_break() const { return at_ != end_ && (*at_ == '\n' || *at_ == '\r'); }

  const char* begin_;
  const char* at_;
  const char* end_;
  bool final_;
  char delimiter_;
  std::vector<CsvCell>* cells_;
  CsvRecord record_;
};

Result<CsvRecord> Scanner::record() {
  skip_blanks();
  Result<Step> step = at_break() || at_ == end_ ? behind_cell() : cell();
  while (step && *step == Step::NextCell) step = cell();
  if (!step) return std::unexpected(std::move(step.error()));
  record_.found = *step == Step::EndOfRecord ? CsvRecord::Found::Record : CsvRecord::Found::NeedMore;
  record_.consumed = static_cast<std::size_t>(at_ - begin_);
  return record_;
}

Result<Scanner::Step> Scanner::cell() {
  if (at_ != end_ && *at_ == '"') return quoted_cell();
  const char* const from = at_;
  const char delimiter = delimiter_;
  while (at_ != end_ && *at_ != delimiter && !kStops[static_cast<unsigned char>(*at_)]) ++at_;
  if (at_ == end_ && !final_) return Step::NeedMore;
  keep(from, at_, false);
  return behind_cell();
}

Result<Scanner::Step> Scanner::quoted_cell() {
  const char* const from = ++at_;
  bool escaped = false;
  for (;;) {
    const auto* quote = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
    if (!quote) {
      if (!final_) return Step::NeedMore;
      return fail(Kind::Corrupt, "the text is cut: it ends inside a quoted cell");
    }
    at_ = quote + 1;
    if (at_ == end_ && !final_) return Step::NeedMore;
    if (at_ == end_ || *at_ != '"') {
      record_.lines += static_cast<std::uint64_t>(std::count(from, quote, '\n'));
      keep(from, quote, escaped);
      return behind_cell();
    }
    escaped = true;
    ++at_;
  }
}

Result<Scanner::Step> Scanner::behind_cell() {
  if (at_ != end_ && *at_ == delimiter_) {
    ++at_;
    skip_blanks();
    // Blanks before a line break separate nothing where blanks are the delimiter.
    if (delimiter_ != ' ' || (!at_break() && at_ != end_)) return Step::NextCell;
  }
  if (at_ == end_) return final_ ? Step::EndOfRecord : Step::NeedMore;
  const char c = *at_;
  if (c == '\r') {
    if (end_ - at_ < 2 && !final_) return Step::NeedMore;
    if (end_ - at_ < 2 || at_[1] != '\n') return fail(Kind::Malformed, "a carriage return without a line feed");
    ++at_;
  } else if (c == '"') {
    return fail(Kind::Malformed, "a quote inside of an unquoted cell");
  } else if (c != '\n') {
    return fail(Kind::Malformed, "unexpected character (code {}) {}", static_cast<unsigned char>(c),
                static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? "in a cell" : "behind a closing quote");
  }
  ++at_;
  ++record_.lines;
  record_.ends_in_break = true;
  return Step::EndOfRecord;
}

}  // namespace

Result<CsvRecord> scan_csv_record(std::string_view text, bool final, char delimiter, std::vector<CsvCell>* cells) {
  if (cells) cells->clear();
  return Scanner(text, final, delimiter, cells).record();
}

std::string_view csv_cell_text(std::string_view text, const CsvCell& cell, std::string& scratch) {
  const auto raw = text.substr(cell.begin, cell.end - cell.begin);
  if (!cell.is_escaped) return raw;
  const std::size_t begin = scratch.size();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    scratch += raw[i];
    if (raw[i] == '"') ++i;
  }
  return std::string_view(scratch).substr(begin);
}

}  // namespace garner::table
