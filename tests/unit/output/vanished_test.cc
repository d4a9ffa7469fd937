// An output directory whose disk goes away under a harvest: nothing is written into what lies in its place, and all
// goes on when it is back.
#include <gmock/gmock.h>

#include "fixture.h"
#include "output/disk_space.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;

class Vanished : public OutputTest, public ::testing::WithParamInterface<Way> {
 protected:
  // As an unmounted disk: an empty mount point is left.
  void take_away() {
    fs::rename(directory_, away_);
    fs::create_directory(directory_);
  }
  void bring_back() {
    fs::remove(directory_);
    fs::rename(away_, directory_);
  }
  const fs::path away_ = base_ / "away";
  const std::vector<SourceId> ids_ = {SourceId{4295806720}};
};

TEST_P(Vanished, WritesNothingIntoTheEmptyMountPoint) {
  start(GetParam());
  ASSERT_TRUE(layout_->discard({"RVS", 7, 0}, ids_));
  auto begun = layout_->begin({"RVS", 0, 0});
  ASSERT_TRUE(begun);
  take_away();
  const auto published = (*begun)->publish(as_bytes("x"), ids_);
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().kind, Kind::NotFound) << published.error().detail;
  EXPECT_TRUE(fs::is_empty(directory_));
  EXPECT_FALSE(disk_space(directory_)->ours);
  begun->reset();
  bring_back();
  EXPECT_TRUE(disk_space(directory_)->ours);
  EXPECT_TRUE(layout_->begin({"RVS", 0, 0}));
  EXPECT_EQ(temp_files(), 0U);
}

INSTANTIATE_TEST_SUITE_P(EveryWay, Vanished, ::testing::ValuesIn(every_way()), way_name);

}  // namespace
}  // namespace garner::output
