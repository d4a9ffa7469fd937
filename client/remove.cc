#include "base/error.h"
#include "client/verb.h"

namespace garner::client {

namespace {

int run_remove(Session& session) {
  const auto& arguments = session.arguments;
  const auto status = session.client.status(arguments.harvest);  // knows where its data lie
  const auto removed = session.client.remove(arguments.harvest, arguments.delete_data);
  if (!removed) return session.fail(removed.error());
  if (arguments.json) {
    session.terminal.write("{}\n");
  } else {
    const std::string place = status ? " in " + printable(status->output_directory) : std::string();
    session.terminal.print(arguments.harvest + (arguments.delete_data ? " is forgotten and its data are deleted\n"
                                                                      : " is forgotten; its data stay" + place + "\n"));
  }
  return kGood;
}

}  // namespace

const Verb& remove_verb() {
  static const Verb kVerb = {
      "remove",
      "Forget a harvest; its data stay unless --delete-data",
      R"(The daemon forgets the harvest's account: which source was delivered, absent or failed. Its output directory is left
as it is, with SHA256SUMS and the catalogue beside the data, unless --delete-data is given, which asks no questions.

Examples:
  garner remove rvs-bright
  garner remove rvs-bright --delete-data)",
      {{"HARVEST", "its name", &Arguments::harvest, true},
       {"--delete-data", "delete everything under its output directory as well", &Arguments::delete_data}},
      run_remove};
  return kVerb;
}

}  // namespace garner::client
