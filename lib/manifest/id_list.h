// Id lists: source_ids out of plain text, CSV/TSV, ECSV, FITS and VOTable, each also compressed, from a file or
// standard input, in bounded memory. A row that is no source_id of the asked release is refused with its place and
// reason, never dropped silently. A list that went through a double is refused whole, because its ids name other
// sources. The client reads; the daemon gets plain ids. One thread. Errors: NotFound, Malformed, Corrupt, Invalid
// (column missing or of a floating type, double trap).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"

namespace garner::manifest {

struct RefusedId {
  std::uint64_t row = 0;  // line in text formats, row in tables; from 1
  bool is_line = false;
  std::string text;  // what stood there, printable, short
  std::string reason;
};

struct IdListCounts {
  std::uint64_t rows = 0;      // that hold something: blank lines, comments and header lines are no rows
  std::uint64_t accepted = 0;  // duplicates included
  std::uint64_t refused = 0;
  std::string guessed_column;  // taken since there is no other, though it is not called as ids are; empty: none
};

struct IdListOptions {
  std::string release;  // a designation of another release is refused
  std::optional<std::string> column;
};

// Takes ids in batches; stops reading at the first error.
using TakeIds = std::function<Result<void>(std::span<const SourceId>)>;
using TakeRefused = std::function<Result<void>(const RefusedId&)>;

// Reads the whole list. The double trap's verdict over the distinct ids comes at the end (see DoubleTrap), so nothing
// may be kept of a list whose result is an error.
Result<IdListCounts> read_id_list(const std::string& path, const IdListOptions& options, const TakeIds& take,
                                  const TakeRefused& refused);

// One text as an id: bare digits or a designation ("Gaia DR3 123"). Reasons are sentences for people.
Result<SourceId> parse_id_text(std::string_view text, std::string_view release);

// Has a list gone through a double? Ids are multiples of 128, so each below 2^60 survives a double and proves nothing.
// The list is spoiled if every id survives int64(double(id)) == id and the sum over distinct ids of max(0, floor(log2
// id) - 59) is at least 40 bits. Duplicates seen one after the other are not counted twice; memory is constant (the sum
// stops to matter once one id does not survive).
class DoubleTrap {
 public:
  void see(SourceId id);
  bool spoiled() const;

 private:
  bool one_survived_not_ = false;
  std::uint64_t evidence_bits_ = 0;
  std::vector<std::uint64_t> seen_;  // distinct ids while they still matter; at most 40
};

}  // namespace garner::manifest
