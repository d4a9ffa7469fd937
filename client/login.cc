#include <fmt/chrono.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "client/ask_user.h"
#include "client/own_login.h"
#include "client/verb.h"
#include "http/url.h"

namespace garner::client {

namespace {

constexpr std::size_t kMostInput = 4097;  // one more than credentials may be long

Result<archive::Credentials> ask_for_credentials(const archive::Profile& profile) {
  const auto place = printable(profile.title, 100);
  auto user = ask_user("User name at " + place + ": ", false);
  if (!user) return std::unexpected(std::move(user.error()));
  auto password = ask_user("Password: ", true);
  if (!password) return std::unexpected(std::move(password.error()));
  if (user->empty() || password->empty()) return fail(Kind::Invalid, "a login needs a user name and a password");
  return archive::Credentials{std::move(*user), std::move(*password)};
}

Result<archive::Credentials> credentials_for(const Session& session, const archive::Profile& profile) {
  const auto& file = session.arguments.credentials;
  if (!file.empty()) return archive::read_credentials(file, "--credentials");
  if (::isatty(STDIN_FILENO) == 1) return ask_for_credentials(profile);
  std::string text(kMostInput, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stdin));
  auto read = archive::parse_credentials(text);
  if (!read) return with_context(std::move(read.error()), "standard input");
  return read;
}

void log_out_everywhere(ArchiveConsole& console, const archive::Profile& profile,
                        const std::map<std::string, std::string>& cookies) {
  for (const auto& context : login_contexts(profile)) {
    const auto session = cookies.find(context.name);
    if (session == cookies.end()) continue;
    archive::SessionCalls calls(context, console.transport(), console.executor());
    // A session that can't be ended ends by itself.
    (void)console.run(calls.log_out(session->second, console.stop()));
  }
}

// A session with each context, or with none.
Result<std::map<std::string, std::string>> log_in_everywhere(ArchiveConsole& console, const archive::Profile& profile,
                                                             const archive::Credentials& credentials) {
  std::map<std::string, std::string> cookies;
  for (const auto& context : login_contexts(profile)) {
    archive::SessionCalls calls(context, console.transport(), console.executor());
    auto made = console.run(calls.log_in(credentials, console.stop()));
    if (!made) {
      log_out_everywhere(console, profile, cookies);
      return with_context(std::move(made.error()), "{}", context.name);
    }
    cookies[context.name] = std::move(*made);
  }
  return cookies;
}

int run_login(Session& session) {
  const auto profile = profile_of(session);
  if (!profile) return archive_fail(session, profile.error());
  const auto contexts = login_contexts(*profile);
  if (contexts.empty()) {
    return session.fail({Kind::Invalid,
                         fmt::format("{} is asked without a login: garner knows none for archives of kind {}",
                                     profile->name, profile->kind),
                         std::nullopt});
  }
  ArchiveConsole console(*profile);
  const archive::SessionCalls first(contexts.front(), console.transport(), console.executor());
  if (const auto may = first.may_log_in(); !may) return archive_fail(session, may.error());
  const auto credentials = credentials_for(session, *profile);
  if (!credentials) return archive_fail(session, credentials.error());
  auto cookies = log_in_everywhere(console, *profile, *credentials);
  if (!cookies) return archive_fail(session, cookies.error());
  const auto before = load_login(session.environment, profile->name);
  StoredLogin login{http::origin_of(profile->base_url).value_or(""), credentials->user,
                    fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))), std::move(*cookies)};
  if (const auto saved = save_login(session.environment, profile->name, login); !saved) {
    log_out_everywhere(console, *profile, login.cookies);
    return archive_fail(session, saved.error());
  }
  if (before && *before && belongs_to(**before, *profile)) log_out_everywhere(console, *profile, (**before).cookies);
  if (session.arguments.json) {
    print_json_line(session, nlohmann::json{{"archive", profile->name}, {"user", printable(login.user, 200)}}.dump());
  } else {
    session.terminal.print(
        fmt::format("logged in at {} as {}\n", printable(profile->title, 100), printable(login.user, 200)));
  }
  return kGood;
}

}  // namespace

const Verb& login_verb() {
  static const Verb kVerb = {
      "login",
      "Log in at an archive, for what you ask it from here",
      R"(Makes a session of your own with the archive's TAP service and its product service; `garner tap`, `garner cone` and
`garner archives check` then use it. The password is asked on the terminal; or the user name and the password come as
two lines, from a file that only you may read (chmod 600) or from standard input. The sessions' cookies are kept below
~/.local/state/garner/sessions, readable by you alone; the password is not kept. The daemon has its own login:
credential_file in the archive's profile.

Examples:
  garner login gaia
  garner login gaia --credentials ~/.gaia-credentials
  pass show gaia | garner login gaia)",
      {archive_parameter(),
       {"--credentials",
        "a file of two lines, user name and password, that only you may read",
        &Arguments::credentials,
        false,
        {},
        "FILE"},
       archives_parameter()},
      run_login};
  return kVerb;
}

}  // namespace garner::client
