// UWS: jobs, lists of jobs, times and phases.
#include "ivoa/uws.h"

#include "target.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  const auto text = text_of(bytes);
  const auto job = ivoa::parse_job(text);
  const auto list = ivoa::parse_job_list(text);
  if (job) {
    if (const auto again = ivoa::parse_job(text, job->id)) require(again->id == job->id, "a job is found by its id");
    (void)ivoa::parse_time(job->destruction);
    for (const auto& result : job->results) (void)ivoa::parse_time(result.href);
  }
  if (list) {
    for (const auto& each : *list) require(ivoa::parse_phase(ivoa::phase_name(each.phase)) == each.phase, "phases");
  }
  (void)ivoa::parse_time(text);
  (void)ivoa::parse_phase(text);
}

const Target kTarget("uws", run);

}  // namespace
}  // namespace garner::fuzz
