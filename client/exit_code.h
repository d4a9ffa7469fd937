// What the process tells its caller; the man page's table.
#pragma once

#include "base/error.h"

namespace garner::client {

inline constexpr int kGood = 0;
inline constexpr int kNotWell =
    1;  // finished with failed sources, blocked, damage found, or the daemon could not do it
inline constexpr int kBadInput = 2;     // usage, manifest, id list, a name that does not exist
inline constexpr int kUnreachable = 3;  // no daemon answers
inline constexpr int kNotPermitted = 4;
inline constexpr int kInterrupted = 130;  // by Ctrl-C, as shells have it

inline int exit_code(Kind kind) {
  switch (kind) {
    case Kind::Transient:
      return kUnreachable;
    case Kind::Auth:
      return kNotPermitted;
    case Kind::Invalid:
    case Kind::Malformed:
    case Kind::NotFound:
    case Kind::Conflict:
    case Kind::TooLarge:
    case Kind::Unsupported:
      return kBadInput;
    default:
      return kNotWell;
  }
}

}  // namespace garner::client
