#include <nlohmann/json.hpp>

#include "client/format.h"
#include "client/own_login.h"
#include "client/verb.h"

namespace garner::client {

namespace {

using nlohmann::json;

// Whom one context takes us for.
struct Known {
  std::string context;
  Result<std::string> who;
  bool as_user() const { return who && *who != archive::kAnonymous; }
};

std::vector<Known> ask_everywhere(ArchiveConsole& console, const archive::Profile& profile, StoredLogin& login) {
  std::vector<Known> out;
  for (const auto& context : login_contexts(profile)) {
    archive::SessionCalls calls(context, console.transport(), console.executor());
    out.push_back({context.name, console.run(calls.who_asks(login.cookies[context.name], login.user, console.stop()))});
  }
  return out;
}

bool logged_in(const std::optional<StoredLogin>& login, const std::vector<Known>& all) {
  return login && std::ranges::all_of(all, &Known::as_user);
}

void tell(Session& session, const archive::Profile& profile, const std::optional<StoredLogin>& login,
          const std::vector<Known>& all) {
  if (session.arguments.json) {
    json out = {{"archive", profile.name}, {"logged_in", logged_in(login, all)}, {"contexts", json::object()}};
    if (login) out["user"] = printable(login->user, 200);
    if (login) out["since"] = printable(login->since, 40);
    for (const auto& each : all) {
      out["contexts"][each.context] =
          each.who ? json{{"user", printable(*each.who, 200)}, {"lapsed", !each.as_user()}}
                   : json{{"error", {{"kind", kind_name(each.who.error().kind)}, {"detail", each.who.error().detail}}}};
    }
    print_json_line(session, out.dump(-1, ' ', false, json::error_handler_t::replace));
    return;
  }
  if (!login) session.terminal.print(fmt::format("anonymous at {}\n", printable(profile.title, 100)));
  for (const auto& each : all) {
    const auto text = !each.who        ? "? " + printable_lines(each.who.error().detail)
                      : each.as_user() ? printable(*each.who, 200)
                                       : "anonymous: the session of " + printable(login->user, 200) + " has lapsed";
    session.terminal.print(fmt::format("{}  {}\n", pad_right(each.context, 11), text));
  }
}

int run_whoami(Session& session) {
  const auto profile = profile_of(session);
  if (!profile) return archive_fail(session, profile.error());
  auto login = load_login(session.environment, profile->name);
  if (!login) return archive_fail(session, login.error());
  std::vector<Known> all;
  if (*login) {
    if (const auto own = belongs_to(**login, *profile); !own) return archive_fail(session, own.error());
    ArchiveConsole console(*profile);
    all = ask_everywhere(console, *profile, **login);
    if (console.interrupted())
      return archive_fail(session, {Kind::Cancelled, "stopped before the archive had answered", std::nullopt});
  }
  tell(session, *profile, *login, all);
  if (const auto silent = std::ranges::find_if(all, [](const Known& each) { return !each.who; }); silent != all.end())
    return kNotWell;
  return logged_in(*login, all) ? kGood : kNotPermitted;
}

}  // namespace

const Verb& whoami_verb() {
  static const Verb kVerb = {
      "whoami",
      "Who you are to an archive",
      R"(Asks the archive itself, in each of its two services, by the sessions that `garner login` made: a session that lapsed
is nothing but anonymous to it, without any error. Exit code 0 where you are logged in, 4 where you are not or no
longer.

Examples:
  garner whoami gaia
  garner whoami gaia || garner login gaia)",
      {archive_parameter(), archives_parameter()},
      run_whoami};
  return kVerb;
}

}  // namespace garner::client
