#include "control/messages.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "control/archive_json.h"
#include "control/json_text.h"
#include "control/log_messages.h"

namespace garner::control {

namespace {

using harvest::HarvestStatus;
using harvest::Plan;
using nlohmann::json;

// JSON has no infinities.
double finite(double value) {
  return std::isfinite(value) ? value : 0;
}

// Every number of a status that is a plain count, once for both directions.
struct CountRow {
  const char* key;
  std::uint64_t HarvestStatus::* field;
};
constexpr CountRow kCounts[] = {{"sources", &HarvestStatus::sources},
                                {"duplicates", &HarvestStatus::duplicates},
                                {"refused", &HarvestStatus::refused},
                                {"requested", &HarvestStatus::requested},
                                {"pending", &HarvestStatus::pending},
                                {"delivered", &HarvestStatus::delivered},
                                {"absent", &HarvestStatus::absent},
                                {"failed", &HarvestStatus::failed},
                                {"empty_so_far", &HarvestStatus::empty_so_far},
                                {"bytes_received", &HarvestStatus::bytes_received},
                                {"bytes_stored", &HarvestStatus::bytes_stored},
                                {"attempts", &HarvestStatus::attempts}};

constexpr CountRow kChunkCounts[] = {{"total", &HarvestStatus::chunks_total},
                                     {"done", &HarvestStatus::chunks_done},
                                     {"in_flight", &HarvestStatus::chunks_in_flight},
                                     {"blocked", &HarvestStatus::chunks_blocked},
                                     {"await_second_look", &HarvestStatus::chunks_to_look_at}};

struct TextRow {
  const char* key;
  std::string HarvestStatus::* field;
};
constexpr TextRow kTexts[] = {
    {"name", &HarvestStatus::name},         {"kind", &HarvestStatus::kind},
    {"state", &HarvestStatus::state},       {"waiting_for", &HarvestStatus::waiting_for},
    {"archive", &HarvestStatus::archive},   {"release", &HarvestStatus::release},
    {"identity", &HarvestStatus::identity}, {"output_directory", &HarvestStatus::output_directory},
    {"layout", &HarvestStatus::layout},     {"last_trouble", &HarvestStatus::last_trouble},
    {"window", &HarvestStatus::window},     {"limited_by", &HarvestStatus::limited_by}};

struct TimeRow {
  const char* key;
  std::int64_t HarvestStatus::* field;
};
constexpr TimeRow kTimes[] = {{"submitted_s", &HarvestStatus::submitted_s},
                              {"started_s", &HarvestStatus::started_s},
                              {"finished_s", &HarvestStatus::finished_s},
                              {"opens_s", &HarvestStatus::opens_s},
                              {"closes_s", &HarvestStatus::closes_s},
                              {"deadline_s", &HarvestStatus::deadline_s},
                              {"last_trouble_s", &HarvestStatus::last_trouble_s}};

struct TypeCountRow {
  const char* key;
  std::uint64_t harvest::TypeStatus::* field;
};
constexpr TypeCountRow kTypeCounts[] = {{"requested", &harvest::TypeStatus::requested},
                                        {"pending", &harvest::TypeStatus::pending},
                                        {"delivered", &harvest::TypeStatus::delivered},
                                        {"absent", &harvest::TypeStatus::absent},
                                        {"failed", &harvest::TypeStatus::failed},
                                        {"empty_so_far", &harvest::TypeStatus::empty_so_far},
                                        {"second_look_found", &harvest::TypeStatus::second_look_found}};

struct PlanCountRow {
  const char* key;
  std::uint64_t Plan::* field;
};
constexpr PlanCountRow kPlanCounts[] = {{"sources", &Plan::sources},
                                        {"rows", &Plan::rows},
                                        {"duplicates", &Plan::duplicates},
                                        {"refused", &Plan::refused},
                                        {"products", &Plan::products},
                                        {"requests", &Plan::requests},
                                        {"chunk_size", &Plan::chunk_size},
                                        {"bytes_received", &Plan::bytes_received},
                                        {"bytes_stored", &Plan::bytes_stored},
                                        {"bytes_free", &Plan::bytes_free},
                                        {"openings_least", &Plan::openings_least},
                                        {"openings_most", &Plan::openings_most}};

struct PlanNumberRow {
  const char* key;
  double Plan::* field;
};
constexpr PlanNumberRow kPlanNumbers[] = {{"hours_least", &Plan::hours_least},
                                          {"hours_most", &Plan::hours_most},
                                          {"sources_per_s_slow", &Plan::sources_per_s_slow},
                                          {"sources_per_s_fast", &Plan::sources_per_s_fast}};

json to_json(const HarvestStatus& status) {
  json out = json::object();
  for (const auto& row : kTexts) out[row.key] = status.*row.field;
  for (const auto& row : kCounts) out[row.key] = status.*row.field;
  for (const auto& row : kChunkCounts) out["chunks"][row.key] = status.*row.field;
  out["rate_sources_per_s"] = finite(status.rate_sources_per_s);
  out["rate_bytes_per_s"] = finite(status.rate_bytes_per_s);
  out["eta_s"] = status.eta_s ? json(finite(*status.eta_s)) : json(nullptr);
  out["submitter_uid"] = status.submitter_uid;
  out["submitter_gid"] = status.submitter_gid;
  for (const auto& row : kTimes) out[row.key] = status.*row.field;
  out["types"] = json::array();
  for (const auto& type : status.types) {
    json row = {{"retrieval_type", type.retrieval_type}, {"blocked", type.blocked}};
    for (const auto& count : kTypeCounts) row[count.key] = type.*count.field;
    out["types"].push_back(std::move(row));
  }
  out["in_flight"] = json::array();
  for (const auto& chunk : status.in_flight) {
    out["in_flight"].push_back(
        {{"retrieval_type", chunk.retrieval_type}, {"chunk", chunk.chunk}, {"age_s", finite(chunk.age_s)}});
  }
  out["archive_status"] = archive_json(status.archive_status);
  if (!status.reasons.empty()) out["reasons"] = reasons_to_json(status.reasons);
  return out;
}

std::int64_t integer_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

const json& member(const json& object, const char* key) {
  static const json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

Result<HarvestStatus> status_from(const json& object) {
  HarvestStatus status;
  for (const auto& row : kTexts) status.*row.field = json_string(object, row.key);
  if (status.name.empty()) return fail(Kind::Malformed, "the daemon's answer holds no harvest");
  for (const auto& row : kCounts) status.*row.field = json_count(object, row.key).value_or(0);
  for (const auto& row : kChunkCounts) status.*row.field = json_count(member(object, "chunks"), row.key).value_or(0);
  status.rate_sources_per_s = json_number(object, "rate_sources_per_s").value_or(0);
  status.rate_bytes_per_s = json_number(object, "rate_bytes_per_s").value_or(0);
  status.eta_s = json_number(object, "eta_s");
  status.submitter_uid = static_cast<std::uint32_t>(json_count(object, "submitter_uid").value_or(0));
  status.submitter_gid = static_cast<std::uint32_t>(json_count(object, "submitter_gid").value_or(0));
  for (const auto& row : kTimes) status.*row.field = integer_of(object, row.key);
  for (const auto& row : member(object, "types")) {
    auto& type = status.types.emplace_back();
    type.retrieval_type = json_string(row, "retrieval_type");
    type.blocked = json_string(row, "blocked");
    for (const auto& count : kTypeCounts) type.*count.field = json_count(row, count.key).value_or(0);
  }
  for (const auto& row : member(object, "in_flight")) {
    status.in_flight.push_back({json_string(row, "retrieval_type"),
                                static_cast<std::uint32_t>(json_count(row, "chunk").value_or(0)),
                                json_number(row, "age_s").value_or(0)});
  }
  status.archive_status = archive_from(member(object, "archive_status"));
  status.reasons = reasons_from_json(member(object, "reasons"));
  return status;
}

json to_json(const Plan& plan) {
  json out = {{"name", plan.name},
              {"kind", plan.kind},
              {"window", plan.window},
              {"counted_by_archive", plan.counted_by_archive},
              {"confirms_absent", plan.confirms_absent}};
  for (const auto& row : kPlanCounts) out[row.key] = plan.*row.field;
  for (const auto& row : kPlanNumbers) out[row.key] = finite(plan.*row.field);
  return out;
}

Plan plan_from(const json& object) {
  Plan plan;
  plan.name = json_string(object, "name");
  plan.kind = json_string(object, "kind");
  plan.window = json_string(object, "window");
  const auto flag = [&object](const char* key) {
    const auto& value = member(object, key);
    return value.is_boolean() && value.get<bool>();
  };
  plan.counted_by_archive = flag("counted_by_archive");
  plan.confirms_absent = flag("confirms_absent");
  for (const auto& row : kPlanCounts) plan.*row.field = json_count(object, row.key).value_or(0);
  for (const auto& row : kPlanNumbers) plan.*row.field = json_number(object, row.key).value_or(0);
  return plan;
}

}  // namespace

std::string daemon_json(const DaemonInfo& info) {
  json out = {{"version", info.version}, {"pid", info.pid}, {"uptime_s", finite(info.uptime_s)}};
  if (!info.identity.empty()) out["identity"] = info.identity;
  return json_dump(out);
}

std::string status_json(const HarvestStatus& status) {
  return json_dump(to_json(status));
}

std::string statuses_json(std::span<const HarvestStatus> statuses) {
  json out = {{"harvests", json::array()}};
  for (const auto& status : statuses) out["harvests"].push_back(to_json(status));
  return json_dump(out);
}

std::string plan_json(const Plan& plan) {
  return json_dump(to_json(plan));
}

std::string submit_json(const harvest::SubmitResult& result, bool plan_only) {
  json out = {{"already_here", result.already_here}, {"plan", to_json(result.plan)}};
  if (!plan_only) out["harvest"] = to_json(result.status);
  return json_dump(out);
}

std::string verify_json(const harvest::VerifyPage& page) {
  return json_dump({{"packs", page.packs},
                    {"products", page.products},
                    {"bytes", page.bytes},
                    {"damages", page.damages},
                    {"put_back", page.put_back},
                    {"next", page.next}});
}

std::string retry_json(std::uint64_t products) {
  return json_dump({{"products", products}});
}

std::string error_json(const Error& error) {
  json body = {{"kind", kind_name(error.kind)}, {"detail", error.detail}};
  return json_dump({{"error", std::move(body)}});
}

Result<DaemonInfo> parse_daemon(std::string_view text) {
  auto object = parse_json(text);
  if (!object) return std::unexpected(object.error());
  if (!object->is_object()) return fail(Kind::Malformed, "the daemon's answer about itself is no JSON object");
  return DaemonInfo{json_string(*object, "version"), integer_of(*object, "pid"),
                    json_number(*object, "uptime_s").value_or(0), json_string(*object, "identity")};
}

Result<HarvestStatus> parse_status(std::string_view text) {
  auto object = parse_json(text);
  if (!object) return std::unexpected(object.error());
  return status_from(*object);
}

Result<std::vector<HarvestStatus>> parse_statuses(std::string_view text) {
  auto object = parse_json(text);
  if (!object) return std::unexpected(object.error());
  const auto& rows = member(*object, "harvests");
  if (!rows.is_array()) return fail(Kind::Malformed, "the daemon's answer holds no list of harvests");
  std::vector<HarvestStatus> out;
  for (const auto& row : rows) {
    auto status = status_from(row);
    if (!status) return std::unexpected(status.error());
    out.push_back(std::move(*status));
  }
  return out;
}

Result<harvest::SubmitResult> parse_submit(std::string_view text) {
  auto object = parse_json(text);
  if (!object) return std::unexpected(object.error());
  harvest::SubmitResult result;
  const auto& already = member(*object, "already_here");
  result.already_here = already.is_boolean() && already.get<bool>();
  result.plan = plan_from(member(*object, "plan"));
  if (const auto& status = member(*object, "harvest"); !status.is_null()) {
    auto parsed = status_from(status);
    if (!parsed) return std::unexpected(parsed.error());
    result.status = std::move(*parsed);
  }
  return result;
}

Result<harvest::VerifyPage> parse_verify(std::string_view text) {
  auto object = parse_json(text);
  if (!object) return std::unexpected(object.error());
  const auto& damages = member(*object, "damages");
  if (!damages.is_array()) return fail(Kind::Malformed, "the daemon's answer holds no list of damages");
  harvest::VerifyPage page;
  page.packs = json_count(*object, "packs").value_or(0);
  page.products = json_count(*object, "products").value_or(0);
  page.bytes = json_count(*object, "bytes").value_or(0);
  page.next = json_string(*object, "next");
  page.put_back = json_count(*object, "put_back").value_or(0);
  for (const auto& damage : damages)
    page.damages.push_back(damage.is_string() ? damage.get<std::string>() : json_dump(damage));
  return page;
}

Result<std::uint64_t> parse_retry(std::string_view text) {
  auto object = parse_json(text);
  if (!object) return std::unexpected(object.error());
  const auto products = json_count(*object, "products");
  if (!products) return fail(Kind::Malformed, "the daemon's answer does not tell how many products are tried again");
  return *products;
}

Error parse_error(int status, std::string_view text) {
  if (auto object = parse_json(text); object) {
    const auto& error = member(*object, "error");
    const auto name = json_string(error, "kind");
    auto detail = json_string(error, "detail");
    if (detail.empty()) detail = fmt::format("the daemon answered HTTP {} and does not say why", status);
    for (int k = 0; k <= static_cast<int>(Kind::Internal); ++k) {
      if (!name.empty() && kind_name(static_cast<Kind>(k)) == name)
        return {static_cast<Kind>(k), std::move(detail), std::nullopt};
    }
  }
  return {Kind::Internal, fmt::format("the daemon answered HTTP {}: {}", status, printable(text, 200)), std::nullopt};
}

unsigned http_status(Kind kind) {
  switch (kind) {
    case Kind::Invalid:
    case Kind::Malformed:
    case Kind::Unsupported:
      return 400;
    case Kind::Auth:
      return 403;
    case Kind::NotFound:
      return 404;
    case Kind::Conflict:
      return 409;
    case Kind::TooLarge:
      return 413;
    case Kind::Overloaded:
      return 503;
    case Kind::DiskFull:
      return 507;
    default:
      return 500;
  }
}

std::optional<ledger::Outcome> parse_outcome(std::string_view name) {
  if (name == "pending") return ledger::Outcome::Pending;
  if (name == "delivered") return ledger::Outcome::Delivered;
  if (name == "absent") return ledger::Outcome::Absent;
  if (name == "failed") return ledger::Outcome::Failed;
  return std::nullopt;
}

}  // namespace garner::control
