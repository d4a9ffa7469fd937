#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "client/follow.h"
#include "client/status_text.h"
#include "client/verb.h"

namespace garner::client {

namespace {

bool is_over(const harvest::HarvestStatus& status) {
  return status.state == "finished" || status.state == "cancelled";
}

// In a pipe a new table is due when this changes.
std::string what_they_say(std::vector<harvest::HarvestStatus> harvests) {
  for (auto& status : harvests) status = stilled(std::move(status));
  return status_table(harvests, {0, std::time(nullptr), false});
}

// Of the harvests that were seen to go on, or of all where none did.
int ending_code_of(const std::vector<harvest::HarvestStatus>& harvests, const std::set<std::string>& went_on) {
  int code = kGood;
  for (const auto& status : harvests) {
    if (went_on.empty() || went_on.contains(status.name)) code = std::max(code, ending_code(status));
  }
  return code;
}

// The table of all, over and over, until nothing is left to do.
int watch_all(Session& session) {
  std::ptrdiff_t drawn = 0;
  std::set<std::string> went_on;
  std::string shown;
  while (true) {
    const auto harvests = session.client.list();
    if (!harvests) return session.fail(harvests.error());
    const auto text = session.arguments.json
                          ? control::statuses_json(*harvests) + "\n"
                          : status_table(*harvests, {static_cast<std::size_t>(session.terminal.width()),
                                                     std::time(nullptr), session.terminal.interactive()});
    const auto says = session.terminal.interactive() ? text : what_they_say(*harvests);
    if (says != shown) {
      const bool over_the_last = session.terminal.interactive() && !session.arguments.json && drawn > 0;
      session.terminal.print(over_the_last ? fmt::format("\x1b[{}A\r\x1b[J{}", drawn, text) : text);
      session.terminal.flush();
      drawn = std::ranges::count(text, '\n');
      shown = says;
    }
    for (const auto& status : *harvests) {
      if (!is_over(status)) went_on.insert(status.name);
    }
    if (std::ranges::all_of(*harvests, is_over)) return ending_code_of(*harvests, went_on);
    std::this_thread::sleep_for(session.terminal.interactive() ? session.pace.poll : session.pace.plain_line);
  }
}

int run_watch(Session& session) {
  if (session.arguments.harvest.empty()) return watch_all(session);
  return follow(session, session.arguments.harvest, Until::Over);
}

}  // namespace

const Verb& watch_verb() {
  static const Verb kVerb = {
      "watch",
      "Follow one harvest, or all, until they are over",
      R"(On a terminal: progress bars with rate and time left. In a pipe: a plain line when something changed. Ctrl-C ends the
watching, never the harvest. Exit code 0 when what was watched finished and nothing of it failed.

Examples:
  garner watch rvs-bright
  garner watch
  garner watch rvs-bright | tee night.log)",
      {{"HARVEST", "its name", &Arguments::harvest}},
      run_watch};
  return kVerb;
}

}  // namespace garner::client
