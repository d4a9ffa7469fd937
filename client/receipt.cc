#include "client/format.h"
#include "client/verb.h"

namespace garner::client {

namespace {

int run_receipt(Session& session) {
  const auto& arguments = session.arguments;
  const auto receipt = session.client.receipt(arguments.harvest, arguments.json);
  if (!receipt) return session.fail(receipt.error());
  if (arguments.json)
    session.terminal.write(*receipt);
  else
    session.terminal.print(printable_lines(*receipt));
  return kGood;
}

}  // namespace

const Verb& receipt_verb() {
  static const Verb kVerb = {
      "receipt",
      "The account of a harvest, to keep beside its data",
      R"(What was asked of which archive, as whom and when, what became of it, every reason for trouble with an example, and
the checksum of SHA256SUMS. At the end of a harvest RECEIPT.md and RECEIPT.json are made by themselves; this prints
the account as it is now, of a harvest that is still running too, and writes it beside the data (its owner's calls,
root's and the service's do).

Examples:
  garner receipt rvs-bright
  garner receipt rvs-bright --json | jq .products)",
      {{"HARVEST", "its name", &Arguments::harvest, true}},
      run_receipt};
  return kVerb;
}

}  // namespace garner::client
