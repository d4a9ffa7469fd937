// The user's own login as verbs use it: what `garner login` left, looked at and asked about before anything else is
// asked by it. Blocking.
#pragma once

#include <optional>
#include <vector>

#include "archive/login_context.h"
#include "client/archive_console.h"
#include "client/stored_login.h"
#include "client/tap_console.h"

namespace garner::client {

// The server contexts of an archive, each with a session of its own. None where no way to log in is known.
std::vector<archive::LoginContext> login_contexts(const archive::Profile& profile);

// Nothing where nobody logged in, or --anonymous says so. Auth where a session lapsed, so that nothing is asked as
// anonymous by mistake, and where the login belongs to another origin; other errors are the archive's own trouble. An
// archive that does not tell who asks is taken at its word of the login.
Result<std::optional<StoredLogin>> own_login(Session& session, ArchiveConsole& console, const archive::Profile& profile,
                                             const std::vector<archive::LoginContext>& contexts);

// The same for a TAP service: its requests then carry the session.
Result<void> use_own_login(Session& session, TapConsole& console, const archive::Profile& profile);

}  // namespace garner::client
