// The verdict on a TAP answer in VOTable, known only at </VOTABLE> (DALI 1.1 §5.4, TAP 1.1 §3.3): OK, OVERFLOW, ERROR,
// or no end at all. A later QUERY_STATUS overrides an earlier one; a second document put behind half of the first is a
// cut answer, with its words. Rows may be consumed while they come, but must not be committed before the verdict is Ok.
// OVERFLOW, Error and Cut say nothing about rows that are missing: nothing is ever absent by them.
// Pure; any thread.
#pragma once

#include <span>

#include "table/convert.h"

namespace garner::ivoa {

enum class Verdict {
  Ok,
  Overflow,  // complete as a document, but rows were cut off: by our MAXREC, or a row or byte limit of the service
  Error,     // the service failed, and says so; `why` is its words, judged
  Cut        // no whole VOTable: cut, damaged, or no VOTable; `why` tells
};

struct Answer {
  Verdict verdict = Verdict::Cut;
  Error why{};  // of Error and Cut
  std::uint64_t rows = 0;
};

// Reads a whole answer (gzip or not) to its end, without decoding its cells.
Answer read_answer(std::span<const std::byte> body, const table::Limits& limits = {});

// For who reads the rows: `end` is what next_row() gave last (false or its Error), `rows` how many it gave. `body`,
// where it is at hand, is searched for what the server put behind half an answer.
Answer verdict_at_end(const table::TableReader& reader, const Result<bool>& end, std::uint64_t rows,
                      std::string_view body = {});

// For who converted the answer: of what the conversion gave at its end.
Answer verdict_of(const table::ConvertedTable& converted);

// An answer with exactly as many rows as the service's own limit counts as cut by it, whatever it says (0: no limit
// known).
Verdict with_row_limit(Verdict verdict, std::uint64_t rows, std::uint64_t row_limit);

}  // namespace garner::ivoa
