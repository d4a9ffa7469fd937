#include "client/progress.h"
#include "client/verb.h"

namespace garner::client {

namespace {

int tell(Session& session, const Result<harvest::HarvestStatus>& status) {
  if (!status) return session.fail(status.error());
  session.terminal.print(session.arguments.json ? control::status_json(*status) + "\n" : progress_line(*status) + "\n");
  return kGood;
}

int run_pause(Session& session) {
  return tell(session, session.client.pause(session.arguments.harvest));
}
int run_resume(Session& session) {
  return tell(session, session.client.resume(session.arguments.harvest));
}
int run_cancel(Session& session) {
  return tell(session, session.client.cancel(session.arguments.harvest));
}

std::vector<Parameter> harvest_parameter() {
  return {{"HARVEST", "its name", &Arguments::harvest, true}};
}

}  // namespace

const Verb& pause_verb() {
  static const Verb kVerb = {"pause", "Send no more requests for a harvest until it is resumed",
                             R"(What is in flight is still taken. Nothing is lost.

Examples:
  garner pause rvs-bright
  garner resume rvs-bright)",
                             harvest_parameter(), run_pause};
  return kVerb;
}

const Verb& resume_verb() {
  static const Verb kVerb = {"resume", "Let a paused harvest go on",
                             R"(Examples:
  garner resume rvs-bright
  garner resume rvs-bright && garner watch rvs-bright)",
                             harvest_parameter(), run_resume};
  return kVerb;
}

const Verb& cancel_verb() {
  static const Verb kVerb = {
      "cancel", "End a harvest for good; its data and its account stay",
      R"(What was delivered stays on disk and in the account; what was pending stays pending. `garner remove` forgets the
account too.

Examples:
  garner cancel rvs-bright
  garner sources rvs-bright --outcome pending > left.tsv)",
      harvest_parameter(), run_cancel};
  return kVerb;
}

}  // namespace garner::client
