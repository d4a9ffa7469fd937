// The source of jitter and of what is drawn by lot: seeded by whoever makes it, so that a run can be played again.
#pragma once

#include <random>

namespace garner {

using Random = std::mt19937_64;

}  // namespace garner
