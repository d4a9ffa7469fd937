#include "base/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace garner {
namespace {

class PrivateFiles : public ::testing::Test {
 protected:
  PrivateFiles() {
    std::string name = ::testing::TempDir() + "private-file.XXXXXX";
    directory = ::mkdtemp(name.data());
    path = directory / "secret";
    std::ofstream(path) << "swordfish";
    ::chmod(path.c_str(), 0600);
  }
  ~PrivateFiles() override { std::filesystem::remove_all(directory); }

  std::filesystem::path directory, path;
};

TEST_F(PrivateFiles, AreReadUpToTheLimit) {
  EXPECT_EQ(**read_private_file(path, PrivateFile::Ours, 100), "swordfish");
  EXPECT_EQ(**read_private_file(path, PrivateFile::OfItsOwner, 5), "sword");
}

TEST_F(PrivateFiles, MayBeMissing) {
  const auto text = read_private_file(directory / "none", PrivateFile::Ours, 100);
  ASSERT_TRUE(text);
  EXPECT_FALSE(*text);
}

TEST_F(PrivateFiles, OpenToOthersAreRefusedWithWhatToDo) {
  ::chmod(path.c_str(), 0640);
  const auto text = read_private_file(path, PrivateFile::OfItsOwner, 100);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, Kind::Auth);
  EXPECT_NE(text.error().detail.find("chmod 600 " + path.string()), std::string::npos) << text.error().detail;
  EXPECT_FALSE(read_private_file(path, PrivateFile::Ours, 100));
  EXPECT_TRUE(read_private_file(path, PrivateFile::GuardedByItsFolder, 100));
}

TEST_F(PrivateFiles, OfOursAreNotReachedByALink) {
  std::filesystem::create_symlink(path, directory / "link");
  EXPECT_TRUE(read_private_file(directory / "link", PrivateFile::OfItsOwner, 100));
  EXPECT_FALSE(read_private_file(directory / "link", PrivateFile::Ours, 100));
}

TEST_F(PrivateFiles, AreNoPipesNorFolders) {
  ::mkfifo((directory / "pipe").c_str(), 0600);
  for (const char* name : {"pipe", "."}) EXPECT_FALSE(read_private_file(directory / name, PrivateFile::Ours, 100));
}

}  // namespace
}  // namespace garner
