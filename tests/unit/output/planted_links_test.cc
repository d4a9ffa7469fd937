// Somebody who owns a folder above the output puts a symbolic link in its place after it was looked at.
#include <gmock/gmock.h>
#include <unistd.h>

#include "fixture.h"
#include "output/remove_tree.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PlantedLinks : public OutputTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make a link somebody else's";
    fs::create_directories(base_ / "users" / "annas");
    fs::create_directories(base_ / "precious" / "out");
    spill(base_ / "precious" / "out" / "data", "x");
    spec_ = spec_for({});
    spec_.directory = directory_ = base_ / "users" / "annas" / "out";
    ASSERT_GOOD(prepare_output(spec_, "harvest: x\n", ""));
  }
  void plant() {
    fs::rename(base_ / "users" / "annas", base_ / "users" / "moved");
    fs::create_directory_symlink(base_ / "precious", base_ / "users" / "annas");
    ASSERT_EQ(::lchown((base_ / "users" / "annas").c_str(), 54'321, 54'321), 0);
  }
  void expect_untouched() {
    EXPECT_EQ(std::distance(fs::recursive_directory_iterator(base_ / "precious"), {}), 2);
    EXPECT_EQ(slurp(base_ / "precious" / "out" / "data"), "x");
  }
};

TEST_F(PlantedLinks, LeadNoPackElsewhere) {
  layout_ = make_layout(spec_);
  plant();
  fs::create_directories(base_ / "precious" / "out" / ".garner" / "tmp");  // as if it were ours
  const auto members = members_for(spec_, 3);
  const auto published = [&]() -> Result<ledger::Pack> {
    auto writer = layout_->begin({"RVS", 0, 0});
    if (!writer) return std::unexpected(writer.error());
    for (const auto& member : members) {
      if (auto added = (*writer)->add({member.name, member.id, as_bytes(member.bytes)}); !added)
        return std::unexpected(added.error());
    }
    return (*writer)->publish(as_bytes(make_zip(members)), {});
  }();
  ASSERT_FALSE(published.has_value());
  EXPECT_THAT(published.error().detail, HasSubstr("'annas' in it is a symbolic link"));
  fs::remove_all(base_ / "precious" / "out" / ".garner");
  expect_untouched();
}

TEST_F(PlantedLinks, LeadNoPreparationElsewhere) {
  plant();
  fs::remove_all(base_ / "precious" / "out");
  EXPECT_FALSE(prepare_output(spec_, "harvest: x\n", "").has_value());
  EXPECT_TRUE(fs::is_empty(base_ / "precious"));
}

TEST_F(PlantedLinks, LeadNoDeletionElsewhere) {
  plant();
  EXPECT_FALSE(remove_tree(directory_).has_value());
  expect_untouched();
}

TEST_F(PlantedLinks, BelowTheOutputAreDeletedAndNotFollowed) {
  fs::create_directory_symlink(base_ / "precious", directory_ / "RVS");
  fs::create_symlink(base_ / "precious" / "out" / "data", directory_ / "SHA256SUMS");
  EXPECT_TRUE(remove_tree(directory_).has_value());
  EXPECT_FALSE(fs::exists(fs::symlink_status(directory_)));
  expect_untouched();
  EXPECT_TRUE(remove_tree(directory_).has_value());  // nothing there
}

// Data that an operator moved.
TEST_F(PlantedLinks, OfRootAreFollowed) {
  fs::rename(base_ / "users" / "annas", base_ / "moved");
  fs::create_directory_symlink(base_ / "moved", base_ / "users" / "annas");
  layout_ = make_layout(spec_);
  publish({"RVS", 0, 0}, members_for(spec_, 3));
  EXPECT_TRUE(fs::exists(base_ / "moved" / "out" / "RVS"));
  EXPECT_TRUE(remove_tree(directory_).has_value());
  EXPECT_FALSE(fs::exists(base_ / "moved" / "out"));
}

}  // namespace
}  // namespace garner::output
