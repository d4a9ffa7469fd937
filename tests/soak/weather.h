// The simulated archive's weather during a soak: every fault that it knows, each now and then. What nobody could notice
// comes only where somebody can: lost rows and wrong counts in queries whose parts are counted, products left out
// silently where a second look asks for them again.
#pragma once

#include "rig.h"

namespace garner::soak {

using e2e::Json;

inline constexpr double kAbsentFraction = 0.15;
// Whose session the archive lets lapse every so often. To the anonymous it shows less, without a word.
inline constexpr const char* kUser = "mmuster";
inline constexpr const char* kPassword = "Kornblume 7291";

// Knobs that stay: what the archive holds.
Json sky_knobs();
// To be laid over them, in turn.
Json stormy();
Json overloaded();  // nothing but refusals
Json calm();
// Some of these sources' products are left out of the next answers, at most so many of all so far.
Json left_out(const std::vector<std::string>& ids, std::uint64_t times);
// Rows that are lost and counts that are wrong, at most so many of all so far; only of queries in parts, each of which
// is held against its COUNT(*).
Json miscounted(std::uint64_t lost_rows, std::uint64_t wrong_counts);
// Replies that mean harm: another shape of them each time.
Json hostile(std::uint64_t turn);

}  // namespace garner::soak
