// Every way in which a disk says no, at one durable step after the other of a small harvest: it is held, says why, and
// once the disk is well it comes to its end with a true account. The daemon lives through all of it.
//
// GARNER_SWEEP=full takes every step.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>

#include "disk.h"
#include "disk_faults/disk_faults.h"

namespace garner::e2e {
namespace {

class DiskErrors : public ::testing::Test {
 protected:
  void SetUp() override {
    rig.start_simulator({.knobs = {{"absent_fraction", 0.1}}});
    rig.start_daemon(faults.environment(false));
    ids = rig.make_ids(60);
  }
  std::string manifest(const std::string& name, const std::string& layout) {
    const std::string asked = layout == "table"
                                  ? "retrieval_types: [XP_CONTINUOUS]\ndata_structure: RAW\nformat: fits\n"
                                  : "retrieval_types: [XP_SAMPLED]\n";
    return rig
        .write_manifest(
            name, ids,
            asked + "chunk_size: 20\noutput: {directory: " + rig.output(name).string() + ", layout: " + layout + "}\n")
        .string();
  }
  void submit_somehow(const std::string& path) {
    ASSERT_TRUE(wait_until([&] { return rig.garner({"submit", path}).exit_code == 0; }));
  }

  Rig rig;
  DiskFaults faults{rig};
  std::vector<std::string> ids;
};

TEST_F(DiskErrors, AnyErrorAtAnyStepIsOvercome) {
  const std::vector<std::string> layouts = {"zip", "files", "tar.zst", "table"};
  const std::vector<std::pair<int, std::string>> errors = {
      {ENOSPC, "No space left"}, {EIO, "nput/output error"}, {EROFS, "Read-only"}, {EDQUOT, "quota"}};
  const char* sweep = std::getenv("GARNER_SWEEP");
  const bool whole = sweep != nullptr && std::string_view(sweep) == "full";
  int round = 0, held = 0;
  for (const auto& layout : layouts) {
    const std::string first = "all-" + std::to_string(round++);
    const std::uint64_t before = faults.steps();
    rig.submit(manifest(first, layout));
    ASSERT_TRUE(rig.wait_for_state(first, "finished"));
    const std::uint64_t steps = faults.steps() - before, stride = whole ? 1 : std::max<std::uint64_t>(steps / 4, 1);
    for (std::uint64_t n = 0; n < steps && !HasFailure(); n += stride) {
      for (const auto& [error, words] : errors) {
        const std::string name = "h-" + std::to_string(round++);
        const std::string path = manifest(name, layout);
        faults.fail_after(n + static_cast<std::uint64_t>(error) % stride, error);
        const bool taken = rig.garner({"submit", path}).exit_code == 0;
        if (taken) {
          Json status;
          EXPECT_TRUE(wait_until([&] {
            status = rig.status(name);
            return status["state"] == "finished" || status["state"] == "blocked" ||
                   (status["state"] == "waiting" && status["chunks"]["in_flight"] == 0);
          })) << status.dump(1);
          if (status["state"] != "finished") {
            ++held;
            EXPECT_NE(status["waiting_for"].get<std::string>().find(words), std::string::npos) << status.dump(1);
          }
        }
        faults.lift();
        if (!taken) submit_somehow(path);
        // It would go on within a minute.
        wait_until([&] { return rig.garner({"retry", name, "--outcome", "pending"}).exit_code == 0; });
        ASSERT_TRUE(rig.wait_for_state(name, "finished")) << layout << " step " << n << " " << words;
        ASSERT_TRUE(rig.daemon().running());
        expect_account(rig, name);
        EXPECT_EQ(rig.garner({"remove", name, "--delete-data"}).exit_code, 0);
      }
    }
  }
  printf("%d harvests, %d of them held by a disk that said no\n", round, held);
  EXPECT_GT(held, round / 3);
}

}  // namespace
}  // namespace garner::e2e
