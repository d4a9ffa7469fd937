#include "archive_sim/tap/tap_knobs.h"

#include <algorithm>
#include <functional>
#include <map>

#include "archive_sim/knob_json.h"

namespace garner::archive_sim {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, kTapFaultCount> kFaultNames = {
    "hang",         "maintenance_200", "service_error_200", "pool_empty_500",  "null_500",         "overload_503",
    "too_many_429", "empty_body_200",  "error_200",         "time_out",        "error_after_rows", "second_document",
    "wrong_count",  "lost_rows",       "truncate_body",     "reset_after_kib", "stall_after_kib",  "slow_drip"};

constexpr std::string_view kPhases[] = {"PENDING", "QUEUED",    "EXECUTING", "COMPLETED", "ERROR",
                                        "ABORTED", "SUSPENDED", "HELD",      "UNKNOWN",   "ARCHIVED"};

template <class Names>
std::string one_of(const json& value, std::string_view key, const Names& names) {
  std::string text = text_of(value, key);
  if (std::ranges::find(names, std::string_view(text)) == std::end(names))
    refuse_knob(key, fmt::format("one of {}", fmt::join(names, ", ")));
  return text;
}

TapFaultKnob fault_of(const json& value, std::string_view name) {
  if (!value.is_object())
    refuse_knob(name, "an object such as {\"probability\": 0.1} or {\"script\": [3], \"endpoints\": [\"phase\"]}");
  TapFaultKnob fault;
  for (const auto& [key, v] : value.items()) {
    const std::string full = fmt::format("tap.faults.{}.{}", name, key);
    if (key == "probability")
      fault.probability = number_in(v, full, 0, 1);
    else if (key == "script")
      each_of(v, full, [&](const json& e) { fault.script.push_back(count_of(e, full)); });
    else if (key == "endpoints")
      each_of(v, full, [&](const json& e) { fault.endpoints.push_back(one_of(e, full, kTapEndpoints)); });
    else if (key == "contains")
      fault.contains = text_of(v, full);
    else if (key == "times")
      fault.times = count_of(v, full);
    else if (key == "retry_after")
      fault.retry_after = text_of(v, full);
    else if (key == "kib")
      fault.kib = count_of(v, full);
    else if (key == "bytes")
      fault.bytes = count_of(v, full);
    else if (key == "bytes_per_s")
      fault.bytes_per_s = positive_count_of(v, full);
    else
      refuse_knob(full, "one of probability, script, endpoints, contains, times, retry_after, kib, bytes, bytes_per_s");
  }
  return fault;
}

void merge_faults(TapKnobs& knobs, const json& value) {
  if (value.is_null()) {
    knobs.faults = {};
    return;
  }
  if (!value.is_object()) refuse_knob("tap.faults", "an object of faults, or null for none");
  for (const auto& [name, fault] : value.items()) {
    const auto found = std::ranges::find(kFaultNames, name);
    if (found == kFaultNames.end())
      refuse_knob("tap.faults." + name, fmt::format("one of {}", fmt::join(kFaultNames, ", ")));
    auto& slot = knobs.faults[static_cast<std::size_t>(found - kFaultNames.begin())];
    if (fault.is_null())
      slot.reset();
    else
      slot = fault_of(fault, name);
  }
}

void merge_numbers(std::initializer_list<std::pair<std::string_view, double*>> names, const json& value,
                   std::string_view key) {
  if (!value.is_object()) refuse_knob(key, "an object of numbers");
  for (const auto& [name, v] : value.items()) {
    const auto found = std::ranges::find(names, name, [](const auto& pair) { return pair.first; });
    const std::string full = fmt::format("{}.{}", key, name);
    if (found == names.end()) refuse_knob(full, "a known name");
    *found->second = number_in(v, full, 0, 1e6);
  }
}

void merge_phase_script(TapKnobs& knobs, const json& value) {
  knobs.phase_script.clear();
  each_of(value, "tap.phase_script", [&](const json& e) {
    if (!e.is_array() || e.size() != 2) refuse_knob("tap.phase_script", "pairs such as [\"QUEUED\", 0.5]");
    knobs.phase_script.emplace_back(one_of(e[0], "tap.phase_script", kPhases),
                                    number_in(e[1], "tap.phase_script", 0, 1e9));
  });
}

using Setter = std::function<void(TapKnobs&, const json&, const std::string&)>;

Setter number(double TapKnobs::* member, double high = 1e9) {
  return [=](TapKnobs& k, const json& v, const std::string& key) { k.*member = number_in(v, key, 0, high); };
}
Setter count(std::uint64_t TapKnobs::* member) {
  return [=](TapKnobs& k, const json& v, const std::string& key) { k.*member = count_of(v, key); };
}
Setter flag(bool TapKnobs::* member) {
  return [=](TapKnobs& k, const json& v, const std::string& key) { k.*member = bool_of(v, key); };
}
Setter text(std::string TapKnobs::* member) {
  return [=](TapKnobs& k, const json& v, const std::string& key) { k.*member = text_of(v, key); };
}
Setter word(std::string TapKnobs::* member, std::vector<std::string_view> words) {
  return [=](TapKnobs& k, const json& v, const std::string& key) { k.*member = one_of(v, key, words); };
}

const std::map<std::string_view, Setter>& setters() {
  static const std::map<std::string_view, Setter> table = {
      {"poll_latency_s", number(&TapKnobs::poll_latency_s)},
      {"queued_s", number(&TapKnobs::queued_s)},
      {"time_scale", number(&TapKnobs::time_scale)},
      {"sync_time_limit_s", number(&TapKnobs::sync_time_limit_s)},
      {"execution_duration_s", number(&TapKnobs::execution_duration_s)},
      {"destruction_s", number(&TapKnobs::destruction_s)},
      {"sync_row_cap", count(&TapKnobs::sync_row_cap)},
      {"sync_cap_says_overflow", flag(&TapKnobs::sync_cap_says_overflow)},
      {"async_row_cap", count(&TapKnobs::async_row_cap)},
      {"overflow_info", word(&TapKnobs::overflow_info, {"after", "before"})},
      {"error_shape", word(&TapKnobs::error_shape, {"votable", "html", "text"})},
      {"adql_error_status", count(&TapKnobs::adql_error_status)},
      {"creation_run", word(&TapKnobs::creation_run, {"honoured", "ignored", "ignored_for_uploads"})},
      {"lost_runs", count(&TapKnobs::lost_runs)},
      {"job_ids", word(&TapKnobs::job_ids, {"numeric", "uuid"})},
      {"end_phase", word(&TapKnobs::end_phase, {"", "ERROR", "ABORTED", "ARCHIVED"})},
      {"end_phase_jobs", count(&TapKnobs::end_phase_jobs)},
      {"end_phase_contains", text(&TapKnobs::end_phase_contains)},
      {"error_message", text(&TapKnobs::error_message)},
      {"error_type", word(&TapKnobs::error_type, {"fatal", "transient"})},
      {"list_delay_s", number(&TapKnobs::list_delay_s)},
      {"anonymous_quota_full", flag(&TapKnobs::anonymous_quota_full)},
      {"upload_max_rows", count(&TapKnobs::upload_max_rows)},
      {"upload_max_bytes", count(&TapKnobs::upload_max_bytes)},
      {"content_encoding", flag(&TapKnobs::content_encoding)},
      {"result_redirect", flag(&TapKnobs::result_redirect)},
      {"standard", flag(&TapKnobs::standard)},
      {"standard_sync", word(&TapKnobs::standard_sync, {"303", "direct"})},
      {"wait", flag(&TapKnobs::wait)},
      {"wait_cap_s", number(&TapKnobs::wait_cap_s)},
      {"available", flag(&TapKnobs::available)},
      {"cache_mib", count(&TapKnobs::cache_mib)},
  };
  return table;
}

json fault_json(const TapFaultKnob& fault) {
  json out = json::object();
  if (fault.probability > 0) out["probability"] = fault.probability;
  if (!fault.script.empty()) out["script"] = fault.script;
  if (!fault.endpoints.empty()) out["endpoints"] = fault.endpoints;
  if (!fault.contains.empty()) out["contains"] = fault.contains;
  if (fault.times > 0) out["times"] = fault.times;
  if (!fault.retry_after.empty()) out["retry_after"] = fault.retry_after;
  if (fault.kib) out["kib"] = *fault.kib;
  return out;
}

}  // namespace

std::string_view fault_name(TapFault fault) {
  return kFaultNames[static_cast<std::size_t>(fault)];
}

void merge_tap_knobs(TapKnobs& knobs, const json& value) {
  if (!value.is_object()) refuse_knob("tap", "an object");
  for (const auto& [key, v] : value.items()) {
    if (key == "faults") {
      merge_faults(knobs, v);
    } else if (key == "latency") {
      Latency& l = knobs.latency;
      merge_numbers(
          {{"a_s", &l.a_s}, {"b_s_per_row", &l.b_s_per_id}, {"c_s_per_kib", &l.c_s_per_kib}, {"spread", &l.spread}}, v,
          "tap.latency");
      l.spread = std::clamp(l.spread, 1.0, 100.0);
    } else if (key == "execution") {
      merge_numbers({{"a_s", &knobs.execution_a_s}, {"b_s_per_row", &knobs.execution_b_s_per_row}}, v, "tap.execution");
    } else if (key == "phase_script") {
      merge_phase_script(knobs, v);
    } else if (key == "gzip_formats") {
      knobs.gzip_formats.clear();
      each_of(v, "tap.gzip_formats",
              [&](const json& e) { knobs.gzip_formats.push_back(text_of(e, "tap.gzip_formats")); });
    } else if (const auto found = setters().find(key); found != setters().end()) {
      found->second(knobs, v, "tap." + key);
    } else {
      refuse_knob("tap." + key, "a known knob; tests/archive_sim/README.md lists them");
    }
  }
}

json tap_knobs_json(const TapKnobs& k) {
  json faults = json::object();
  for (std::size_t i = 0; i < kTapFaultCount; ++i)
    if (k.faults[i]) faults[std::string(kFaultNames[i])] = fault_json(*k.faults[i]);
  return {{"faults", faults},
          {"latency",
           {{"a_s", k.latency.a_s},
            {"b_s_per_row", k.latency.b_s_per_id},
            {"c_s_per_kib", k.latency.c_s_per_kib},
            {"spread", k.latency.spread}}},
          {"poll_latency_s", k.poll_latency_s},
          {"execution", {{"a_s", k.execution_a_s}, {"b_s_per_row", k.execution_b_s_per_row}}},
          {"queued_s", k.queued_s},
          {"time_scale", k.time_scale},
          {"sync_time_limit_s", k.sync_time_limit_s},
          {"execution_duration_s", k.execution_duration_s},
          {"destruction_s", k.destruction_s},
          {"sync_row_cap", k.sync_row_cap},
          {"sync_cap_says_overflow", k.sync_cap_says_overflow},
          {"async_row_cap", k.async_row_cap},
          {"overflow_info", k.overflow_info},
          {"error_shape", k.error_shape},
          {"adql_error_status", k.adql_error_status},
          {"creation_run", k.creation_run},
          {"lost_runs", k.lost_runs},
          {"job_ids", k.job_ids},
          {"phase_script", k.phase_script},
          {"end_phase", k.end_phase},
          {"end_phase_jobs", k.end_phase_jobs},
          {"end_phase_contains", k.end_phase_contains},
          {"error_message", k.error_message},
          {"error_type", k.error_type},
          {"list_delay_s", k.list_delay_s},
          {"anonymous_quota_full", k.anonymous_quota_full},
          {"upload_max_rows", k.upload_max_rows},
          {"upload_max_bytes", k.upload_max_bytes},
          {"gzip_formats", k.gzip_formats},
          {"content_encoding", k.content_encoding},
          {"result_redirect", k.result_redirect},
          {"standard", k.standard},
          {"standard_sync", k.standard_sync},
          {"wait", k.wait},
          {"wait_cap_s", k.wait_cap_s},
          {"available", k.available},
          {"cache_mib", k.cache_mib}};
}

}  // namespace garner::archive_sim
