#include "control/archive_json.h"

#include "control/json_text.h"

namespace garner::control {

namespace {

using harvest::ArchiveStatus;
using nlohmann::json;

struct CountRow {
  const char* key;
  std::uint32_t ArchiveStatus::* field;
};
constexpr CountRow kCounts[] = {{"in_flight", &ArchiveStatus::in_flight}, {"limit", &ArchiveStatus::limit},
                                {"floor", &ArchiveStatus::floor},         {"ceiling", &ArchiveStatus::ceiling},
                                {"tried_low", &ArchiveStatus::tried_low}, {"tried_high", &ArchiveStatus::tried_high},
                                {"jobs", &ArchiveStatus::jobs},           {"jobs_most", &ArchiveStatus::jobs_most}};

std::uint32_t count_of(const json& object, const char* key) {
  return static_cast<std::uint32_t>(json_count(object, key).value_or(0));
}

std::int64_t time_of(const json& object, const char* key) {
  return static_cast<std::int64_t>(json_count(object, key).value_or(0));
}

}  // namespace

json archive_json(const std::optional<ArchiveStatus>& status) {
  if (!status) return nullptr;
  json out = json::object();
  for (const auto& row : kCounts) out[row.key] = (*status).*row.field;
  out["last_change"] = nullptr;
  if (const auto& note = status->last_change)
    out["last_change"] = {{"at_s", note->at_s}, {"from", note->from}, {"to", note->to}, {"why", note->why}};
  out["breaker"] = {{"state", status->breaker}};
  if (status->breaker == "closed") return out;
  out["breaker"]["since_s"] = status->breaker_since_s;
  out["breaker"]["because"] = status->breaker_because;
  out["breaker"]["next_probe_s"] = status->next_probe_s;
  out["breaker"]["probes_failed"] = status->probes_failed;
  return out;
}

std::optional<ArchiveStatus> archive_from(const json& value) {
  if (!value.is_object()) return std::nullopt;
  ArchiveStatus out;
  for (const auto& row : kCounts) out.*row.field = count_of(value, row.key);
  if (const auto note = value.find("last_change"); note != value.end() && note->is_object()) {
    out.last_change = {time_of(*note, "at_s"), count_of(*note, "from"), count_of(*note, "to"),
                       json_string(*note, "why")};
  }
  const auto breaker = value.find("breaker");
  if (breaker == value.end() || !breaker->is_object()) return out;
  if (const auto state = json_string(*breaker, "state"); !state.empty()) out.breaker = state;
  out.breaker_since_s = time_of(*breaker, "since_s");
  out.breaker_because = json_string(*breaker, "because");
  out.next_probe_s = json_number(*breaker, "next_probe_s").value_or(0);
  out.probes_failed = count_of(*breaker, "probes_failed");
  return out;
}

}  // namespace garner::control
