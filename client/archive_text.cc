#include "client/archive_text.h"

#include <fmt/format.h>

#include "base/error.h"
#include "client/format.h"

namespace garner::client {

std::string concurrency_text(const harvest::ArchiveStatus& archive, std::time_t now) {
  const auto& change = archive.last_change;
  if (!change) return thousands(archive.limit);
  return fmt::format("{} (was {} until {}: {})", thousands(archive.limit), thousands(change->from),
                     clock_text(change->at_s, now), printable(change->why));
}

std::string breaker_text(const harvest::ArchiveStatus& archive, std::time_t now) {
  if (archive.breaker == "closed") return archive.breaker;
  auto out =
      fmt::format("open since {}: {}", clock_text(archive.breaker_since_s, now), printable(archive.breaker_because));
  if (archive.probes_failed > 0) out += " · " + counted(archive.probes_failed, "probe", "probes") + " failed";
  if (archive.breaker == "probing") return out + " · a probe is under way";
  return out + " · next try in " + duration_text(archive.next_probe_s);
}

std::vector<std::pair<std::string, std::string>> archive_rows(const harvest::ArchiveStatus& archive, std::time_t now) {
  auto places = fmt::format("{} in flight by all harvests, {} to {} are allowed",
                            counted(archive.in_flight, "request", "requests"), thousands(archive.floor),
                            thousands(archive.ceiling));
  if (archive.tried_high > 0)
    places += fmt::format(", {} and {} are being compared", archive.tried_low, archive.tried_high);
  std::vector<std::pair<std::string, std::string>> rows{{"concurrency", concurrency_text(archive, now)}, {"", places}};
  if (archive.jobs > 0)
    rows.emplace_back(
        "jobs", fmt::format("{} at the archive, {} at most", thousands(archive.jobs), thousands(archive.jobs_most)));
  rows.emplace_back("breaker", breaker_text(archive, now));
  return rows;
}

}  // namespace garner::client
