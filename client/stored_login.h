// The CLI's own login at an archive: the sessions that `garner login` made, in a file of mode 0600 at
// $XDG_STATE_HOME/garner/sessions/ARCHIVE. Holds cookies, never a password. It belongs to one origin, and to no other
// are its cookies sent: a profile that was changed, or another folder of profiles, makes it useless. Blocking.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "archive/profile.h"
#include "base/error.h"
#include "client/terminal.h"

namespace garner::client {

struct StoredLogin {
  std::string origin;  // "https://gea.esac.esa.int:443"
  std::string user;
  std::string since;                           // UTC, ISO 8601
  std::map<std::string, std::string> cookies;  // by the name of the server context
};

// Nothing where nobody logged in. Auth where the file is not ours alone or not as it was written: says what to do.
Result<std::optional<StoredLogin>> load_login(const Environment& environment, const std::string& archive);

// Replaces the file as a whole; makes its folders, of mode 0700.
Result<void> save_login(const Environment& environment, const std::string& archive, const StoredLogin& login);

// False where there was none.
Result<bool> delete_login(const Environment& environment, const std::string& archive);

// Auth where the login was made at another origin than the profile's.
Result<void> belongs_to(const StoredLogin& login, const archive::Profile& profile);

}  // namespace garner::client
