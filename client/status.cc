#include "client/status_text.h"
#include "client/verb.h"

namespace garner::client {

namespace {

View view_of(const Session& session) {
  return {static_cast<std::size_t>(session.terminal.width()), std::time(nullptr), false, session.arguments.verbose};
}

int run_status_of_all(Session& session) {
  const auto harvests = session.client.list();
  if (!harvests) return session.fail(harvests.error());
  if (session.arguments.json) {
    session.terminal.write(control::statuses_json(*harvests) + "\n");
  } else if (harvests->empty()) {
    session.terminal.print("No harvests. Start one with: garner submit MANIFEST.yaml\n");
  } else {
    View view = view_of(session);
    view.cut_lines = session.terminal.interactive();
    session.terminal.print(status_table(*harvests, view));
    if (session.arguments.verbose) session.terminal.print("\n" + archives_table(*harvests, view_of(session)));
  }
  return kGood;
}

int run_status(Session& session) {
  if (session.arguments.harvest.empty()) return run_status_of_all(session);
  const auto status = session.client.status(session.arguments.harvest);
  if (!status) return session.fail(status.error());
  session.terminal.print(session.arguments.json ? control::status_json(*status) + "\n"
                                                : status_details(*status, view_of(session)));
  if (session.arguments.verbose && !session.arguments.json) session.terminal.print(reasons_text(*status));
  return kGood;
}

}  // namespace

const Verb& status_verb() {
  static const Verb kVerb = {
      "status",
      "How the harvests stand, or one of them in detail",
      R"(Without a name: a table of all harvests. With one: its account (requested = pending + delivered + absent + failed),
what it waits for, what is in flight, and its last trouble. In a pipe reasons are whole. With --verbose also how the
archive is asked: how many requests at a time and why so many, and whether its breaker is open.

Examples:
  garner status
  garner status rvs-bright --verbose
  garner status rvs-bright --json | jq .eta_s)",
      {{"HARVEST", "its name", &Arguments::harvest},
       {"-v,--verbose", "also how the archive is asked, and why requests failed", &Arguments::verbose}},
      run_status};
  return kVerb;
}

}  // namespace garner::client
