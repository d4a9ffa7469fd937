#include "client/verb.h"

namespace garner::client {

namespace {

int run_archives(Session& session) { return session.fail({Kind::Unsupported, "not yet", std::nullopt}); }

}  // namespace

const Verb& archives_verb() {
  static const Verb kVerb = {"archives", "The archive profiles, and whether an archive answers as its profile says",
                             R"(Examples:
  garner archives
  garner archives check gaia
  garner archives check gaia --record exchange/)",
                             {{"ACTION", "check, or nothing for a list", &Arguments::action, false, {"check"}},
                              {"NAME", "the profile's name", &Arguments::archive},
                              {"--archives", "the folder of the profiles (else GARNER_ARCHIVES, /etc/garner/archives)", &Arguments::archives_directory},
                              {"--record", "keep the exchange in this folder, without secrets", &Arguments::record_directory}},
                             run_archives};
  return kVerb;
}

}  // namespace garner::client
