// `cmake --install`: everything in its place, and what lies there works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig.h"

namespace garner::e2e {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class Install : public ::testing::Test {
 protected:
  void SetUp() override {
    const Ran ran = run({GARNER_CMAKE, "--install", GARNER_BUILD_DIRECTORY, "--prefix", prefix().string()});
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  }
  fs::path prefix() const { return rig.root() / "prefix"; }

  Rig rig;
};

TEST_F(Install, PutsEverythingInPlace) {
  for (const char* file :
       {"bin/garner", "bin/garnerd", "etc/garner/garnerd.yaml", "share/garner/archives/gaia.yaml",
        "share/garner/manifests/rvs.yaml", "lib/systemd/system/garnerd.service", "lib/systemd/user/garnerd.service",
        "lib/sysusers.d/garner.conf", "lib/tmpfiles.d/garner.conf", "share/man/man1/garner.1",
        "share/man/man8/garnerd.8", "share/bash-completion/completions/garner", "share/zsh/site-functions/_garner",
        "share/fish/vendor_completions.d/garner.fish"}) {
    EXPECT_TRUE(fs::is_regular_file(prefix() / file)) << file;
  }
  EXPECT_EQ(run({(prefix() / "bin/garnerd").string(), "--version"}).out, "garnerd 0.1.0\n");
  EXPECT_EQ(run({(prefix() / "bin/garner").string(), "--version"}).out, "garner 0.1.0\n");
  const Ran checked = run({(prefix() / "bin/garnerd").string(), "--check-config", "--config",
                           (prefix() / "etc/garner/garnerd.yaml").string()});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
}

TEST_F(Install, KeepsAnOperatorsConfiguration) {
  write_file(prefix() / "etc/garner/garnerd.yaml", "output_roots: [/srv/mine]\n");
  EXPECT_EQ(run({GARNER_CMAKE, "--install", GARNER_BUILD_DIRECTORY, "--prefix", prefix().string()}).exit_code, 0);
  EXPECT_EQ(read_file(prefix() / "etc/garner/garnerd.yaml"), "output_roots: [/srv/mine]\n");
}

TEST_F(Install, UnitsNameWhatWasInstalledAndSystemdTakesThem) {
  const std::string unit = read_file(prefix() / "lib/systemd/system/garnerd.service");
  EXPECT_THAT(unit, HasSubstr("ExecStart=" + (prefix() / "bin/garnerd").string() + " --config " +
                              (prefix() / "etc/garner/garnerd.yaml").string()));
  EXPECT_THAT(unit, HasSubstr("Type=notify"));
  if (run({"systemd-analyze", "--version"}).exit_code != 0) GTEST_SKIP() << "there is no systemd-analyze here";
  for (const std::string kind : {"system", "user"}) {
    const auto path = (prefix() / "lib/systemd" / kind / "garnerd.service").string();
    const Ran verified =
        run({"systemd-analyze", "verify", "--man=no", "--" + kind, path}, {{"XDG_RUNTIME_DIR", rig.root().string()}});
    EXPECT_EQ(verified.exit_code, 0) << verified.err;
    EXPECT_EQ(verified.err, "") << kind;
  }
}

TEST_F(Install, TheInstalledExamplesAreGoodManifests) {
  rig.start_simulator();
  rig.start_daemon();
  std::size_t examples = 0;
  for (const auto& entry : fs::directory_iterator(prefix() / "share/garner/manifests")) {
    // Their id lists and directories are examples too: the only thing that may be missing.
    const Ran ran = rig.garner({"submit", entry.path().string(), "--plan"});
    EXPECT_THAT(ran.err, Not(ContainsRegex("yaml:[0-9]+:"))) << "a problem at a place in the file";
    ++examples;
  }
  EXPECT_GE(examples, 5u);
}

}  // namespace
}  // namespace garner::e2e
