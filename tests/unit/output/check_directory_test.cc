// check_output_directory: which directories are refused at submit, and what the message tells to do.
#include <unistd.h>

#include "fixture.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;

class CheckDirectory : public OutputTest {
 protected:
  CheckDirectory() : root_(base_ / "root"), outside_(base_ / "outside"), roots_{root_.string()} {
    fs::create_directory(root_);
    fs::create_directory(outside_);
  }

  Result<fs::path> check(const fs::path& directory) { return check_output_directory(directory.string(), roots_); }

  void expect_refused(const fs::path& directory, std::string_view because) {
    const auto checked = check(directory);
    ASSERT_FALSE(checked.has_value()) << *checked;
    EXPECT_EQ(checked.error().kind, Kind::Invalid);
    EXPECT_NE(checked.error().detail.find(because), std::string::npos) << checked.error().detail;
  }

  fs::path root_, outside_;
  std::vector<std::string> roots_;
};

TEST_F(CheckDirectory, AcceptsANewAndAnEmptyDirectoryBelowARoot) {
  EXPECT_EQ(*check(root_ / "new"), root_ / "new");
  EXPECT_EQ(*check(root_.string() + "/new/"), root_ / "new");
  fs::create_directory(root_ / "empty");
  EXPECT_EQ(*check(root_ / "empty"), root_ / "empty");
}

TEST_F(CheckDirectory, ResolvesSymbolicLinksInTheDirectoryAndInTheRoots) {
  fs::create_directory_symlink(root_, base_ / "link");
  EXPECT_EQ(*check(base_ / "link" / "new"), root_ / "new");
  roots_ = {(base_ / "link").string()};
  EXPECT_EQ(*check(root_ / "new"), root_ / "new");
}

TEST_F(CheckDirectory, RefusesWhatLiesOutsideTheRootsAndSaysWhereToGo) {
  expect_refused(outside_ / "new", "choose a directory below " + root_.string());
  expect_refused(outside_ / "new", "add one to output_roots in garnerd.yaml");
  expect_refused(base_ / "rootbeer", "output_roots");  // not a matter of text prefixes
  expect_refused(root_, "output_roots");               // the root itself belongs to all
  roots_.clear();
  expect_refused(root_ / "new", "output_roots in garnerd.yaml is empty");
}

TEST_F(CheckDirectory, RefusesDotDotTricks) {
  expect_refused(root_ / ".." / "outside" / "new", "output_roots");
  expect_refused(root_ / "..", "output_roots");
  expect_refused(root_ / "missing" / ".." / "new", "create that first");
  EXPECT_EQ(*check(outside_ / ".." / "root" / "new"), root_ / "new");
}

TEST_F(CheckDirectory, RefusesLinksThatLeaveTheRoots) {
  fs::create_directory_symlink(outside_, root_ / "way_out");
  expect_refused(root_ / "way_out", "output_roots");
  expect_refused(root_ / "way_out" / "new", "output_roots");
  fs::create_directory_symlink(base_ / "nowhere", root_ / "dangling");
  expect_refused(root_ / "dangling", "No such file");
}

TEST_F(CheckDirectory, RefusesAMissingParentAFileAndAFullDirectory) {
  expect_refused(root_ / "missing" / "new", "create that first");
  spill(root_ / "file", "x");
  expect_refused(root_ / "file", "is not a directory");
  fs::create_directory(root_ / "full");
  spill(root_ / "full" / "thing", "x");
  expect_refused(root_ / "full", "is not empty");
}

TEST_F(CheckDirectory, RefusesRelativeEmptyAndUnprintableNames) {
  expect_refused("new", "absolute path");
  expect_refused("", "absolute path");
  expect_refused(root_ / "a\nb", "control characters");
}

TEST_F(CheckDirectory, RefusesAPlaceInsideAnotherHarvestsOutput) {
  fs::create_directories(root_ / "other" / ".garner");
  fs::create_directory(root_ / "other" / "RVS");
  expect_refused(root_ / "other" / "RVS" / "new", "another harvest");
}

TEST_F(CheckDirectory, RefusesAPlaceWhereItCanNotWrite) {
  if (::geteuid() == 0) GTEST_SKIP() << "root writes everywhere";
  fs::permissions(root_, fs::perms::owner_read | fs::perms::owner_exec);
  expect_refused(root_ / "new", "can't write");
  fs::permissions(root_, fs::perms::owner_all);
}

}  // namespace
}  // namespace garner::output
