// The sources of a harvest that names them by a query: what is to be asked, range of source_ids by range where one
// answer can't hold them all, and the ids that came, sorted and staged until they become the harvest. No I/O but the
// spill of the sorter and, in commit(), the ledger. One thread at a time; take() and commit() block: they are for
// workers.
#pragma once

#include <optional>
#include <vector>

#include "archive/archive.h"
#include "harvest/intake/id_sorter.h"
#include "ledger/ledger.h"
#include "manifest/manifest.h"

namespace garner::harvest {

// source_ids, both ends included.
struct IdRange {
  std::uint64_t first = 0, last = 0;
  bool operator==(const IdRange&) const = default;
};

// The query as the archive gets it. Invalid: of a cone or box, a table that is no name.
std::string source_adql(const manifest::Manifest& manifest, const archive::Profile& profile);

class FoundSources {
 public:
  FoundSources(const manifest::Manifest& manifest, const std::filesystem::path& spill_directory, SpillRoom room);

  // What is to be asked next; nothing: all ids are in.
  std::optional<IdRange> next() const;
  Result<archive::TapQuestion> question(const archive::Profile& profile) const;
  // The answer to it. TooLarge: it was cut, and nothing of it is kept; see split(). Errors as product::read_ids_answer.
  Result<void> take(std::span<const std::byte> answer, std::uint64_t row_limit);
  // Asks for the range in parts; `why` where it can't be cut any more, or the query is not one that can be cut.
  Result<void> split(const Error& why, const archive::Profile& profile);
  // Makes the announced harvest one with these ids. Invalid where there are none.
  Result<ledger::HarvestRecord> commit(ledger::Ledger& ledger, ledger::HarvestRecord announced);

 private:
  const manifest::Manifest& manifest_;
  IdSorter sorter_;
  std::vector<IdRange> to_ask_;  // the next one last
  std::string column_;
  std::uint64_t without_id_ = 0;
};

}  // namespace garner::harvest
