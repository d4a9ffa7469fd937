// One culprit among many is found in few requests, wherever it stands.
#include <gtest/gtest.h>

#include "policy/halving.h"

namespace garner::policy {
namespace {

// Asks as a chunk does: the first `width` of those that are pending, whose answer is bad while the culprit is among
// them. Returns the sets that were asked for; 0 where it did not end with the culprit alone.
int sets_until_found(std::uint64_t ids, std::uint64_t culprit) {
  Halving now;
  std::uint64_t first = 0;  // those before it were delivered
  for (int asked = 1; asked < 100; ++asked) {
    const std::uint64_t width = now.width == 0 ? ids - first : now.width;
    if (culprit >= first + width) {
      first += width;
      now = cleared(now, width);
      continue;
    }
    const auto half = halved(width);
    if (!half) return first == culprit && width == 1 ? asked : 0;
    now = *half;
  }
  return 0;
}

TEST(Halving, FindsTheCulpritWhereverItStands) {
  int most = 0;
  for (std::uint64_t culprit = 0; culprit < 500; ++culprit) {
    const int sets = sets_until_found(500, culprit);
    ASSERT_GT(sets, 0) << "at place " << culprit;
    most = std::max(most, sets);
  }
  EXPECT_EQ(most, 11) << "the whole, nine halves, and the culprit that is left over";
}

TEST(Halving, OfAPairAsksOnceMore) {
  EXPECT_EQ(sets_until_found(2, 0), 2);
  EXPECT_EQ(sets_until_found(2, 1), 3) << "the first is delivered, the second then stands alone";
}

TEST(Halving, SuspectsNobodyOnceAllSuspectsAreWell) {
  EXPECT_EQ(cleared({250, 250}, 250), Halving{}) << "the trouble has passed by itself";
  EXPECT_EQ(cleared({500, 250}, 250), (Halving{250, 125})) << "it is in the half that was not asked for";
}

TEST(Halving, LeavesOneAlone) {
  EXPECT_FALSE(halved(1));
}

}  // namespace
}  // namespace garner::policy
