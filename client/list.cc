#include "client/status_text.h"
#include "client/verb.h"

namespace garner::client {

namespace {

int run_list(Session& session) {
  const auto harvests = session.client.list();
  if (!harvests) return session.fail(harvests.error());
  if (session.arguments.json) {
    session.terminal.write(control::statuses_json(*harvests) + "\n");
    return kGood;
  }
  for (const auto& status : *harvests) {
    session.terminal.print(session.arguments.names ? status.name + "\n" : progress_line(status) + "\n");
  }
  if (harvests->empty() && !session.arguments.names)
    session.terminal.print("No harvests. Start one with: garner submit MANIFEST.yaml\n");
  return kGood;
}

}  // namespace

const Verb& list_verb() {
  static const Verb kVerb = {"list",
                             "Every harvest, a line each",
                             R"(Examples:
  garner list
  garner list --names          names alone, for scripts and shell completion
  garner list --json | jq -r '.harvests[] | select(.failed > 0).name')",
                             {{"--names", "names alone", &Arguments::names}},
                             run_list};
  return kVerb;
}

}  // namespace garner::client
