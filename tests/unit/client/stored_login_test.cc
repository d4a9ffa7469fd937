#include "client/stored_login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "daemon_fixture.h"

namespace garner::client {
namespace {

namespace fs = std::filesystem;
using control_test::TemporaryFolder;
using testing::HasSubstr;

Environment with(std::map<std::string, std::string> variables) {
  return [variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

const StoredLogin kLogin{"https://gea.example.org:443",
                         "joe",
                         "2026-11-26T10:00:00Z",
                         {{"tap-server", "SESSION=a; JSESSIONID=b"}, {"data-server", "SESSION=c"}}};

TEST(StoredLogin, ComesBackAsItWasAndIsDeletedOnce) {
  const TemporaryFolder folder;
  const auto environment = with({{"XDG_STATE_HOME", folder / "a/b"}, {"HOME", "/nowhere"}});
  EXPECT_FALSE(load_login(environment, "gaia").value().has_value());
  EXPECT_FALSE(delete_login(environment, "gaia").value());
  ASSERT_TRUE(save_login(environment, "gaia", kLogin).has_value());
  const auto read = load_login(environment, "gaia");
  ASSERT_TRUE(read.has_value() && read->has_value());
  EXPECT_EQ((*read)->origin, kLogin.origin);
  EXPECT_EQ((*read)->user, kLogin.user);
  EXPECT_EQ((*read)->since, kLogin.since);
  EXPECT_EQ((*read)->cookies, kLogin.cookies);
  EXPECT_FALSE(load_login(environment, "cadc").value().has_value());
  EXPECT_TRUE(delete_login(environment, "gaia").value());
  EXPECT_FALSE(load_login(environment, "gaia").value().has_value());
}

TEST(StoredLogin, LiesWhereTheDesktopRulesSay) {
  const TemporaryFolder folder;
  const auto environment = with({{"XDG_STATE_HOME", "relative"}, {"HOME", folder.path()}});
  ASSERT_TRUE(save_login(environment, "gaia", kLogin).has_value());
  EXPECT_TRUE(fs::exists(folder / ".local/state/garner/sessions/gaia"));
  EXPECT_EQ(save_login(with({}), "gaia", kLogin).error().kind, Kind::Invalid);
  EXPECT_FALSE(load_login(with({}), "gaia").value().has_value());
}

TEST(StoredLogin, IsForItsUserAloneWhateverTheUmask) {
  const TemporaryFolder folder;
  const auto environment = with({{"XDG_STATE_HOME", folder.path()}});
  const mode_t before = ::umask(0);
  const auto saved = save_login(environment, "gaia", kLogin);
  ::umask(before);
  ASSERT_TRUE(saved.has_value());
  const fs::path file = folder / "garner/sessions/gaia";
  EXPECT_EQ(fs::status(file).permissions(), fs::perms(0600));
  EXPECT_EQ(fs::status(file.parent_path()).permissions(), fs::perms(0700));
  EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), fs::directory_iterator()), 1);
  for (const unsigned mode : {0640u, 0604u, 0620u}) {
    fs::permissions(file, fs::perms(mode));
    EXPECT_EQ(load_login(environment, "gaia").error().kind, Kind::Auth) << mode;
  }
}

TEST(StoredLogin, ThatWasTamperedWithIsNone) {
  const TemporaryFolder folder;
  const auto environment = with({{"XDG_STATE_HOME", folder.path()}});
  ASSERT_TRUE(save_login(environment, "gaia", kLogin).has_value());
  const std::string file = folder / "garner/sessions/gaia";
  for (const std::string text :
       {"", "x", "[]", "{\"version\": 2}", R"({"version": 1, "origin": "o", "user": "u", "sessions": {}})",
        R"({"version": 1, "origin": "o", "user": "u", "sessions": {"tap-server": "A=b\r\nX-Header: y"}})",
        R"({"version": 1, "origin": "o", "user": "u", "sessions": {"tap-server": 7}})",
        R"({"version": 1, "origin": "", "user": "u", "sessions": {"tap-server": "A=b"}})"}) {
    std::ofstream(file) << text;
    const auto read = load_login(environment, "gaia");
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().kind, Kind::Auth);
    EXPECT_THAT(read.error().detail, HasSubstr("garner login gaia")) << text;
  }
  fs::remove(file);
  fs::create_symlink("/dev/null", file);
  EXPECT_FALSE(load_login(environment, "gaia").has_value());
}

TEST(StoredLogin, BelongsToItsOriginAlone) {
  archive::Profile profile;
  profile.name = "gaia";
  for (const std::string url : {"https://gea.example.org", "https://gea.example.org:443", "https://GEA.example.org"}) {
    profile.base_url = url;
    EXPECT_TRUE(belongs_to(kLogin, profile).has_value()) << url;
  }
  for (const std::string url : {"http://gea.example.org", "https://gea.example.org:8443", "https://gea.example.com",
                                "https://gea.example.org.evil.example", "nonsense"}) {
    profile.base_url = url;
    EXPECT_EQ(belongs_to(kLogin, profile).error().kind, Kind::Auth) << url;
  }
}

}  // namespace
}  // namespace garner::client
