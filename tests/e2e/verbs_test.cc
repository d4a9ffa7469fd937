// What users may and may not do to harvests, and the exit codes that scripts rely on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

class Verbs : public ::testing::Test {
 protected:
  void start(Json knobs = Json::object()) {
    rig.start_simulator({.knobs = std::move(knobs)});
    rig.start_daemon();
  }
  std::string state(const std::string& harvest) { return rig.status(harvest)["state"]; }
  // The requests of a type so far.
  int requests(const std::string& type) {
    return rig.report()["by_type"].value(type, Json::object()).value("requests", 0);
  }
  std::size_t harvests() { return Json::parse(rig.garner({"list", "--json"}).out)["harvests"].size(); }
  Rig rig;
};

TEST_F(Verbs, TheSameManifestTwiceChangesNothing) {
  start();
  const auto manifest = rig.write_manifest("twice", rig.make_ids(30), "retrieval_types: [XP_SAMPLED]\n").string();
  EXPECT_EQ(rig.garner({"submit", manifest, "--wait"}).exit_code, 0);
  const Ran again = rig.garner({"submit", manifest});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("already here"));
  EXPECT_EQ(Json::parse(rig.garner({"submit", manifest, "--json"}).out)["already_here"], true);
  EXPECT_EQ(rig.garner({"submit", manifest, "--wait"}).exit_code, 0);
  EXPECT_EQ(rig.report()["requests"], 1);
  EXPECT_EQ(harvests(), 1u);
}

TEST_F(Verbs, ANameIsTakenOnce) {
  start();
  const auto ids = rig.make_ids(30);
  EXPECT_EQ(
      rig.garner({"submit", rig.write_manifest("name", ids, "retrieval_types: [XP_SAMPLED]\n").string(), "--wait"})
          .exit_code,
      0);
  const Ran other = rig.garner({"submit", rig.write_manifest("name", ids, "retrieval_types: [RVS]\n").string()});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("'name' is already here with another manifest"));
  const Ran ids_changed =
      rig.garner({"submit", rig.write_manifest("name", {ids[0]}, "retrieval_types: [XP_SAMPLED]\n").string()});
  EXPECT_EQ(ids_changed.exit_code, 2);
  EXPECT_THAT(ids_changed.err, HasSubstr("the same manifest but other ids"));
  EXPECT_EQ(rig.status("name")["requested"], 30);
}

TEST_F(Verbs, RefusesAnOutputDirectoryThatIsNotTheHarvestsOwn) {
  start();
  const auto ids = rig.make_ids(10);
  const auto refused = [&](const std::string& name, const fs::path& directory, const std::string& reason) {
    const auto manifest = rig.write_manifest(
        name, ids, "retrieval_types: [XP_SAMPLED]\noutput: {directory: " + directory.string() + "}\n");
    const Ran ran = rig.garner({"submit", manifest.string()});
    EXPECT_EQ(ran.exit_code, 2) << directory;
    EXPECT_THAT(ran.err, HasSubstr(reason));
    EXPECT_EQ(harvests(), 1u) << directory;
  };
  EXPECT_EQ(
      rig.garner({"submit", rig.write_manifest("first", ids, "retrieval_types: [XP_SAMPLED]\n").string(), "--wait"})
          .exit_code,
      0);
  refused("shared", rig.output("first"), "belongs to harvest 'first'");
  refused("inside", rig.output("first") / "deeper", "lies inside");
  refused("outside", rig.root() / "elsewhere", "lies in none of the output_roots");
  refused("climbing", rig.root() / "output" / ".." / "elsewhere", "lies in none of the output_roots");
  refused("root", rig.root() / "output", "lies in none of the output_roots");
  refused("orphan", rig.root() / "output" / "no" / "parent", "create that first");
  fs::create_directories(rig.output("full"));
  write_file(rig.output("full") / "thesis.tex", "precious");
  refused("full", rig.output("full"), "is not empty");
  fs::create_directory_symlink(rig.root() / "archives", rig.output("link"));
  refused("link", rig.output("link"), "lies in none of the output_roots");
  write_file(rig.output("file"), "");
  refused("file", rig.output("file"), "is not a directory");
  EXPECT_EQ(read_file(rig.output("full") / "thesis.tex"), "precious");
}

TEST_F(Verbs, APausedHarvestAsksNothingUntilItIsResumed) {
  start({{"latency", {{"a_s", 1.0}}}});  // far from its end when the pause comes, on the slowest machine too
  rig.submit(rig.write_manifest("long", rig.make_ids(1000), "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n"));
  ASSERT_TRUE(wait_until([&] { return rig.status("long")["delivered"].get<int>() > 0; }));
  EXPECT_EQ(rig.garner({"pause", "long"}).exit_code, 0);
  EXPECT_EQ(state("long"), "paused");
  ASSERT_TRUE(wait_until([&] { return rig.status("long")["chunks"]["in_flight"] == 0; }));
  const int asked = requests("XP_SAMPLED");
  EXPECT_LT(asked, 50);
  rig.simulator_post("/sim/knobs", R"({"latency": {"a_s": 0}})");
  // Another harvest goes from its start to its end meanwhile.
  EXPECT_EQ(rig.garner({"submit", rig.write_manifest("other", rig.make_ids(50, 7), "retrieval_types: [RVS]\n").string(),
                        "--wait"})
                .exit_code,
            0);
  EXPECT_EQ(requests("XP_SAMPLED"), asked);
  EXPECT_EQ(state("long"), "paused");
  EXPECT_EQ(rig.garner({"resume", "long"}).exit_code, 0);
  ASSERT_TRUE(rig.wait_for_state("long", "finished"));
  EXPECT_EQ(rig.report()["max_times_one_id_asked"], 1);
  expect_account(rig, "long");
}

TEST_F(Verbs, APauseOutlivesTheDaemon) {
  start({{"latency", {{"a_s", 0.1}}}});
  rig.submit(rig.write_manifest("long", rig.make_ids(500), "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n"));
  EXPECT_EQ(rig.garner({"pause", "long"}).exit_code, 0);
  rig.daemon().kill_now();
  rig.start_daemon();
  EXPECT_EQ(state("long"), "paused");
  EXPECT_EQ(rig.garner({"resume", "long"}).exit_code, 0);
  ASSERT_TRUE(rig.wait_for_state("long", "finished"));
  expect_account(rig, "long");
}

TEST_F(Verbs, ACancelledHarvestKeepsWhatItHas) {
  start({{"latency", {{"a_s", 1.0}}}});
  rig.submit(rig.write_manifest("stop", rig.make_ids(1000), "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n"));
  ASSERT_TRUE(wait_until([&] { return rig.status("stop")["delivered"].get<int>() > 0; }));
  EXPECT_EQ(rig.garner({"cancel", "stop"}).exit_code, 0);
  EXPECT_EQ(state("stop"), "cancelled");
  const Json status = rig.status("stop");
  EXPECT_GT(status["pending"].get<int>(), 0);
  EXPECT_EQ(status["delivered"].get<int>() + status["pending"].get<int>(), 1000);
  expect_account(rig, "stop");
  EXPECT_EQ(rig.garner({"submit", rig.root() / "stop.yaml", "--wait"}).exit_code, 1);  // already here, and over
  EXPECT_EQ(rig.garner({"resume", "stop"}).exit_code, 2);
  EXPECT_EQ(rig.garner({"retry", "stop"}).exit_code, 2);
  rig.daemon().kill_now();
  rig.start_daemon();
  EXPECT_EQ(state("stop"), "cancelled");
}

TEST_F(Verbs, RemoveForgetsAHarvestAndKeepsItsDataUnlessToldOtherwise) {
  start();
  const auto ids = rig.make_ids(30);
  for (const std::string name : {"kept", "gone"}) {
    EXPECT_EQ(
        rig.garner({"submit", rig.write_manifest(name, ids, "retrieval_types: [XP_SAMPLED]\n").string(), "--wait"})
            .exit_code,
        0);
  }
  EXPECT_EQ(rig.garner({"remove", "kept"}).exit_code, 0);
  EXPECT_EQ(rig.garner({"remove", "gone", "--delete-data"}).exit_code, 0);
  EXPECT_EQ(harvests(), 0u);
  EXPECT_EQ(rig.garner({"status", "kept"}).exit_code, 2);
  EXPECT_EQ(check_sums(rig.output("kept")).size(), 1u);
  EXPECT_FALSE(fs::exists(rig.output("gone")));
  EXPECT_EQ(rig.garner({"submit", rig.root() / "gone.yaml", "--wait"}).exit_code,
            0);  // the name and the place are free again
  const Ran taken = rig.garner({"submit", rig.root() / "kept.yaml"});
  EXPECT_EQ(taken.exit_code, 2);
  EXPECT_THAT(taken.err, HasSubstr("is not empty"));
}

TEST_F(Verbs, RetryAsksAgainForWhatWasAbsentAndForNothingElse) {
  start({{"absent_fraction", 0.3}});
  const auto ids = rig.make_ids(200);
  const auto absent = truly_absent(ids, "XP_SAMPLED", 0.3);
  for (const std::string layout : {"zip", "tar.zst", "files"}) {
    rig.set_knobs({{"absent_fraction", 0.3}});
    const auto manifest = rig.write_manifest(
        "again-" + layout, ids,
        "retrieval_types: [XP_SAMPLED]\nchunk_size: 50\noutput: {directory: " + rig.output("again-" + layout).string() +
            ", layout: " + layout + "}\n");
    EXPECT_EQ(rig.garner({"submit", manifest.string(), "--wait"}).exit_code, 0);
    rig.simulator_post("/sim/reset", "");
    rig.set_knobs({{"absent_fraction", 0}});
    EXPECT_EQ(Json::parse(rig.garner({"retry", "again-" + layout, "--outcome", "absent", "--json"}).out)["products"],
              absent.size());
    ASSERT_TRUE(rig.wait_for_state("again-" + layout, "finished"));
    std::set<std::string> asked;
    for (const auto& [id, times] : rig.asked("XP_SAMPLED")) asked.insert(id);
    EXPECT_TRUE(asked == absent);
    EXPECT_EQ(rig.status("again-" + layout)["delivered"], 200);
    expect_account(rig, "again-" + layout);
    for (const auto& id : {*absent.begin(), ids[0], ids[1]})
      EXPECT_EQ(rig.garner({"get", "again-" + layout, id}).out, true_product({}, {id}));
  }
}

TEST_F(Verbs, VerifyNamesWhatWasDamagedOnDisk) {
  start();
  for (const std::string layout : {"zip", "tar.zst", "files"}) {
    const auto manifest = rig.write_manifest(layout, rig.make_ids(60),
                                             "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\noutput: {directory: " +
                                                 rig.output(layout).string() + ", layout: " + layout + "}\n");
    EXPECT_EQ(rig.garner({"submit", manifest.string(), "--wait"}).exit_code, 0);
    const auto files = [&] {
      std::vector<std::string> out;
      for (const auto& file : visible_files(rig.output(layout))) {
        if (file.starts_with("XP_SAMPLED/")) out.push_back(file);
      }
      return out;
    }();
    std::string bytes = read_file(rig.output(layout) / files[0]);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(rig.output(layout) / files[0], bytes);
    fs::remove(rig.output(layout) / files[1]);
    const Ran verified = rig.garner({"verify", layout});
    EXPECT_EQ(verified.exit_code, 1);
    EXPECT_THAT(verified.out, HasSubstr(files[0]));
    EXPECT_THAT(verified.out, HasSubstr(files[1]));
    EXPECT_THAT(verified.out, Not(HasSubstr(files[2])));
  }
}

TEST_F(Verbs, ExitCodesTellScriptsWhatHappened) {
  EXPECT_EQ(rig.garner({"list"}).exit_code, 3);
  EXPECT_EQ(rig.garner({"submit", (rig.root() / "no-such.yaml").string()}).exit_code, 2);
  const auto manifest = rig.write_manifest("nobody", {"5937083312263887616"}, "retrieval_types: [RVS]\n");
  const Ran unreachable = rig.garner({"submit", manifest.string()});
  EXPECT_EQ(unreachable.exit_code, 3);
  EXPECT_THAT(unreachable.err, HasSubstr("garnerd"));
  start();
  for (const std::string verb : {"status", "watch", "pause", "resume", "cancel", "remove", "retry", "verify"}) {
    const Ran ran = rig.garner({verb, "nothing"});
    EXPECT_EQ(ran.exit_code, 2) << verb;
    EXPECT_THAT(ran.err, HasSubstr("no harvest is called 'nothing'"));
  }
  EXPECT_EQ(rig.garner({"sources", "nothing", "--outcome", "failed"}).exit_code, 2);
  EXPECT_EQ(rig.garner({"sources", "nothing", "--outcome", "lost"}).exit_code, 2);
  EXPECT_EQ(rig.garner({"frobnicate"}).exit_code, 2);
  EXPECT_EQ(rig.garner({"list", "--no-such-option"}).exit_code, 2);
  EXPECT_EQ(rig.garner({}).exit_code, 2);
  EXPECT_EQ(rig.garner({"--help"}).exit_code, 0);
  EXPECT_EQ(rig.garner({"--version"}).exit_code, 0);
}

}  // namespace
}  // namespace garner::e2e
