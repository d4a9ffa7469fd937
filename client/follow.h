// Watches one harvest until it ends: bars on a terminal, a line now and then in a pipe, and through restarts of the
// daemon. Blocking; one thread.
#pragma once

#include "client/session.h"

namespace garner::client {

enum class Until { Blocked, Over };  // Blocked: also when nothing goes on without an operator

// The exit code: 0 when it finished with nothing failed. With --json every look that shows something new is a line of
// JSON.
int follow(Session& session, const std::string& harvest, Until until);

// What a finished wait tells the caller.
int ending_code(const harvest::HarvestStatus& status);

}  // namespace garner::client
