// A shortcut past the XML parser for VOTables that differ only in the values of their PARAMs, as the products of one
// type do: what stands around the rows is compared with a document that expat found good. Exact, not a guess: the bytes
// are the same but for attribute values that both times are characters without a meaning in XML (printable ASCII
// without quotes,
// '<' and '&'; XML 1.0 §2.3, §3.3.3), so the parser would tell the same of both. It only ever says yes; anything else
// is for the parser to judge. Values; one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/votable/field.h"

namespace garner::table {

// The value of a PARAM that stands in parameters() under `name`.
struct ValueSlot {
  std::size_t at = 0, size = 0;  // in the document
  std::string name;
};

// The parts of a good document with one table and one STREAM.
struct VotableOutline {
  std::string_view head, tail;   // up to the STREAM's first character; from the '<' behind its last
  std::vector<ValueSlot> slots;  // in the head, in order
  std::uint64_t kept_bytes = 0;  // as bounded by max_header_bytes
};

// Where the value of the attribute stands in a well-formed start tag; nothing where there is none.
std::optional<std::string_view> raw_attribute(std::string_view tag, std::string_view name);

class VotablePattern {
 public:
  // Nothing where the outline is too large to be kept, or where other bytes could have another meaning.
  static std::optional<VotablePattern> make(const VotableOutline& outline, VotableTable table,
                                            const TableSummary& summary, const Limits& limits);

  // What check_votable() says of the document if it is good and of this pattern, else nothing.
  std::optional<TableSummary> match(std::string_view document, const Limits& limits, std::string_view first_of) const;

 private:
  std::string head_, tail_;
  std::vector<ValueSlot> slots_;
  std::uint64_t kept_bytes_ = 0;
  VotableTable table_;
  TableSummary summary_;  // without what the rows say
  Limits limits_;
};

}  // namespace garner::table
