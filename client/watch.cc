#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "client/follow.h"
#include "client/status_text.h"
#include "client/verb.h"

namespace garner::client {

namespace {

bool all_over(const std::vector<harvest::HarvestStatus>& harvests) {
  return std::ranges::all_of(
      harvests, [](const auto& status) { return status.state == "finished" || status.state == "cancelled"; });
}

// The table of all, over and over, until nothing is left to do.
int watch_all(Session& session) {
  std::ptrdiff_t drawn = 0;
  std::string shown;
  while (true) {
    const auto harvests = session.client.list();
    if (!harvests) return session.fail(harvests.error());
    const auto text =
        session.arguments.json
            ? control::statuses_json(*harvests) + "\n"
            : status_table(*harvests, {static_cast<std::size_t>(session.terminal.width()), std::time(nullptr)});
    if (text != shown) {
      const bool over_the_last = session.terminal.interactive() && !session.arguments.json && drawn > 0;
      session.terminal.print(over_the_last ? fmt::format("\x1b[{}A\r\x1b[J{}", drawn, text) : text);
      session.terminal.flush();
      drawn = std::ranges::count(text, '\n');
      shown = text;
    }
    if (all_over(*harvests)) return kGood;
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
      R"(On a terminal: progress bars with rate and time left. In a pipe: a plain line when something changed. Ctrl-C ends the watching,
never the harvest.

Examples:
  garner watch rvs-bright
  garner watch
  garner watch rvs-bright | tee night.log)",
      {{"HARVEST", "its name", &Arguments::harvest}},
      run_watch};
  return kVerb;
}

}  // namespace garner::client
