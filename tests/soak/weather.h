// The simulated archive's weather during a soak: every fault that it knows, each now and then. Those that nobody could
// notice are left out (rows lost silently, a COUNT(*) that is wrong).
#pragma once

#include "rig.h"

namespace garner::soak {

using e2e::Json;

inline constexpr double kAbsentFraction = 0.15;

// Knobs that stay: what the archive holds.
Json sky_knobs();
// To be laid over them, in turn.
Json stormy();
Json overloaded();  // nothing but refusals
Json calm();

}  // namespace garner::soak
