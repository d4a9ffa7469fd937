#include <fmt/format.h>

#include "client/format.h"
#include "client/progress.h"
#include "client/verb.h"

namespace garner::client {

namespace {

int run_retry(Session& session) {
  const auto& arguments = session.arguments;
  const auto outcome = arguments.outcome.empty() ? std::string("failed") : arguments.outcome;
  const auto products = session.client.retry(arguments.harvest, outcome);
  if (!products) return session.fail(products.error());
  if (arguments.json) {
    session.terminal.write(control::retry_json(*products) + "\n");
  } else if (*products == 0 && outcome == "pending") {
    session.terminal.print(arguments.harvest + ": nothing is blocked; its own holds and waits are cut short\n");
    if (const auto status = session.client.status(arguments.harvest); status)
      session.terminal.print(progress_line(*status) + "\n");
  } else if (*products == 0) {
    session.terminal.print(fmt::format("{}: nothing is {}, nothing to try again\n", arguments.harvest, outcome));
  } else {
    session.terminal.print(fmt::format("{}: {} tried again. Follow it with: garner watch {}\n", arguments.harvest,
                                       counted(*products, "product is", "products are"), arguments.harvest));
  }
  return kGood;
}

}  // namespace

const Verb& retry_verb() {
  static const Verb kVerb = {
      "retry",
      "Try again what failed, was absent, or is blocked",
      R"(failed: what was given up on. absent: what the archive said it does not have; worth asking again after a new release
of its products. pending: chunks and retrieval_types that are blocked and no longer tried by themselves; its own
holds and waits are cut short, too.

Examples:
  garner retry rvs-bright
  garner retry rvs-bright --outcome pending
  garner sources rvs-bright --outcome failed     look at the reasons first)",
      {{"HARVEST", "its name", &Arguments::harvest, true},
       {"--outcome",
        "failed (default), absent or pending",
        &Arguments::outcome,
        false,
        {"failed", "absent", "pending"},
        "OUTCOME"}},
      run_retry};
  return kVerb;
}

}  // namespace garner::client
