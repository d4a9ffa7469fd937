#include <nlohmann/json.hpp>

#include "client/own_login.h"
#include "client/verb.h"

namespace garner::client {

namespace {

// Ends the sessions at the archive. The first error, where there was one.
Result<void> end_sessions(ArchiveConsole& console, const archive::Profile& profile, const StoredLogin& login) {
  if (auto own = belongs_to(login, profile); !own)
    return fail(Kind::Auth, "the sessions were made at {}, where they end by themselves", printable(login.origin, 200));
  Result<void> first;
  for (const auto& context : login_contexts(profile)) {
    const auto cookies = login.cookies.find(context.name);
    if (cookies == login.cookies.end()) continue;
    archive::SessionCalls calls(context, console.transport(), console.executor());
    auto ended = console.run(calls.log_out(cookies->second, console.stop()));
    if (!ended && first) first = std::move(ended);
  }
  return first;
}

int run_logout(Session& session) {
  const auto profile = profile_of(session);
  if (!profile) return archive_fail(session, profile.error());
  const auto login = load_login(session.environment, profile->name);
  // Whatever the archive says: nothing is left here by which anybody could be you.
  const auto deleted = delete_login(session.environment, profile->name);
  if (!deleted) return archive_fail(session, deleted.error());
  Result<void> ended;
  if (!login) ended = std::unexpected(login.error());
  if (login && *login) {
    ArchiveConsole console(*profile);
    ended = end_sessions(console, *profile, **login);
  }
  if (session.arguments.json) {
    print_json_line(session, nlohmann::json{{"archive", profile->name}, {"was_logged_in", *deleted}}.dump());
  } else {
    session.terminal.print(
        fmt::format("{} at {}\n", *deleted ? "logged out" : "nobody was logged in", printable(profile->title, 100)));
  }
  if (ended) return kGood;
  if (!session.arguments.json)
    session.terminal.complain("garner: the login is deleted here, but the archive may still hold its session\n");
  return archive_fail(session, ended.error());
}

}  // namespace

const Verb& logout_verb() {
  static const Verb kVerb = {
      "logout",
      "End your login at an archive",
      R"(Ends the sessions that `garner login` made, here and at the archive. Jobs go on and stay yours.

Examples:
  garner logout gaia)",
      {archive_parameter(), archives_parameter()},
      run_logout};
  return kVerb;
}

}  // namespace garner::client
