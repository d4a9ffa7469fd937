// The documents of UWS (1.1, and 1.0 before it): a job and a list of jobs. Prefixes and namespaces are not looked at
// (…/UWS/v1.0, …/v1.0rc3), xsi:nil and empty elements are empty values, foreign elements are passed over (UWS 1.1 §2.2,
// UWS.xsd; Gaia's TAP+ additions). Pure; any thread. Errors: Malformed (no such document, or the job asked for is not
// in it), Corrupt (cut), TooLarge, Maintenance (a web page).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/executor.h"

namespace garner::ivoa {

// UWS 1.1 §2.1.3.
enum class Phase {
  Pending,  // waits for PHASE=RUN
  Queued,
  Executing,
  Suspended,  // paused by the service, which goes on by itself: alive
  Held,       // waits for another PHASE=RUN
  Completed,
  Error,
  Aborted,   // by a user or by the service
  Archived,  // its results are gone
  Unknown    // ask again
};

// Either case, blanks around; Unknown for any other word.
Phase parse_phase(std::string_view word);
std::string_view phase_name(Phase phase);  // as on the wire: "EXECUTING"
// It can come to be finished without our doing: QUEUED, EXECUTING, SUSPENDED, UNKNOWN.
bool is_alive(Phase phase);

struct JobResult {
  std::string id;
  std::string href;  // as written: may be relative, or lie elsewhere
  std::string mime_type;
  std::optional<std::uint64_t> bytes, rows;
};

struct ErrorSummary {
  std::string message;
  bool transient = false;   // the same job may work later
  bool has_detail = false;  // …/error holds more
};

// Times stay as the service wrote them; see parse_time().
struct Job {
  std::string id, run_id, owner;
  Phase phase = Phase::Unknown;
  std::string quote, creation_time, start_time, end_time, destruction;
  std::optional<std::uint64_t> execution_duration_s;            // 0: no limit
  std::vector<std::pair<std::string, std::string>> parameters;  // ids as written: compare ignoring case
  std::vector<JobResult> results;
  std::optional<ErrorSummary> error;
  std::vector<std::pair<std::string, std::string>>
      info;                  // the leaves of jobInfo: "pct_complete" and whatever a service tells
  bool version_1_1 = false;  // offers WAIT
};

struct JobRef {
  std::string id;
  std::string href;  // may be missing
  Phase phase = Phase::Unknown;
  std::string run_id, owner, creation_time;
};

// The job of a document. Some services answer with a list, or more than one: then the job of that id; `id` empty takes
// an only one.
Result<Job> parse_job(std::string_view document, std::string_view id = {});

// The refs of a list, jobs written out in full among them.
Result<std::vector<JobRef>> parse_job_list(std::string_view document);

// "2016-11-17T13:33:50.755+0100", with or without fraction and zone (then UTC). Nothing for what is no time (services
// write impossible dates).
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace garner::ivoa
