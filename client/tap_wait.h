// Waiting for a job of a TAP service while somebody watches: phase, time and progress on standard error, redrawn on a
// terminal, a line a change elsewhere.
#pragma once

#include "client/tap_console.h"

namespace garner::client {

// "1611860482314O  EXECUTING  12 s  42 %"; the progress where the service tells it.
std::string job_line(const ivoa::Job& job, double waited_s);

// To the job's end. Cancelled after Ctrl-C: the job goes on.
Result<ivoa::JobOutcome> wait_for_job(Session& session, TapConsole& console, const std::string& job_url,
                                      const ivoa::Asked& asked);

// How to find a job again: "garner tap gaia jobs show 1611860482314O".
std::string job_hint(const Session& session, std::string_view action, std::string_view job_url);

}  // namespace garner::client
