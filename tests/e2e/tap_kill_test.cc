// SIGKILL at every durable step of harvests whose chunks are remote jobs. Whatever was under way, the job that was
// written down is adopted: none runs twice, none is left, and in the end the table on disk is the archive's.
#include <fmt/format.h>

#include "disk.h"
#include "step_killer.h"
#include "tap_rig.h"

namespace garner::e2e {
namespace {

constexpr const char* kSource = "gaiadr3.gaia_source";
constexpr int kRoundsLeast = 15, kRoundsMost = 60, kRoundsEach = 8;

struct HarvestShape {
  std::string name, layout, rest;
  bool by_list = false;
};

class KillJobs : public TapRig {
 protected:
  void SetUp() override {
    knobs["tap"] = {{"execution", {{"a_s", 0.02}}}};
    knobs["sky_null_random_index"] = 0.02;
    rig.start_simulator({.knobs = knobs});
    rig.write_profile({{"poll_first_s", "0.05"}, {"poll_most_s", "0.1"}});
    killer_ = std::make_unique<StepKiller>(rig);
    ids_ = ids_of_sky(3000);
  }

  static std::vector<HarvestShape> shapes() {
    const std::string query =
        fmt::format("kind: query\nadql: SELECT source_id, random_index, ra, dec FROM {}\nmode: async\n", kSource);
    const std::string by_index = "partition: {column: random_index, from: 0, to: 1811709770, parts: 39}\n";
    const std::string by_pixel = "format: fits\npartition: {healpix: 1}\n";
    const std::string rows = fmt::format(
        "kind: rows\ntables: [{{table: {}, columns: [source_id, ra]}}]\nmode: async\nchunk_size: 75\n", kSource);
    return {{"parts", "tar.zst", query + "format: csv\ncount: true\n" + by_index},
            {"pixels", "files", query + by_pixel},
            {"rows", "tar.zst", rows, true},
            {"merged", "table", query + by_pixel}};
  }

  std::uint64_t settled(const Json& status) {
    EXPECT_EQ(status["requested"].get<std::uint64_t>(), status["pending"].get<std::uint64_t>() +
                                                            status["delivered"].get<std::uint64_t>() +
                                                            status["absent"].get<std::uint64_t>());
    return status["delivered"].get<std::uint64_t>();
  }

  void run_harvest(const HarvestShape& shape, const std::string& name) {
    const std::string rest = shape.rest + output_key(name, "layout: " + shape.layout);
    rig.submit(shape.by_list ? rig.write_manifest(name, ids_, rest) : manifest(name, rest));
    std::uint64_t delivered = 0;
    for (int round = 0; round < kRoundsEach && !HasFailure(); ++round) {
      if (!killer_->kill_in(killer_->choose_step(), killer_->choose_occurrences(10), name)) break;
      killer_->start_daemon();
      const std::uint64_t now = settled(rig.status(name));
      EXPECT_GE(now, delivered);
      delivered = now;
      const Ran verified = rig.garner({"verify", name});
      EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    }
    ASSERT_TRUE(rig.wait_for_state(name, "finished"));
    EXPECT_EQ(rig.status(name)["pending"], 0);
    expect_account(rig, name);
  }

  void expect_the_truth(const HarvestShape& shape, const std::string& name) {
    if (shape.by_list) {
      expect_outcomes(name, kSource, ids_);
      expect_rows(name, kSource,
                  fmt::format("SELECT source_id, ra FROM {} WHERE source_id IN {}", kSource, in_list(ids_)));
    } else {
      expect_rows(name, "result", fmt::format("SELECT source_id, random_index, ra, dec FROM {}", kSource));
    }
    expect_jobs_ran_once_and_are_gone();
  }

  std::unique_ptr<StepKiller> killer_;
  std::vector<std::string> ids_;
};

TEST_F(KillJobs, NoneRunsTwiceAndNoneIsLeftWhereverTheDaemonIsKilled) {
  killer_->start_daemon();
  const auto all = shapes();
  const auto enough = [this] { return killer_->rounds() >= kRoundsLeast && killer_->every_step_hit(); };
  for (std::size_t i = 0; (i < all.size() || !enough()) && killer_->rounds() < kRoundsMost && !HasFailure(); ++i) {
    const HarvestShape& shape = all[i % all.size()];
    const std::string name = fmt::format("{}-{}", shape.name, i);
    run_harvest(shape, name);
    expect_the_truth(shape, name);
  }
  killer_->print_hits();
  EXPECT_GE(killer_->rounds(), kRoundsLeast);
  EXPECT_TRUE(killer_->every_step_hit());
}

}  // namespace
}  // namespace garner::e2e
