// Id lists in every format, plain and compressed, as the client reads them from a file.
#include "manifest/id_list.h"

#include "scratch.h"
#include "target.h"

namespace garner::fuzz {
namespace {

void read(const std::string& path, const manifest::IdListOptions& options) {
  std::uint64_t accepted = 0, refused = 0;
  const auto counts = manifest::read_id_list(
      path, options,
      [&accepted](std::span<const SourceId> ids) -> Result<void> {
        for (const auto id : ids) require(id.value >= 1 && id.value <= kMaxSourceId, "an accepted id is one");
        accepted += ids.size();
        return {};
      },
      [&refused](const manifest::RefusedId& row) -> Result<void> {
        require(!row.reason.empty(), "a refused row has a reason");
        ++refused;
        return {};
      });
  if (!counts) return;
  require(counts->accepted == accepted && counts->refused == refused, "counts are what was given");
  require(counts->rows == accepted + refused && counts->rows > 0, "every row is accepted or refused");
}

void run(Bytes bytes) {
  const MemoryFile file(bytes);
  read(file.path(), {.release = "Gaia DR3", .column = std::nullopt});
  read(file.path(), {.release = "Gaia DR3", .column = "id"});
}

const Target kTarget("id_list", run);

}  // namespace
}  // namespace garner::fuzz
