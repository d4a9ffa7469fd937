#include "base/trusted_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace garner {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TrustedPath : public ::testing::Test {
 protected:
  TrustedPath() {
    std::string pattern = (fs::temp_directory_path() / "garner-path-XXXXXX").string();
    base_ = fs::canonical(mkdtemp(pattern.data()));
    fs::create_directories(base_ / "real" / "inner");
  }
  ~TrustedPath() override {
    std::error_code ignored;
    fs::remove_all(base_, ignored);
  }

  // The folder that was opened.
  static Result<fs::path> opened(const fs::path& path) {
    const auto folder = open_trusted_folder(path);
    if (!folder) return std::unexpected(folder.error());
    const fs::path found = fs::read_symlink(fmt::format("/proc/self/fd/{}", *folder));
    ::close(*folder);
    return found;
  }

  fs::path base_;
};

TEST_F(TrustedPath, FollowsLinksOfItsOwnUser) {
  fs::create_directory_symlink("real", base_ / "relative");
  fs::create_directory_symlink(base_ / "relative" / ".." / "real", base_ / "absolute");
  EXPECT_EQ(opened(base_ / "real" / "inner").value(), base_ / "real" / "inner");
  EXPECT_EQ(opened(base_ / "relative" / "inner").value(), base_ / "real" / "inner");
  EXPECT_EQ(opened(base_ / "absolute" / "inner" / "").value(), base_ / "real" / "inner");
  EXPECT_EQ(opened(base_ / "absolute").value(), base_ / "real");
}

TEST_F(TrustedPath, DoesNotFollowSomebodyElsesLink) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a link somebody else's";
  fs::create_directory_symlink("real", base_ / "planted");
  ASSERT_EQ(::lchown((base_ / "planted").c_str(), 54'321, 54'321), 0);
  for (const auto& path : {base_ / "planted", base_ / "planted" / "inner"}) {
    const auto folder = opened(path);
    ASSERT_FALSE(folder);
    EXPECT_THAT(folder.error().detail, HasSubstr("'planted' in it is a symbolic link that user id 54321 made"));
  }
  // Nor where one of ours leads to it.
  fs::create_directory_symlink("planted", base_ / "ours");
  EXPECT_FALSE(opened(base_ / "ours" / "inner"));
}

TEST_F(TrustedPath, EndsWhereLinksGoRound) {
  fs::create_directory_symlink("there", base_ / "here");
  fs::create_directory_symlink("here", base_ / "there");
  EXPECT_FALSE(opened(base_ / "here"));
}

TEST_F(TrustedPath, OpensFoldersOnly) {
  std::ofstream(base_ / "file") << "x";
  fs::create_symlink("file", base_ / "to-file");
  EXPECT_FALSE(opened(base_ / "file"));
  EXPECT_FALSE(opened(base_ / "to-file"));
  EXPECT_EQ(opened(base_ / "missing").error().kind, Kind::NotFound);
}

}  // namespace
}  // namespace garner
