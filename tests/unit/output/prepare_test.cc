#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;

class Prepare : public OutputTest {
 protected:
  Prepare() { spec_ = spec_for({}); }
  Result<void> prepare(std::string_view manifest = "harvest: x\n") {
    return prepare_output(spec_, manifest, "ESA/Gaia/DPAC\n");
  }
};

mode_t mode_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST_F(Prepare, MakesTheDirectoryWithItsManifestAndCredit) {
  ASSERT_GOOD(prepare());
  EXPECT_EQ(slurp(directory_ / "MANIFEST.yaml"), "harvest: x\n");
  EXPECT_EQ(slurp(directory_ / "CREDIT.txt"), "ESA/Gaia/DPAC\n");
  EXPECT_EQ(mode_of(directory_), 0750u);
  EXPECT_EQ(mode_of(directory_ / "MANIFEST.yaml"), 0640u);
  EXPECT_EQ(mode_of(spool_directory(spec_)), 0700u);
  EXPECT_EQ(spool_directory(spec_), directory_ / ".garner" / "tmp");
}

TEST_F(Prepare, EmptiesTmpAndKeepsEverythingElse) {
  ASSERT_GOOD(prepare());
  layout_ = make_layout(spec_);
  publish({"RVS", 0, 0}, members_for(spec_, 3));
  spill(spool_directory(spec_) / "left-over", "half a pack");
  fs::create_directory(spool_directory(spec_) / "folder");
  const auto before = visible();
  ASSERT_GOOD(prepare());
  EXPECT_EQ(temp_files(), 0u);
  EXPECT_EQ(visible(), before);
}

TEST_F(Prepare, TellsByAFileThatIsGoneAfterwardsWhetherTheDiskTakesWrites) {
  EXPECT_FALSE(try_output(spec_)) << "not made ready";
  ASSERT_GOOD(prepare());
  const auto before = visible();
  EXPECT_TRUE(try_output(spec_));
  EXPECT_EQ(temp_files(), 0u);
  EXPECT_EQ(visible(), before);
  fs::remove_all(spool_directory(spec_));
  const auto tried = try_output(spec_);
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().kind, Kind::NotFound);
}

TEST_F(Prepare, RewritesTheManifestOnlyIfItDiffers) {
  ASSERT_GOOD(prepare());
  struct stat first{}, second{}, third{};
  ::stat((directory_ / "MANIFEST.yaml").c_str(), &first);
  ASSERT_GOOD(prepare());
  ::stat((directory_ / "MANIFEST.yaml").c_str(), &second);
  EXPECT_EQ(first.st_ino, second.st_ino);
  EXPECT_EQ(first.st_mtim.tv_nsec, second.st_mtim.tv_nsec);
  ASSERT_GOOD(prepare("harvest: y, and longer\n"));
  ::stat((directory_ / "MANIFEST.yaml").c_str(), &third);
  EXPECT_EQ(slurp(directory_ / "MANIFEST.yaml"), "harvest: y, and longer\n");
}

TEST_F(Prepare, MakesNothingWhereProductsShouldBeButTheirDiskIsGone) {
  const auto gone = prepare_output(spec_, "m", "c", true);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, Kind::NotFound);
  EXPECT_NE(gone.error().detail.find("mounted"), std::string::npos) << gone.error().detail;
  EXPECT_FALSE(fs::exists(directory_));
  ASSERT_GOOD(prepare());
  ASSERT_GOOD(prepare_output(spec_, "m", "c", true));
}

TEST_F(Prepare, RefusesADirectoryWithForeignFilesAndLeavesItAlone) {
  fs::create_directory(directory_);
  spill(directory_ / "thesis.tex", "x");
  const auto prepared = prepare();
  ASSERT_FALSE(prepared.has_value());
  EXPECT_EQ(prepared.error().kind, Kind::Conflict);
  EXPECT_EQ(visible(), std::set<std::string>{"thesis.tex"});
}

TEST_F(Prepare, TakesUpWhereAnEarlierPrepareWasKilled) {
  fs::create_directories(directory_ / ".garner");
  ASSERT_GOOD(prepare());
  EXPECT_TRUE(fs::exists(directory_ / "MANIFEST.yaml"));
}

TEST_F(Prepare, RefusesAMissingParent) {
  spec_.directory = base_ / "missing" / "out";
  const auto prepared = prepare();
  ASSERT_FALSE(prepared.has_value());
  EXPECT_EQ(prepared.error().kind, Kind::NotFound);
}

TEST_F(Prepare, FollowsNoSymbolicLinkToEmptySomeoneElsesFolder) {
  fs::create_directory(base_ / "precious");
  spill(base_ / "precious" / "data", "x");
  fs::create_directories(directory_ / ".garner");
  fs::create_directory_symlink(base_ / "precious", directory_ / ".garner" / "tmp");
  EXPECT_FALSE(prepare().has_value());
  EXPECT_TRUE(fs::exists(base_ / "precious" / "data"));
}

TEST_F(Prepare, GivesEverythingToTheGroup) {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  ::getgroups(static_cast<int>(groups.size()), groups.data());
  if (::geteuid() == 0) groups.push_back(12345);
  const auto other = std::ranges::find_if(groups, [](gid_t group) { return group != ::getegid(); });
  if (other == groups.end()) GTEST_SKIP() << "this user is in one group only";
  spec_.group = *other;
  ASSERT_GOOD(prepare());
  layout_ = make_layout(spec_);
  publish({"RVS", 0, 0}, members_for(spec_, 3));
  for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
    struct stat status{};
    ASSERT_EQ(::lstat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_gid, *other) << entry.path();
  }
}

TEST_F(Prepare, TellsFreeBytesOfItsFileSystem) {
  const auto free = free_bytes(base_);
  ASSERT_GOOD(free);
  EXPECT_GT(*free, 0u);
  EXPECT_EQ(free_bytes(base_ / "missing").error().kind, Kind::NotFound);
}

}  // namespace
}  // namespace garner::output
