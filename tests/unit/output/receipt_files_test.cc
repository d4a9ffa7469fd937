// The receipt's files beside the data, what there is to say of SHA256SUMS, and what of a pack is lost.
#include "output/receipt_files.h"

#include "fixture.h"
#include "output/paths.h"
#include "output/sha256.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;

class ReceiptFiles : public OutputTest {};

TEST_F(ReceiptFiles, LieBesideTheDataAndReplaceEachOther) {
  start({LayoutKind::Zip});
  ASSERT_GOOD(write_receipt(spec_, "{}\n", "# one\n"));
  ASSERT_GOOD(write_receipt(spec_, "{\"a\": 1}\n", "# two\n"));
  EXPECT_EQ(slurp(directory_ / "RECEIPT.json"), "{\"a\": 1}\n");
  EXPECT_EQ(slurp(directory_ / "RECEIPT.md"), "# two\n");
  EXPECT_EQ(temp_files(), 0u);
}

TEST_F(ReceiptFiles, KnowTheHashAndTheLinesOfTheChecksums) {
  start({LayoutKind::Zip});
  auto none = sums_facts(spec_);
  ASSERT_GOOD(none);
  EXPECT_FALSE(none->has_value());
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += fmt::format("{:064}  RVS/{}.zip\n", i, i);  // more than one block
  spill(directory_ / "SHA256SUMS", text);
  const auto facts = sums_facts(spec_);
  ASSERT_GOOD(facts);
  EXPECT_EQ((*facts)->files, 40'000u);
  EXPECT_EQ((*facts)->hash, to_hex(sha256(as_bytes(text))));
}

TEST_F(ReceiptFiles, FollowNoLinkThatWasPlanted) {
  start({LayoutKind::Zip});
  spill(base_ / "outside", "theirs");
  fs::create_symlink(base_ / "outside", directory_ / "RECEIPT.json");
  ASSERT_GOOD(write_receipt(spec_, "{}\n", "# one\n"));
  EXPECT_EQ(slurp(base_ / "outside"), "theirs");
}

class LossOf : public OutputTest, public ::testing::WithParamInterface<Way> {
 protected:
  void SetUp() override { start(GetParam()); }
};

TEST_P(LossOf, APackIsNothingUntilItIsDamaged) {
  const PackKey key{"RVS", 3, 0};
  const auto members = members_for(spec_, 10);
  const auto pack = publish(key, members);
  auto loss = layout_->loss(key, pack);
  ASSERT_GOOD(loss);
  EXPECT_FALSE(loss->whole);
  EXPECT_TRUE(loss->sources.empty());
  flip_byte(directory_ / *visible().begin(), 0);
  loss = layout_->loss(key, pack);
  ASSERT_GOOD(loss);
  const bool single = spec_.layout == LayoutKind::Files && spec_.structure == DataStructure::Individual;
  EXPECT_EQ(loss->whole, !single);
  EXPECT_EQ(loss->sources.size(), single ? 1u : 0u);
}

INSTANTIATE_TEST_SUITE_P(EveryWay, LossOf, ::testing::ValuesIn(every_way()), way_name);

TEST_F(ReceiptFiles, APackOfFilesGoesOnWithoutWhatIsLost) {
  start({LayoutKind::Files});
  const PackKey from{"RVS", 3, 0}, to{"RVS", 3, 1};
  const auto members = members_for(spec_, 10);
  const auto pack = publish(from, members);
  std::vector<SourceId> lost{*members[2].id, *members[7].id};
  std::ranges::sort(lost);
  fs::remove(directory_ / product_path(spec_, "RVS", lost[0]));
  fs::remove(directory_ / product_path(spec_, "RVS", lost[1]));
  EXPECT_EQ(layout_->loss(from, pack)->sources, lost);

  const auto rest = layout_->without(from, to, pack, lost);
  ASSERT_GOOD(rest);
  EXPECT_EQ(rest->generation, 1u);
  EXPECT_EQ(rest->products, 8u);
  EXPECT_EQ(rest->bytes, pack.bytes - members[2].bytes.size() - members[7].bytes.size());
  EXPECT_TRUE(layout_->verify(to, *rest)->empty());
  EXPECT_EQ(layout_->checksums(to, *rest)->size(), 8u);
  EXPECT_EQ(layout_->loss(from, pack)->sources, lost) << "the ledger may still name the pack before";

  for (const auto& member : members) fs::remove(directory_ / product_path(spec_, "RVS", *member.id));
  EXPECT_TRUE(layout_->loss(to, *rest)->whole) << "nothing of it is left";
}

}  // namespace
}  // namespace garner::output
