// What can be turned on the simulated TAP services: the JSON object "tap" among the knobs. README.md has the table.
// Values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace garner::archive_sim {

struct Latency {
  double a_s = 0, b_s_per_id = 0, c_s_per_kib = 0;
  double spread = 1;  // each delay is multiplied by 1/sqrt(spread) to sqrt(spread)
};

// In the order in which they are tried: the first that fires is the request's fault.
enum class TapFault {
  Hang,
  Maintenance200,
  ServiceError200,
  PoolEmpty500,
  Null500,
  Overload503,
  TooMany429,
  EmptyBody200,
  Error200,        // a VOTable that says ERROR, with status 200
  TimeOut,         // the text of a query that took too long
  ErrorAfterRows,  // OK, the rows, then a second QUERY_STATUS: ERROR
  SecondDocument,  // half of the VOTable, then a second document
  WrongCount,      // COUNT(*) says one too many
  LostRows,        // the last tenth of the rows is missing and nothing says so
  TruncateBody,
  ResetAfterKib,
  StallAfterKib,
  SlowDrip,
};
inline constexpr std::size_t kTapFaultCount = static_cast<std::size_t>(TapFault::SlowDrip) + 1;

std::string_view fault_name(TapFault fault);

// The names of the endpoints that faults and the report tell apart.
inline constexpr std::string_view kTapEndpoints[] = {"sync",   "create", "run",          "phase",       "job",
                                                     "jobs",   "result", "error",        "delete",      "parameters",
                                                     "tables", "users",  "capabilities", "availability"};

struct TapFaultKnob {
  double probability = 0;
  std::vector<std::uint64_t> script;   // ordinals of the endpoint's requests, from 1
  std::vector<std::string> endpoints;  // empty: sync and result
  std::string contains;                // whenever the query contains this text
  std::uint64_t times = 0;
  std::string retry_after;
  std::optional<std::uint64_t> kib;
  std::uint64_t bytes = 100;
  std::uint64_t bytes_per_s = 1024;
};

struct TapKnobs {
  std::array<std::optional<TapFaultKnob>, kTapFaultCount> faults;
  Latency latency;                                      // of answers with rows; b: a row
  double poll_latency_s = 0;                            // of all others
  double execution_a_s = 0, execution_b_s_per_row = 0;  // how long a query takes, virtually
  double queued_s = 0;                                  // and waits before it
  double time_scale = 1;                                // real seconds of a virtual second of an async job
  double sync_time_limit_s = 60;
  double execution_duration_s = 5400;
  double destruction_s = 259'200;
  std::uint64_t sync_row_cap = 2000;  // 0: none
  bool sync_cap_says_overflow = false;
  std::uint64_t async_row_cap = 3'000'000;
  std::string overflow_info = "after";  // the table, or before
  std::string error_shape = "votable";  // or html, text
  std::uint64_t adql_error_status = 400;
  std::string creation_run = "honoured";                     // or ignored, ignored_for_uploads
  std::uint64_t lost_runs = 0;                               // so many PHASE=RUN of each job do nothing
  std::string job_ids = "numeric";                           // or uuid
  std::vector<std::pair<std::string, double>> phase_script;  // phases and virtual seconds, instead of QUEUED, EXECUTING
  std::string end_phase;                                     // instead of COMPLETED: ERROR, ABORTED, ARCHIVED
  std::uint64_t end_phase_jobs = 0;                          // only of the first n that run; 0: of all
  std::string end_phase_contains;                            // and only where the query contains this text
  std::string error_message = "ERROR: canceling statement due to statement timeout";
  std::string error_type = "fatal";  // or transient
  double list_delay_s = 0;
  bool anonymous_quota_full = false;
  std::uint64_t upload_max_rows = 0, upload_max_bytes = 33'554'432;
  std::vector<std::string> gzip_formats;  // gzipped besides votable_gzip
  bool content_encoding = true;           // says so in the header
  bool result_redirect = false;           // results/result answers 303
  bool standard = false;                  // the standards-only service under /tap
  std::string standard_sync = "303";      // or direct
  bool wait = true;                       // the standards-only service honours WAIT
  double wait_cap_s = 60;
  bool available = true;
  std::uint64_t cache_mib = 512;
};

// `value` laid over `knobs`. Throws BadKnob (knob_json.h).
void merge_tap_knobs(TapKnobs& knobs, const nlohmann::json& value);

nlohmann::json tap_knobs_json(const TapKnobs& knobs);

}  // namespace garner::archive_sim
