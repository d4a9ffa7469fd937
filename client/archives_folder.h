// Where a verb that speaks to archives by itself finds their profiles: --archives, GARNER_ARCHIVES, the user's own
// folder, the system's, the installation's.
#pragma once

#include <string>

#include "client/session.h"

namespace garner::client {

std::string archives_directory(const Session& session);

}  // namespace garner::client
