#include "archive_sim/knobs.h"

#include <algorithm>

#include "archive_sim/hostile.h"
#include "archive_sim/knob_json.h"

namespace garner::archive_sim {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, kFaultCount> kFaultNames = {"hang",
                                                                   "maintenance_200",
                                                                   "service_error_200",
                                                                   "pool_empty_500",
                                                                   "null_500",
                                                                   "unknown_type_500",
                                                                   "overload_503",
                                                                   "too_many_429",
                                                                   "empty_body_200",
                                                                   "hostile",
                                                                   "wrong_structure",
                                                                   "cut_product",
                                                                   "wrong_naxis2",
                                                                   "foreign_member",
                                                                   "wrong_release_member",
                                                                   "wrong_type_member",
                                                                   "duplicate_member",
                                                                   "left_out",
                                                                   "bad_crc",
                                                                   "truncate_zip",
                                                                   "reset_after_kib",
                                                                   "stall_after_kib",
                                                                   "slow_drip"};

// Ids may come as numbers or, as in the rest of the project, as texts.
std::uint64_t id_of(const json& value, std::string_view key) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  const std::string text = text_of(value, key);
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != std::string::npos)
    refuse_knob(key, "source_ids");
  return std::stoull(text);
}

std::string shape_of(const json& value, std::string_view key) {
  std::string shape = text_of(value, key);
  if (std::ranges::find(hostile_shapes(), shape) == hostile_shapes().end())
    refuse_knob(key, fmt::format("one of {}", fmt::join(hostile_shapes(), ", ")));
  return shape;
}

FaultKnob fault_of(const json& value, std::string_view name) {
  if (!value.is_object())
    refuse_knob(name, "an object such as {\"probability\": 0.1} or {\"script\": [3]} or {\"ids\": [\"123\"]}");
  FaultKnob fault;
  for (const auto& [key, v] : value.items()) {
    const std::string full = fmt::format("faults.{}.{}", name, key);
    if (key == "probability")
      fault.probability = number_in(v, full, 0, 1);
    else if (key == "script")
      each_of(v, full, [&](const json& e) { fault.script.push_back(count_of(e, full)); });
    else if (key == "ids")
      each_of(v, full, [&](const json& e) { fault.ids.push_back(id_of(e, full)); });
    else if (key == "types")
      each_of(v, full, [&](const json& e) { fault.types.push_back(text_of(e, full)); });
    else if (key == "times")
      fault.times = count_of(v, full);
    else if (key == "retry_after")
      fault.retry_after = text_of(v, full);
    else if (key == "shape")
      fault.shape = shape_of(v, full);
    else if (key == "location")
      fault.location = text_of(v, full);
    else if (key == "kib")
      fault.kib = count_of(v, full);
    else if (key == "bytes")
      fault.bytes = count_of(v, full);
    else if (key == "bytes_per_s")
      fault.bytes_per_s = positive_count_of(v, full);
    else if (key == "share")
      fault.share = number_in(v, full, 0, 1);
    else
      refuse_knob(full,
                  "one of probability, script, ids, types, times, retry_after, shape, location, kib, bytes, "
                  "bytes_per_s, share");
  }
  if (name == "hostile" && fault.shape.empty()) refuse_knob(fmt::format("faults.{}.shape", name), "there");
  std::ranges::sort(fault.ids);
  return fault;
}

void merge_faults(Knobs& knobs, const json& value) {
  if (value.is_null()) {
    knobs.faults = {};
    return;
  }
  if (!value.is_object()) refuse_knob("faults", "an object of faults, or null for none");
  for (const auto& [name, fault] : value.items()) {
    const auto found = std::ranges::find(kFaultNames, name);
    if (found == kFaultNames.end())
      refuse_knob("faults." + name, fmt::format("one of {}", fmt::join(kFaultNames, ", ")));
    auto& slot = knobs.faults[static_cast<std::size_t>(found - kFaultNames.begin())];
    if (fault.is_null())
      slot.reset();
    else
      slot = fault_of(fault, name);
  }
}

void merge_latency(Latency& latency, const json& value) {
  if (!value.is_object()) refuse_knob("latency", "an object of a_s, b_s_per_id, c_s_per_kib, spread");
  for (const auto& [key, v] : value.items()) {
    const std::string full = "latency." + key;
    if (key == "a_s")
      latency.a_s = number_in(v, full, 0, 1e5);
    else if (key == "b_s_per_id")
      latency.b_s_per_id = number_in(v, full, 0, 1e4);
    else if (key == "c_s_per_kib")
      latency.c_s_per_kib = number_in(v, full, 0, 1e4);
    else if (key == "spread")
      latency.spread = number_in(v, full, 1, 100);
    else
      refuse_knob(full, "one of a_s, b_s_per_id, c_s_per_kib, spread");
  }
}

void merge_absent(Knobs& knobs, const json& value) {
  if (value.is_number()) {
    knobs.absent_fraction = number_in(value, "absent_fraction", 0, 1);
    knobs.absent_of_type.clear();
    return;
  }
  if (!value.is_object()) refuse_knob("absent_fraction", "a number, or an object of numbers by retrieval_type");
  for (const auto& [type, v] : value.items())
    knobs.absent_of_type[type] = number_in(v, "absent_fraction." + type, 0, 1);
}

Vocabulary vocabulary_of(const json& value) {
  const std::string text = text_of(value, "vocabulary");
  if (text == "old") return Vocabulary::Old;
  if (text == "new") return Vocabulary::New;
  if (text != "both") refuse_knob("vocabulary", "old, new or both");
  return Vocabulary::Both;
}

void merge_users(Knobs& knobs, const json& value) {
  if (!value.is_object()) refuse_knob("users", "an object of name: password");
  knobs.users.clear();
  for (const auto& [name, password] : value.items()) knobs.users[name] = text_of(password, "users." + name);
}

void merge_one(Knobs& knobs, const std::string& key, const json& v) {
  if (key == "seed")
    knobs.seed = count_of(v, key);
  else if (key == "latency")
    merge_latency(knobs.latency, v);
  else if (key == "faults")
    merge_faults(knobs, v);
  else if (key == "absent_fraction")
    merge_absent(knobs, v);
  else if (key == "half_null_xp")
    knobs.half_null_xp = number_in(v, key, 0, 1);
  else if (key == "vocabulary")
    knobs.vocabulary = vocabulary_of(v);
  else if (key == "content_length")
    knobs.content_length = bool_of(v, key);
  else if (key == "cache_members")
    knobs.cache_members = bool_of(v, key);
  else if (key == "deflate_level")
    knobs.deflate_level = static_cast<int>(number_in(v, key, 1, 9));
  else if (key == "users")
    merge_users(knobs, v);
  else if (key == "require_login")
    knobs.require_login = bool_of(v, key);
  else if (key == "session_lifetime_s")
    knobs.session_lifetime_s = number_in(v, key, 0, 1e9);
  else if (key == "session_requests")
    knobs.session_requests = count_of(v, key);
  else if (key == "new_cookies_on_lapse")
    knobs.new_cookies_on_lapse = bool_of(v, key);
  else if (key == "private_fraction")
    knobs.private_fraction = number_in(v, key, 0, 1);
  else if (key == "max_ids")
    knobs.max_ids = positive_count_of(v, key);
  else if (key == "max_uri_bytes")
    knobs.max_uri_bytes = positive_count_of(v, key);
  else if (key == "default_release")
    knobs.default_release = text_of(v, key);
  else if (key == "sky_sources")
    knobs.sky_sources = static_cast<std::uint64_t>(number_in(positive_count_of(v, key), key, 1, 1e8));
  else if (key == "sky_seed")
    knobs.sky_seed = count_of(v, key);
  else if (key == "sky_null_random_index")
    knobs.sky_null_random_index = number_in(v, key, 0, 1);
  else if (key == "tap")
    merge_tap_knobs(knobs.tap, v);
  else
    refuse_knob(key, "a known knob; `garner-archive-sim --help` lists them");
}

json fault_json(const FaultKnob& fault) {
  json out = json::object();
  if (fault.probability > 0) out["probability"] = fault.probability;
  if (!fault.script.empty()) out["script"] = fault.script;
  for (const std::uint64_t id : fault.ids) out["ids"].push_back(std::to_string(id));
  if (!fault.types.empty()) out["types"] = fault.types;
  if (fault.times > 0) out["times"] = fault.times;
  if (!fault.shape.empty()) out["shape"] = fault.shape;
  if (!fault.location.empty()) out["location"] = fault.location;
  if (!fault.retry_after.empty()) out["retry_after"] = fault.retry_after;
  if (fault.kib) out["kib"] = *fault.kib;
  return out;
}

}  // namespace

std::string_view fault_name(Fault fault) {
  return kFaultNames[static_cast<std::size_t>(fault)];
}

double Knobs::absent_fraction_of(std::string_view type) const {
  const auto found = absent_of_type.find(type);
  return found == absent_of_type.end() ? absent_fraction : found->second;
}

Result<Knobs> merge_knobs(Knobs knobs, std::string_view text) {
  try {
    const json document = json::parse(text);
    if (!document.is_object())
      return fail(Kind::Invalid, "knobs: expected a JSON object such as {{\"vocabulary\": \"old\"}}");
    for (const auto& [key, value] : document.items()) merge_one(knobs, key, value);
    return knobs;
  } catch (const BadKnob& bad) {
    return fail(Kind::Invalid, "{}", bad.text);
  } catch (const json::exception& e) {
    return fail(Kind::Invalid, "knobs: not JSON: {}", e.what());
  }
}

std::string knobs_json(const Knobs& knobs) {
  static constexpr std::array<const char*, 3> kVocabularies = {"old", "new", "both"};
  json faults = json::object();
  for (std::size_t i = 0; i < kFaultCount; ++i)
    if (knobs.faults[i]) faults[std::string(kFaultNames[i])] = fault_json(*knobs.faults[i]);
  json absent = knobs.absent_fraction;
  if (!knobs.absent_of_type.empty()) absent = knobs.absent_of_type;
  std::vector<std::string> users;
  for (const auto& [name, password] : knobs.users) users.push_back(name);
  const json out = {
      {"seed", knobs.seed},
      {"latency",
       {{"a_s", knobs.latency.a_s},
        {"b_s_per_id", knobs.latency.b_s_per_id},
        {"c_s_per_kib", knobs.latency.c_s_per_kib},
        {"spread", knobs.latency.spread}}},
      {"faults", faults},
      {"absent_fraction", absent},
      {"half_null_xp", knobs.half_null_xp},
      {"vocabulary", kVocabularies[static_cast<std::size_t>(knobs.vocabulary)]},
      {"content_length", knobs.content_length},
      {"cache_members", knobs.cache_members},
      {"deflate_level", knobs.deflate_level},
      {"users", users},
      {"require_login", knobs.require_login},
      {"session_lifetime_s", knobs.session_lifetime_s},
      {"session_requests", knobs.session_requests},
      {"new_cookies_on_lapse", knobs.new_cookies_on_lapse},
      {"private_fraction", knobs.private_fraction},
      {"max_ids", knobs.max_ids},
      {"max_uri_bytes", knobs.max_uri_bytes},
      {"default_release", knobs.default_release},
      {"sky_sources", knobs.sky_sources},
      {"sky_seed", knobs.sky_seed},
      {"sky_null_random_index", knobs.sky_null_random_index},
      {"tap", tap_knobs_json(knobs.tap)},
  };
  return out.dump(2) + "\n";
}

}  // namespace garner::archive_sim
