// Holds what a night left, in the ledger, on the disk and in the status, against the truth.
#pragma once

#include "scene.h"

namespace garner::testing::nights {

// Every source has exactly one outcome, none of them wrong; counters equal a recount; what is delivered lies on disk
// once, and the indexes list it.
void expect_true_account(Scene& scene);

// At any moment: of a harvest of which nothing is in hand, the status counts what the ledger does.
void expect_counts_of_the_ledger(Scene& scene);

}  // namespace garner::testing::nights
