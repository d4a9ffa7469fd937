// Private to lib/manifest: where the readers of id lists put what they find. Hands ids on in batches, counts, and
// watches for the double trap.
#pragma once

#include <string_view>
#include <vector>

#include "manifest/id_list.h"
#include "table/byte_source.h"

namespace garner::manifest {

class IdSink {
 public:
  IdSink(const IdListOptions& options, const TakeIds& take, const TakeRefused& refused)
      : options_(options), take_(take), refused_(refused) {
    batch_.reserve(kBatch);
  }

  Result<void> accept(SourceId id) {
    batch_.push_back(id);
    return batch_.size() == kBatch ? hand_on() : Result<void>{};
  }
  // A text as it stands in the list: accepted, or refused with its place.
  Result<void> text(std::string_view text, std::uint64_t row, bool is_line);
  Result<void> refuse(std::string_view text, std::string_view reason, std::uint64_t row, bool is_line);
  // The end of the list: hands on the rest; Invalid if the list is empty or went through a double.
  Result<IdListCounts> finish(std::string_view name);

  const IdListOptions& options() const { return options_; }
  // There is no other column, though nobody asked for it.
  void guess(std::string column) { counts_.guessed_column = std::move(column); }

 private:
  static constexpr std::size_t kBatch = 16'384;
  Result<void> hand_on();

  const IdListOptions& options_;
  const TakeIds& take_;
  const TakeRefused& refused_;
  std::vector<SourceId> batch_;
  IdListCounts counts_;
  DoubleTrap trap_;
};

// Whether a list that begins with these bytes holds one id a line, at most behind the line "source_id" (plain_ids.cc).
enum class PlainKind { None, Bare, WithHeader };
PlainKind plain_kind(std::string_view head);
// Ids or designations one a line; '#' begins a comment. Errors: those of the source and the sink; Malformed for a line
// beyond all measure.
Result<void> read_plain_ids(table::ByteSource& source, PlainKind kind, IdSink& sink);
// Ids out of a table's column (table_ids.cc). `head`: the first bytes of `source`, which still brings them.
Result<void> read_table_ids(std::string head, std::unique_ptr<table::ByteSource> source, IdSink& sink);

}  // namespace garner::manifest
