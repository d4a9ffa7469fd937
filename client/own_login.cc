#include "client/own_login.h"

namespace garner::client {

std::vector<archive::LoginContext> login_contexts(const archive::Profile& profile) {
  if (profile.kind != "gaia") return {};
  return {archive::tap_login_context(profile), archive::data_login_context(profile)};
}

Result<std::optional<StoredLogin>> own_login(Session& session, ArchiveConsole& console, const archive::Profile& profile,
                                             const std::vector<archive::LoginContext>& contexts) {
  if (session.arguments.anonymous) return std::optional<StoredLogin>();
  auto login = load_login(session.environment, profile.name);
  if (!login || !*login) return login;
  if (auto own = belongs_to(**login, profile); !own) return std::unexpected(std::move(own.error()));
  for (const auto& context : contexts) {
    archive::SessionCalls calls(context, console.transport(), console.executor());
    const auto who = console.run(calls.who_asks((*login)->cookies[context.name], (*login)->user, console.stop()));
    if (!who && who.error().kind != Kind::Malformed) return std::unexpected(who.error());
    if (who && *who == archive::kAnonymous) {
      return fail(Kind::Auth,
                  "your session at {} has lapsed; nothing was asked. `garner login {}` makes a new one, --anonymous "
                  "asks without",
                  profile.name, profile.name);
    }
  }
  return login;
}

Result<void> use_own_login(Session& session, TapConsole& console, const archive::Profile& profile) {
  const auto context = archive::tap_login_context(profile);
  auto login = own_login(session, console, profile, {context});
  if (!login) return std::unexpected(std::move(login.error()));
  if (*login) console.use_session((*login)->cookies[context.name]);
  return {};
}

}  // namespace garner::client
