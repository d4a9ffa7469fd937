#include "fixture.h"
#include "output/paths.h"

namespace garner::output {
namespace {

const PackKey kKey{"XP_SAMPLED", 17, 0};
constexpr std::string_view kFile = ".garner/tables/XP_SAMPLED/0000/XP_SAMPLED_RAW-0000017.fits";

class TableLayout : public OutputTest {
 protected:
  void SetUp() override {
    spec_ = spec_for({LayoutKind::Table, false, DataStructure::Raw});
    spec_.format = ProductFormat::Fits;
    ASSERT_GOOD(prepare_output(spec_, "harvest: test\n", "Credit\n"));
    layout_ = make_layout(spec_);
  }
  const std::vector<Member> members_{{"XP_SAMPLED_RAW.fits", std::nullopt, std::string(5760, 'x')}};
};

TEST_F(TableLayout, KeepsAReplysTableOutOfSight) {
  const auto pack = publish(kKey, members_);
  EXPECT_TRUE(visible().empty());
  EXPECT_EQ(slurp(directory_ / kFile), members_[0].bytes);
  EXPECT_EQ(pack.products, 1u);
  EXPECT_EQ(pack.bytes, 5760u);
  EXPECT_EQ(chunk_table_path(spec_, {"XP_SAMPLED", 1017, 2}),
            ".garner/tables/XP_SAMPLED/0001/XP_SAMPLED_RAW-0001017.2.fits");
  EXPECT_TRUE(layout_->verify(kKey, pack)->empty());
  flip_byte(directory_ / kFile, 99);
  EXPECT_EQ(*layout_->verify(kKey, pack), std::vector{std::string(kFile) + ": sha256 differs"});
}

TEST_F(TableLayout, OverwritesAndDiscardsWhatWasNotSettled) {
  publish(kKey, members_);
  publish(kKey, {{members_[0].name, std::nullopt, std::string(8640, 'y')}});
  EXPECT_EQ(std::filesystem::file_size(directory_ / kFile), 8640u);
  ASSERT_GOOD(layout_->discard(kKey, {}));
  EXPECT_FALSE(std::filesystem::exists(directory_ / kFile));
  ASSERT_GOOD(layout_->discard(kKey, {}));
}

TEST_F(TableLayout, LeavesNothingWhenDropped) {
  {
    auto writer = layout_->begin(kKey);
    ASSERT_GOOD(writer);
    ASSERT_GOOD((*writer)->add({members_[0].name, std::nullopt, as_bytes(members_[0].bytes)}));
  }
  EXPECT_FALSE(std::filesystem::exists(directory_ / kFile));
  EXPECT_EQ(temp_files(), 0u);
}

}  // namespace
}  // namespace garner::output
