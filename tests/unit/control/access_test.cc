#include "control/access.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace garner::control {
namespace {

TEST(Access, AdmitsRootTheDaemonsUserAndMembersOfTheGroup) {
  const AccessRules rules{990, 991};
  EXPECT_TRUE(peer_allowed({0, 0, {}}, rules));
  EXPECT_TRUE(peer_allowed({990, 990, {}}, rules));
  EXPECT_TRUE(peer_allowed({1000, 991, {}}, rules));
  EXPECT_TRUE(peer_allowed({1000, 1000, {4, 27, 991}}, rules));
}

TEST(Access, RefusesEverybodyElse) {
  EXPECT_FALSE(peer_allowed({1000, 1000, {4, 27}}, {990, 991}));
  EXPECT_FALSE(peer_allowed({1000, 990, {}}, {990, 991}));  // the daemon's user id is no group id
}

TEST(Access, WithoutAGroupOnlyRootAndTheDaemonsUserComeIn) {
  EXPECT_FALSE(peer_allowed({1000, 0, {0}}, {990, std::nullopt}));
  EXPECT_TRUE(peer_allowed({990, 1, {}}, {990, std::nullopt}));
}

TEST(Access, ReadsWhoIsAtTheOtherEnd) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const auto peer = read_peer(ends[0]);
  ASSERT_TRUE(peer) << peer.error().detail;
  EXPECT_EQ(peer->uid, ::geteuid());
  EXPECT_EQ(peer->gid, ::getegid());
  std::vector<gid_t> groups(static_cast<std::size_t>(::getgroups(0, nullptr)));
  ASSERT_EQ(::getgroups(static_cast<int>(groups.size()), groups.data()), static_cast<int>(groups.size()));
  EXPECT_EQ(peer->groups, std::vector<std::uint32_t>(groups.begin(), groups.end()));
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace garner::control
