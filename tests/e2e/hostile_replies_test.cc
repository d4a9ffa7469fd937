// An archive that means harm, attack by attack: what it sends is refused with its reason told, memory stays bounded,
// nothing appears outside of the output directory or half-written in it, and everybody else's products come home.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

struct Attack {
  std::string name;   // of the test
  std::string shape;  // the simulator's word for it
  std::string words;  // of the reason, as it is told
  std::string format = "votable";
};

void PrintTo(const Attack& attack, std::ostream* out) {
  *out << attack.name;
}

std::uint64_t peak_memory_mib(pid_t pid) {
  std::ifstream lines("/proc/" + std::to_string(pid) + "/status");
  for (std::string key; lines >> key;)
    if (key == "VmHWM:") {
      std::uint64_t kib = 0;
      lines >> kib;
      return kib >> 10;
    }
  ADD_FAILURE() << "the daemon is not there";
  return 0;
}

class HostileReplies : public ::testing::TestWithParam<Attack> {
 protected:
  static constexpr std::uint64_t kMemoryMostMib = 400;  // the budget of replies is 96
  // Sanitizers keep what was freed.
  static constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);

  void start(Json when) {
    when["shape"] = GetParam().shape;
    rig.start_simulator({.knobs = {{"faults", {{"hostile", when}}}}});
    rig.write_profile({{"attempts_most", "3"}, {"first_byte_s", "5"}, {"stall_s", "1"}});
    rig.start_daemon();
    around = listing();
  }
  void submit() {
    rig.submit(rig.write_manifest("prey", ids,
                                  "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\nformat: " + GetParam().format +
                                      "\noutput: {directory: " + rig.output("prey").string() + ", layout: files}\n"));
  }
  // All that lies beside the output directory and the state.
  std::set<std::string> listing() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(rig.root())) {
      const std::string name = fs::relative(entry.path(), rig.root()).string();
      if (!name.starts_with("output/prey") && !name.starts_with("state") && !name.starts_with("prey."))
        names.insert(name);
    }
    return names;
  }
  void expect_harmless(const std::set<std::string>& failed) {
    EXPECT_TRUE(rig.source_ids("prey", "failed") == failed);
    std::set<std::string> others(ids.begin(), ids.end());
    for (const auto& id : failed) others.erase(id);
    EXPECT_TRUE(rig.source_ids("prey", "delivered") == others);
    expect_account(rig, "prey");
    const Product product{.format = GetParam().format};
    for (const auto& each : unpack(rig.output("prey"))) {
      const std::string id =
          each.member.substr(each.member.rfind(' ') + 1, each.member.rfind('.') - each.member.rfind(' ') - 1);
      EXPECT_TRUE(others.contains(id) && each.bytes == true_product(product, {id})) << each.member;
    }
    EXPECT_EQ(listing(), around);
    EXPECT_FALSE(fs::exists("/tmp/planted"));
    if (!kSanitized) EXPECT_LT(peak_memory_mib(rig.daemon().pid()), kMemoryMostMib);
    EXPECT_THAT(rig.daemon_log(), ::testing::Not(HasSubstr("\x1b")));
  }

  Rig rig;
  std::vector<std::string> ids = rig.make_ids(60);
  std::set<std::string> around;
};

// Sent for one source, again and again: that source is given up, alone.
class HostileSource : public HostileReplies {};

TEST_P(HostileSource, IsGivenUpAloneAndHarmsNobody) {
  const std::string culprit = ids[30];
  start({{"ids", {culprit}}});
  submit();
  ASSERT_TRUE(rig.wait_for_state("prey", "finished"));
  expect_harmless({culprit});
  const auto failed = rig.sources("prey", "failed");
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_THAT(failed[0][2], HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Each, HostileSource,
    ::testing::Values(Attack{"ZipBomb", "bomb", "inflates to 536870912 bytes"},
                      Attack{"ZipBombThatLiesAboutItsSize", "bomb_that_lies",
                             "inflates to more than the 5000 bytes it says"},
                      Attack{"TooManyMembers", "many_members", "longer than allowed"},
                      Attack{"NameWithTraversal", "traversal", "not a plain file name"},
                      Attack{"AbsoluteName", "absolute_name", "not a plain file name"},
                      Attack{"NameWithControlCharacters", "control_characters", "not a plain file name"},
                      Attack{"SymbolicLink", "symbolic_link", "a symbolic link"},
                      Attack{"EntityExpansion", "entities", "declares the entity 'a0'"},
                      Attack{"FitsOfAbsurdDimensions", "absurd_fits", "more bytes than any file holds", "fits"}),
    [](const auto& each) { return each.param.name; });

// Sent for whatever is asked, now and then: it is asked for again.
class HostileService : public HostileReplies {};

TEST_P(HostileService, IsAskedAgainAndHarmsNobody) {
  start({{"probability", 1.0}});
  submit();
  ASSERT_TRUE(wait_until([&] {
    return rig.status("prey")["last_trouble"].get<std::string>().find(GetParam().words) != std::string::npos;
  })) << rig.status("prey").dump();
  EXPECT_EQ(rig.status("prey")["pending"], 60);
  rig.set_knobs({{"faults", nullptr}});
  // What can't be had in smaller pieces either waits for an operator's word.
  if (rig.status("prey")["state"] == "blocked") rig.garner({"retry", "prey", "--outcome", "pending"});
  ASSERT_TRUE(rig.wait_for_state("prey", "finished"));
  expect_harmless({});
}

INSTANTIATE_TEST_SUITE_P(Each, HostileService,
                         ::testing::Values(Attack{"EndlessBody", "endless", "is longer than the"},
                                           Attack{"SlowLoris", "slow_loris", "the reply stalled"},
                                           Attack{"RedirectToAnotherOrigin", "to_another_origin",
                                                  "sent on to 127.0.0.1:9 "},
                                           Attack{"RedirectToAFile", "to_a_file", "sent on to"}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace garner::e2e
