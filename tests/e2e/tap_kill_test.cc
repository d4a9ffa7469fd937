// SIGKILL at one durable step after the other of small harvests whose chunks are remote jobs, and in the second life at
// the same one once more. Whatever was under way, the job that was written down is adopted: none runs twice, none is
// left, and in the end the table on disk is the archive's.
//
// GARNER_SWEEP=full takes every step; without it some, others for each harvest.
#include <fmt/format.h>

#include "disk.h"
#include "disk_faults/step_sweep.h"
#include "tap_rig.h"

namespace garner::e2e {
namespace {

constexpr const char* kSource = "gaiadr3.gaia_source";
constexpr std::uint64_t kPoints = 5;
constexpr int kDeaths = 2;  // of a harvest

struct HarvestShape {
  std::string name, layout, rest;
  bool by_list = false;
};

std::vector<HarvestShape> shapes() {
  const std::string query =
      fmt::format("kind: query\nadql: SELECT source_id, random_index, ra, dec FROM {}\nmode: async\n", kSource);
  const std::string by_index = "partition: {column: random_index, from: 0, to: 1811709770, parts: 3}\n";
  const std::string by_pixel = "format: fits\npartition: {healpix: 0}\n";
  const std::string rows = fmt::format(
      "kind: rows\ntables: [{{table: {}, columns: [source_id, ra]}}]\nmode: async\nchunk_size: 75\n", kSource);
  return {{"parts", "tar.zst", query + "format: csv\ncount: true\n" + by_index},
          {"pixels", "files", query + by_pixel},
          {"rows", "tar.zst", rows, true},
          {"merged", "table", query + by_pixel}};
}

class KillJobs : public TapRig, public ::testing::WithParamInterface<HarvestShape> {
 protected:
  void SetUp() override {
    knobs["sky_sources"] = 1000;
    knobs["tap"] = {{"execution", {{"a_s", 0.02}}}};
    knobs["sky_null_random_index"] = 0.02;
    rig.start_simulator({.knobs = knobs});
    rig.write_profile({{"poll_first_s", "0.05"}, {"poll_most_s", "0.1"}});
    rig.write_config();
    ids_ = ids_of_sky(225);
  }

  // Each has a name of its own: the archive remembers every job by what it was asked.
  fs::path manifest_of(const std::string& name) {
    const std::string rest = GetParam().rest + output_key(name, "layout: " + GetParam().layout);
    return GetParam().by_list ? rig.write_manifest(name, ids_, rest) : manifest(name, rest);
  }

  // The archive stands still meanwhile, so that the ledger is seen as the kill left it.
  void look_at_what_is_left(const std::string& name, bool was_known) {
    rig.simulator().signal(SIGSTOP);
    rig.start_daemon();
    const bool known = rig.garner({"status", name}).exit_code == 0;
    EXPECT_TRUE(known || !was_known) << "what submit had said yes to is lost";
    if (known) {
      const Json status = rig.status(name);
      const auto count = [&status](const char* key) { return status[key].get<std::uint64_t>(); };
      EXPECT_EQ(count("requested"), count("pending") + count("delivered") + count("absent"));
      EXPECT_GE(count("delivered"), delivered_);
      delivered_ = count("delivered");
      const Ran verified = rig.garner({"verify", name});
      EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    }
    rig.daemon().kill_now();
    rig.simulator().signal(SIGCONT);
  }

  // How often the daemon died.
  int run_dying_at(std::uint64_t n) {
    const std::string name = fmt::format("{}-{}", GetParam().name, n);
    const fs::path manifest = manifest_of(name);
    begin_anew(rig);
    delivered_ = 0;
    int deaths = 0;
    bool known = false;
    for (; deaths < kDeaths && !HasFailure(); ++deaths) {
      const Life life = live_until(rig, faults_, n, name, manifest, false);
      if (!life.died) break;
      known = known || life.known;
      look_at_what_is_left(name, known);
    }
    rig.start_daemon();
    EXPECT_TRUE(has_or_takes(rig, name, manifest));
    EXPECT_TRUE(rig.wait_for_state(name, "finished"));
    EXPECT_EQ(rig.status(name)["pending"], 0);
    expect_account(rig, name);
    expect_the_truth(name);
    return deaths;
  }

  void expect_the_truth(const std::string& name) {
    if (GetParam().by_list) {
      expect_outcomes(name, kSource, ids_);
      expect_rows(name, kSource,
                  fmt::format("SELECT source_id, ra FROM {} WHERE source_id IN {}", kSource, in_list(ids_)));
    } else {
      expect_rows(name, "result", fmt::format("SELECT source_id, random_index, ra, dec FROM {}", kSource));
    }
    expect_jobs_ran_once_and_are_gone();
  }

  DiskFaults faults_{rig};
  std::vector<std::string> ids_;
  std::uint64_t delivered_ = 0;
};

TEST_P(KillJobs, NoneRunsTwiceAndNoneIsLeftWhereverTheDaemonIsKilled) {
  begin_anew(rig);
  rig.start_daemon(faults_.environment(false));
  finish(manifest_of(GetParam().name), GetParam().name);
  const std::uint64_t steps = faults_.steps();
  ASSERT_GT(steps, 30U);
  const auto points = points_of_sweep(steps, kPoints, GetParam().name);
  int kills = 0;
  for (const std::uint64_t n : points) {
    kills += run_dying_at(n);
    if (HasFailure()) FAIL() << GetParam().name << ", step " << n;
  }
  printf("%s: %llu steps, %zu of them taken, %d kills, %zu jobs\n", GetParam().name.c_str(), (unsigned long long)steps,
         points.size(), kills, jobs().size());
  EXPECT_GE(kills, static_cast<int>(points.size() / 2));
}

INSTANTIATE_TEST_SUITE_P(Harvests, KillJobs, ::testing::ValuesIn(shapes()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace garner::e2e
