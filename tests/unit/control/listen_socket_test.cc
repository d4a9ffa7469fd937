#include "control/listen_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>

#include "daemon_fixture.h"
#include "raw_connection.h"

namespace garner::control {
namespace {

using control_test::RawConnection;
using control_test::TemporaryFolder;

TEST(ListenSocket, MakesASocketThatOnlyTheGroupMayUse) {
  const TemporaryFolder folder;
  const auto fd = listen_on_path(folder / "s", ::getegid());
  ASSERT_TRUE(fd) << fd.error().detail;
  struct stat status{};
  ASSERT_EQ(::stat((folder / "s").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0660u);
  EXPECT_EQ(status.st_gid, ::getegid());
  EXPECT_TRUE(check_listening_socket(*fd));
  ::close(*fd);
}

TEST(ListenSocket, ReplacesASocketFileThatNobodyAnswersOn) {
  const TemporaryFolder folder;
  ::close(*listen_on_path(folder / "s", std::nullopt));  // its file stays, as after kill -9
  const auto fd = listen_on_path(folder / "s", std::nullopt);
  ASSERT_TRUE(fd) << fd.error().detail;
  EXPECT_TRUE(RawConnection(folder / "s").connected());
  ::close(*fd);
}

TEST(ListenSocket, LeavesTheSocketOfARunningDaemonAlone) {
  const TemporaryFolder folder;
  const auto first = listen_on_path(folder / "s", std::nullopt);
  const auto second = listen_on_path(folder / "s", std::nullopt);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Kind::Conflict);
  EXPECT_TRUE(RawConnection(folder / "s").connected());
  ::close(*first);
}

TEST(ListenSocket, LeavesAFileThatIsNoSocketAlone) {
  const TemporaryFolder folder;
  std::ofstream(folder / "s") << "precious";
  const auto fd = listen_on_path(folder / "s", std::nullopt);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().kind, Kind::Invalid);
  EXPECT_EQ(std::filesystem::file_size(folder / "s"), 8u);
}

TEST(ListenSocket, RefusesAPathThatIsTooLongAndSaysHowLongItMayBe) {
  const auto fd = listen_on_path("/tmp/" + std::string(200, 'x'), std::nullopt);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().kind, Kind::Invalid);
  EXPECT_NE(fd.error().detail.find("107"), std::string::npos);
}

TEST(ListenSocket, SaysThatTheFolderIsMissing) {
  const TemporaryFolder folder;
  const auto fd = listen_on_path(folder / "none/s", std::nullopt);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().kind, Kind::NotFound);
}

TEST(ListenSocket, RefusesADescriptorThatDoesNotListen) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT_FALSE(check_listening_socket(fd));
  ::close(fd);
  EXPECT_FALSE(check_listening_socket(-1));
}

}  // namespace
}  // namespace garner::control
