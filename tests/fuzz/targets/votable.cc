// VOTables in their three serialisations: checked whole, read by rows, and checked by the shortcut past the XML parser,
// which compares with the document that was checked before.
#include "tables.h"

namespace garner::fuzz {
namespace {

constexpr std::string_view kOther =
    "<VOTABLE version=\"1.4\"><RESOURCE><TABLE><FIELD name=\"a\" datatype=\"long\"/><DATA><BINARY2>"
    "<STREAM encoding=\"base64\">AAAAAAAAAACA</STREAM></BINARY2></DATA></TABLE></RESOURCE></VOTABLE>";

// The same document but for one character, mostly of an attribute's value, where the shortcut allows for others.
std::vector<char> edited(Bytes bytes) {
  std::vector<char> other(text_of(bytes).begin(), text_of(bytes).end());
  if (other.empty()) return other;
  std::uint64_t choice = hash_of(bytes);
  std::vector<std::size_t> places;
  for (std::size_t at = 0; (at = text_of(bytes).find("value=\"", at)) != std::string_view::npos; at += 7) {
    if (at + 7 < bytes.size()) places.push_back(at + 7);
  }
  const std::size_t at =
      choice % 4 == 0 || places.empty() ? (choice >> 8) % other.size() : places[(choice >> 8) % places.size()];
  constexpr std::string_view kCharacters = "1x <&\"'>\n\t;\x80";
  other[at] = kCharacters[(choice >> 32) % kCharacters.size()];
  return other;
}

Result<table::TableSummary> check(Bytes bytes) {
  return table::check_table(bytes, table::Format::VOTable, kTableLimits, "source_id");
}

void require_same(const Result<table::TableSummary>& a, const Result<table::TableSummary>& b) {
  require(a.has_value() == b.has_value(), "as good by the shortcut as by the parser");
  if (!a) return;
  require(a->rows == b->rows && a->parameters == b->parameters && same_columns(a->columns, b->columns),
          "the shortcut tells the same");
  require(a->first_cell.has_value() == b->first_cell.has_value(), "a first cell");
  if (a->first_cell)
    require(a->first_cell->null == b->first_cell->null && a->first_cell->integer == b->first_cell->integer &&
                a->first_cell->text == b->first_cell->text,
            "the same first cell");
}

void run(Bytes bytes) {
  require(check(bytes_of(kOther)).has_value(), "a good table is good");  // and is the one compared with, from here on
  (void)require_agreement(bytes, table::Format::VOTable);
  const auto other = edited(bytes);
  const Bytes other_bytes = std::as_bytes(std::span(other));
  (void)check(bytes);
  const auto by_shortcut = check(other_bytes);
  (void)check(bytes_of(kOther));
  require_same(by_shortcut, check(other_bytes));
  read_in_every_way(bytes, table::Format::VOTable);
}

const Target kTarget("votable", run);

}  // namespace
}  // namespace garner::fuzz
