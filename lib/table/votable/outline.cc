#include "table/votable/outline.h"

#include <algorithm>

#include "table/votable/rows.h"

namespace garner::table {

namespace {

constexpr std::size_t kMaxHead = 64u << 10, kMaxTail = 4u << 10;  // kept by every thread that checks

bool is_plain(char c) {
  return c >= ' ' && c <= '~' && c != '<' && c != '&' && c != '"' && c != '\'';
}

bool same(const Limits& a, const Limits& b) {
  return a.max_header_bytes == b.max_header_bytes && a.max_cell_bytes == b.max_cell_bytes &&
         a.max_columns == b.max_columns;
}

bool take(std::string_view& rest, std::string_view due) {
  if (!rest.starts_with(due)) return false;
  rest.remove_prefix(due.size());
  return true;
}

std::string_view take_plain(std::string_view& rest) {
  const auto end = std::ranges::find_if_not(rest, is_plain);
  const auto plain = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(plain.size());
  return plain;
}

}  // namespace

std::optional<std::string_view> raw_attribute(std::string_view tag, std::string_view name) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::size_t at = tag.find_first_of(kBlanks);
  while (at < tag.size()) {
    const std::size_t begin = tag.find_first_not_of(kBlanks, at);
    const std::size_t equals = tag.find('=', at);
    const std::size_t open = tag.find_first_of("\"'", equals);
    if (equals == tag.npos || open == tag.npos) return std::nullopt;
    const std::size_t close = tag.find(tag[open], open + 1);
    if (close == tag.npos) return std::nullopt;
    if (trimmed(tag.substr(begin, equals - begin)) == name) return tag.substr(open + 1, close - open - 1);
    at = close + 1;
  }
  return std::nullopt;
}

std::optional<VotablePattern> VotablePattern::make(const VotableOutline& outline, VotableTable table,
                                                   const TableSummary& summary, const Limits& limits) {
  const auto head = outline.head;
  if (head.size() > kMaxHead || outline.tail.size() > kMaxTail) return std::nullopt;
  if (!outline.tail.starts_with("</")) return std::nullopt;  // a comment or CDATA, with more of the stream behind it
  // A document type may give attributes a type whose values are normalised (§3.3.3); in UTF-16 other bytes are markup.
  if (head.find("<!DOCTYPE") != head.npos || head.find('\0') != head.npos) return std::nullopt;
  VotablePattern pattern;
  pattern.head_ = head;
  pattern.tail_ = outline.tail;
  pattern.kept_bytes_ = outline.kept_bytes;
  for (const auto& slot : outline.slots) {
    if (!std::ranges::all_of(head.substr(slot.at, slot.size), is_plain)) continue;
    pattern.kept_bytes_ -= slot.size;
    pattern.slots_.push_back(slot);
  }
  pattern.table_ = std::move(table);
  pattern.summary_ = {summary.columns, summary.parameters, 0, std::nullopt};
  pattern.limits_ = limits;
  return pattern;
}

std::optional<TableSummary> VotablePattern::match(std::string_view document, const Limits& limits,
                                                  std::string_view first_of) const {
  if (!same(limits, limits_)) return std::nullopt;
  std::string_view rest = document;
  std::vector<std::string_view> values;
  values.reserve(slots_.size());
  std::size_t from = 0;
  std::uint64_t kept = kept_bytes_;
  for (const auto& slot : slots_) {
    if (!take(rest, std::string_view(head_).substr(from, slot.at - from))) return std::nullopt;
    values.push_back(take_plain(rest));
    kept += values.back().size();
    from = slot.at + slot.size;
  }
  if (!take(rest, std::string_view(head_).substr(from)) || kept > limits.max_header_bytes) return std::nullopt;
  const auto base64 = rest.substr(0, rest.find('<'));
  if (rest.substr(base64.size()) != tail_) return std::nullopt;

  RowCheck rows(limits.max_cell_bytes, first_of);
  if (!rows.begin(table_) || !rows.stream_text(base64) || !rows.end_stream()) return std::nullopt;
  auto first_cell = rows.first_cell();
  if (!first_cell) return std::nullopt;
  std::optional<TableSummary> summary(summary_);
  summary->rows = rows.rows();
  summary->first_cell = std::move(*first_cell);
  for (std::size_t i = 0; i < slots_.size(); ++i) summary->parameters.find(slots_[i].name)->second = values[i];
  return summary;
}

}  // namespace garner::table
