// Files that hold a secret: read only if nobody but their owner could have read or changed them. Blocking, small; any
// thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/error.h"

namespace garner {

enum class PrivateFile {
  OfItsOwner,         // whoever owns it; a symbolic link is followed
  Ours,               // our own and no symbolic link
  GuardedByItsFolder  // the mode says nothing: access is granted by the folder and by ACLs, which show as group bits
};

// The first `most` bytes. No value: there is no such file. Auth: why it is not to be trusted, without its path, which
// the caller knows how to name.
Result<std::optional<std::string>> read_private_file(const std::string& path, PrivateFile rule, std::size_t most);

}  // namespace garner
