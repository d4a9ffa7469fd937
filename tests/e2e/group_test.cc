// Who may do what on a machine that several people share: the control socket's group, other people's harvests, and the
// group that gets the data. Needs root, to be other users.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"

namespace garner::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Nobody's, as long as no account has these numbers.
constexpr unsigned kAnna = 54'321, kBert = 54'322, kStranger = 54'323;

class Group : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can be other users";
    if (run({"setpriv", "--version"}).exit_code != 0) GTEST_SKIP() << "there is no setpriv";
    for (const char* name : {"games", "audio", "video", "users"}) {
      if (const group* entry = getgrnam(name)) groups.emplace_back(name, entry->gr_gid);
    }
    if (groups.size() < 2) GTEST_SKIP() << "this machine has none of the usual groups";
    // The build may lie where other users can't look.
    fs::copy_file(rig.garner_path, rig.root() / "garner");
    fs::permissions(rig.root() / "garner", fs::perms(0755));
  }
  void start(const std::string& config) {
    rig.start_simulator({.knobs = {{"latency", {{"a_s", 0.05}}}}});
    rig.write_config(config);
    rig.start_daemon();
  }
  // By somebody who has the group as a supplementary one only.
  Ran member(unsigned uid, const std::vector<std::string>& arguments) {
    return as(uid, "--groups=" + std::to_string(groups[0].second), arguments);
  }
  Ran as(unsigned uid, const std::string& supplementary, const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"setpriv", "--reuid=" + std::to_string(uid), "--regid=" + std::to_string(uid),
                                    supplementary, (rig.root() / "garner").string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(all,
               {{"GARNER_SOCKET", (rig.root() / "garnerd.sock").string()},
                {"GARNER_ARCHIVES", (rig.root() / "archives").string()}},
               {}, rig.root());
  }
  std::string manifest(const std::string& name, std::size_t count, const std::string& more = {}) {
    return rig.write_manifest(name, rig.make_ids(count), "retrieval_types: [XP_SAMPLED]\nchunk_size: 10\n" + more)
        .string();
  }
  std::string group_key() const { return "group: " + groups[0].first + "\n"; }

  Rig rig;
  std::vector<std::pair<std::string, gid_t>> groups;
};

TEST_F(Group, MembersComeInAndStrangersDoNot) {
  start(group_key());
  EXPECT_EQ(member(kAnna, {"list"}).exit_code, 0);
  const Ran primary = run({"setpriv", "--reuid=" + std::to_string(kAnna), "--regid=" + std::to_string(groups[0].second),
                           "--clear-groups", (rig.root() / "garner").string(), "list"},
                          {{"GARNER_SOCKET", (rig.root() / "garnerd.sock").string()}});
  EXPECT_EQ(primary.exit_code, 0) << primary.err;
  for (const std::string& supplementary :
       {std::string("--clear-groups"), "--groups=" + std::to_string(groups[1].second)}) {
    const Ran stranger = as(kStranger, supplementary, {"list"});
    EXPECT_EQ(stranger.exit_code, 4) << stranger.err;
    EXPECT_THAT(stranger.err, AllOf(HasSubstr("garnerd.sock"), HasSubstr("group")));
  }
}

TEST_F(Group, WithoutAGroupOnlyRootAndTheServiceComeIn) {
  start("");
  EXPECT_EQ(rig.garner({"list"}).exit_code, 0);
  EXPECT_EQ(member(kAnna, {"list"}).exit_code, 4);
}

TEST_F(Group, EachMemberHasARightToTheirOwnHarvestsOnly) {
  start(group_key());
  const Ran submitted = member(kAnna, {"submit", manifest("annas", 2000)});
  ASSERT_EQ(submitted.exit_code, 0) << submitted.err;
  EXPECT_EQ(rig.status("annas")["submitter_uid"], kAnna) << rig.status("annas").dump(1);
  for (const std::string verb : {"pause", "resume", "cancel", "remove", "retry"}) {
    const Ran refused = member(kBert, {verb, "annas"});
    EXPECT_EQ(refused.exit_code, 4) << verb;
    EXPECT_THAT(refused.err, HasSubstr("'annas' belongs to uid 54321")) << verb;
  }
  EXPECT_EQ(member(kBert, {"verify", "annas", "--repair"}).exit_code, 4);
  EXPECT_NE(rig.status("annas")["state"], "cancelled");
  // Looking is free.
  EXPECT_EQ(member(kBert, {"status", "annas"}).exit_code, 0);
  EXPECT_EQ(member(kBert, {"sources", "annas", "--outcome", "pending"}).exit_code, 0);
  EXPECT_EQ(member(kAnna, {"pause", "annas"}).exit_code, 0);
  EXPECT_EQ(rig.status("annas")["state"], "paused");
  EXPECT_EQ(member(kAnna, {"resume", "annas"}).exit_code, 0);
  EXPECT_EQ(rig.garner({"pause", "annas"}).exit_code, 0);  // root
  EXPECT_EQ(member(kAnna, {"cancel", "annas"}).exit_code, 0);
  EXPECT_EQ(rig.status("annas")["state"], "cancelled");
}

TEST_F(Group, TheDataBelongToTheGroupThatTheManifestNames) {
  start(group_key());
  for (const std::string layout : {"zip", "files", "tar.zst"}) {
    const std::string output = "output: {directory: " + rig.output(layout).string() + ", layout: " + layout +
                               ", group: " + groups[1].first + "}\n";
    const Ran ran = member(kAnna, {"submit", manifest(layout, 40, output), "--wait"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    std::size_t files = 0;
    const auto expect_given = [&](const fs::path& path) {
      struct stat about{};
      ASSERT_EQ(stat(path.c_str(), &about), 0) << path;
      EXPECT_EQ(about.st_gid, groups[1].second) << path;
      EXPECT_EQ(about.st_mode & 07777, S_ISDIR(about.st_mode) ? 0750u : 0640u) << path;
    };
    expect_given(rig.output(layout));
    for (auto it = fs::recursive_directory_iterator(rig.output(layout)); it != fs::recursive_directory_iterator();
         ++it) {
      if (it->path().filename() == ".garner") {
        it.disable_recursion_pending();
        continue;
      }
      expect_given(it->path());
      files += it->is_regular_file() ? 1 : 0;
    }
    EXPECT_GE(files, 8u);
    expect_account(rig, layout);
    const auto reads = [&](unsigned group) {
      return run({"setpriv", "--reuid=" + std::to_string(kBert), "--regid=" + std::to_string(kBert),
                  "--groups=" + std::to_string(group), "cat", (rig.output(layout) / "SHA256SUMS").string()})
                 .exit_code == 0;
    };
    EXPECT_TRUE(reads(groups[1].second));
    EXPECT_FALSE(reads(groups[0].second));
  }
}

}  // namespace
}  // namespace garner::e2e
