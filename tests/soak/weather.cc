#include "weather.h"

#include <array>

namespace garner::soak {

namespace {

Json at(double probability, Json fault = Json::object()) {
  fault["probability"] = probability;
  return fault;
}

Json product_faults() {
  Json faults = Json::object();
  for (const char* name : {"maintenance_200", "service_error_200", "pool_empty_500", "empty_body_200", "null_500",
                           "wrong_structure", "cut_product", "wrong_naxis2", "foreign_member", "wrong_release_member",
                           "wrong_type_member", "duplicate_member", "bad_crc", "truncate_zip", "reset_after_kib"})
    faults[name] = at(0.01);
  faults["hang"] = at(0.004);
  faults["stall_after_kib"] = at(0.004);
  faults["unknown_type_500"] = at(0.001);
  faults["overload_503"] = at(0.01, {{"retry_after", "1"}});
  faults["too_many_429"] = at(0.01, {{"retry_after", "date+1"}});
  faults["slow_drip"] = at(0.01, {{"bytes_per_s", 200'000}});
  return faults;
}

Json tap_faults() {
  Json faults = Json::object();
  for (const char* name :
       {"maintenance_200", "service_error_200", "pool_empty_500", "empty_body_200", "null_500", "error_200", "time_out",
        "error_after_rows", "second_document", "truncate_body", "reset_after_kib"})
    faults[name] = at(0.01);
  faults["hang"] = at(0.004);
  faults["stall_after_kib"] = at(0.004);
  faults["overload_503"] = at(0.01, {{"retry_after", "1"}});
  faults["too_many_429"] = at(0.01, {{"retry_after", "1"}});
  faults["slow_drip"] = at(0.01, {{"bytes_per_s", 200'000}});
  return faults;
}

}  // namespace

Json sky_knobs() {
  return {{"absent_fraction", kAbsentFraction},
          {"cache_members", true},
          {"users", {{kUser, kPassword}}},
          {"session_requests", 300},
          {"session_lifetime_s", 60},
          {"private_fraction", 0.2},
          {"sky_sources", 4000},
          {"sky_null_random_index", 0.02},
          {"latency", {{"a_s", 0.2}, {"b_s_per_id", 0.004}, {"spread", 4}}},
          {"tap", {{"execution", {{"a_s", 0.3}}}, {"latency", {{"a_s", 0.2}, {"spread", 4}}}}}};
}

Json stormy() {
  return {{"faults", product_faults()}, {"tap", {{"faults", tap_faults()}}}};
}

Json overloaded() {
  const Json all = {{"pool_empty_500", at(1)}};
  return {{"faults", all}, {"tap", {{"faults", all}}}};
}

Json left_out(const std::vector<std::string>& ids, std::uint64_t times) {
  return {{"faults", {{"left_out", {{"ids", ids}, {"times", times}, {"share", 0.4}}}}}};
}

Json hostile(std::uint64_t turn) {
  constexpr std::array kShapes = {
      "bomb",          "bomb_that_lies", "many_members", "traversal", "absolute_name", "control_characters",
      "symbolic_link", "entities",       "absurd_fits",  "endless",   "slow_loris",    "to_another_origin",
      "to_a_file"};
  return {{"faults", {{"hostile", at(0.02, {{"shape", kShapes[turn % kShapes.size()]}})}}}};
}

Json miscounted(std::uint64_t lost_rows, std::uint64_t wrong_counts) {
  // The condition of the queries in parts, and of nothing else that is asked.
  const Json parts = {{"contains", "random_index BETWEEN"}};
  Json faults = {{"lost_rows", parts}, {"wrong_count", parts}};
  faults["lost_rows"]["times"] = lost_rows;
  faults["wrong_count"]["times"] = wrong_counts;
  return {{"tap", {{"faults", faults}}}};
}

Json calm() {
  return {{"faults", nullptr}, {"tap", {{"faults", nullptr}}}};
}

}  // namespace garner::soak
