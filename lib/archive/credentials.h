// A user's name and password at an archive, out of the file where they lie. Blocking, small; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace garner::archive {

struct Credentials {
  std::string user, password;
};

// Two lines, the user name and the password, out of a file that its owner alone may read, by its absolute path or as
// "systemd:NAME" below $CREDENTIALS_DIRECTORY. Auth with what to do, beginning with `what`, which names the setting.
Result<Credentials> read_credentials(const std::string& credential_file, std::string_view what = "credential_file");

// The two lines themselves. Invalid where they are not two.
Result<Credentials> parse_credentials(std::string_view text);

}  // namespace garner::archive
