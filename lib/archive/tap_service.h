// An archive's TAP service as its profile describes it. Pure; any thread.
#pragma once

#include "archive/profile.h"
#include "ivoa/tap.h"

namespace garner::archive {

// Without a session and a spool directory, which are the caller's.
ivoa::TapService tap_service(const Profile& profile);

}  // namespace garner::archive
