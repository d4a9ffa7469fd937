// Submissions: one that breaks off leaves nothing, and millions of ids arrive whole, whichever way they come.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "disk.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

std::string joined(const std::vector<std::string>& ids) {
  std::string out;
  for (const auto& id : ids) out += id + "\n";
  return out;
}

class Ingest : public ::testing::Test {
 protected:
  fs::path manifest(const std::string& name, const std::string& file) {
    const fs::path path = rig.root() / (name + ".yaml");
    write_file(path, "harvest: " + name + "\narchive: gaia\nrelease: Gaia DR3\nsources: {file: \"" + file +
                         "\"}\nretrieval_types: [RVS]\noutput: {directory: " + rig.output(name).string() + "}\n");
    return path;
  }
  std::size_t harvests() { return Json::parse(rig.garner({"list", "--json"}).out)["harvests"].size(); }
  // Every id that the ledger holds, in its order.
  std::vector<std::string> kept(const std::string& harvest) {
    const Ran ran = rig.garner({"sources", harvest, "--outcome", "pending"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    std::vector<std::string> out;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) out.push_back(line.substr(0, line.find('\t')));
    return out;
  }
  Rig rig;
};

// `garner submit` that reads its ids from a pipe which is ours to fill.
class SlowSubmit {
 public:
  SlowSubmit(Rig& rig, const fs::path& manifest) {
    const fs::path pipe = rig.root() / "slow";
    fs::remove(pipe);
    if (mkfifo(pipe.c_str(), 0600) != 0) ADD_FAILURE() << "no pipe at " << pipe;
    child_ =
        Child({"sh", "-c", "exec \"$0\" submit \"$1\" < \"$2\"", rig.garner_path, manifest.string(), pipe.string()},
              {{"GARNER_SOCKET", (rig.root() / "garnerd.sock").string()}}, rig.root() / "submit.log");
    end_ = open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
  }
  ~SlowSubmit() { close_pipe(); }
  void write(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t wrote = ::write(end_, text.data() + at, text.size() - at);
      if (wrote <= 0) return ADD_FAILURE() << "the submission reads no more";
      at += static_cast<std::size_t>(wrote);
    }
  }
  void close_pipe() {
    if (end_ >= 0) close(end_);
    end_ = -1;
  }
  Child& process() { return child_; }

 private:
  Child child_;
  int end_ = -1;
};

TEST_F(Ingest, ASubmissionThatIsKilledLeavesNothingAndItsNameIsFree) {
  rig.start_simulator({.knobs = {{"absent_fraction", 1.0}}});
  rig.start_daemon();
  const auto ids = rig.make_ids(300'000);
  const auto path = manifest("slow", "-");
  for (int round = 0; round < 3; ++round) {
    SlowSubmit submission(rig, path);
    submission.write(joined(ids));  // more than a pipe holds: most of it is under way to the daemon
    ASSERT_TRUE(wait_until([&] {
      return rig.garner({"submit", path.string(), "--plan"}, ids[0] + "\n").err.find("under way") != std::string::npos;
    }));
    EXPECT_EQ(harvests(), 0u);
    submission.process().kill_now();
    const Ran again = rig.garner({"submit", path.string(), "--plan"}, ids[0] + "\n");
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(harvests(), 0u);
    EXPECT_FALSE(fs::exists(rig.output("slow")));
  }
  const Ran again = rig.garner({"submit", path.string(), "--wait"}, joined({ids.begin(), ids.begin() + 1000}));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(rig.status("slow")["sources"], 1000);
  for (const auto& entry : fs::recursive_directory_iterator(rig.root() / "state")) {
    EXPECT_EQ(entry.path().string().find("intake-"), std::string::npos) << entry.path() << " was left behind";
  }
}

TEST_F(Ingest, ADaemonThatIsKilledDuringASubmissionForgetsIt) {
  rig.start_simulator({.knobs = {{"absent_fraction", 1.0}}});
  rig.start_daemon();
  const auto ids = rig.make_ids(100'000);
  const auto path = manifest("slow", "-");
  SlowSubmit submission(rig, path);
  submission.write(joined(ids));
  ASSERT_TRUE(wait_until([&] {
    return rig.garner({"submit", path.string(), "--plan"}, ids[0] + "\n").err.find("under way") != std::string::npos;
  }));
  rig.daemon().kill_now();
  submission.close_pipe();
  EXPECT_EQ(submission.process().wait(), 3) << read_file(rig.root() / "submit.log");
  rig.start_daemon();
  EXPECT_EQ(harvests(), 0u);
  const Ran again = rig.garner({"submit", path.string(), "--wait"}, joined({ids.begin(), ids.begin() + 1000}));
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

TEST_F(Ingest, TwoMillionShuffledIdsArriveWholeByEveryWay) {
  rig.start_simulator();
  rig.write_profile({{"base_url", "http://127.0.0.1:9"}});  // nobody listens: only the intake is of interest
  rig.start_daemon();
  auto sorted = rig.make_ids(2'000'000);
  std::ranges::sort(sorted,
                    [](const auto& a, const auto& b) { return std::pair(a.size(), a) < std::pair(b.size(), b); });
  ASSERT_EQ(std::ranges::adjacent_find(sorted), sorted.end());
  std::mt19937_64 random(5);
  const auto shuffled_text = [&](std::size_t twice) {
    auto rows = sorted;
    rows.insert(rows.end(), sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(twice));
    std::ranges::shuffle(rows, random);
    return joined(rows);
  };
  const auto expect_whole = [&](const std::string& name, std::uint64_t duplicates) {
    const Json status = rig.status(name);
    EXPECT_EQ(status["sources"], 2'000'000);
    EXPECT_EQ(status["requested"], 2'000'000);
    EXPECT_EQ(status["pending"], 2'000'000);
    EXPECT_EQ(status["duplicates"], duplicates);
    EXPECT_EQ(status["refused"], 0);
    EXPECT_TRUE(kept(name) == sorted) << name;
    EXPECT_EQ(rig.garner({"remove", name}).exit_code, 0);
  };
  write_file(rig.root() / "ids.txt", shuffled_text(70'000));
  rig.submit(manifest("file", "ids.txt"));
  expect_whole("file", 70'000);

  ASSERT_EQ(run({"gzip", "-1", (rig.root() / "ids.txt").string()}).exit_code, 0);
  rig.submit(manifest("gz", "ids.txt.gz"));
  expect_whole("gz", 70'000);

  const auto from_stdin = manifest("stdin", "-").string();
  const Ran first = rig.garner({"submit", from_stdin}, shuffled_text(3));
  EXPECT_EQ(first.exit_code, 0) << first.err;
  // The same ids in another order are the same ids.
  const Ran second = rig.garner({"submit", from_stdin}, shuffled_text(0));
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("already here"));
  sorted.pop_back();
  const Ran fewer = rig.garner({"submit", from_stdin}, shuffled_text(0));
  EXPECT_EQ(fewer.exit_code, 2);
  EXPECT_THAT(fewer.err, HasSubstr("the same manifest but other ids"));
  sorted.clear();
  EXPECT_EQ(rig.status("stdin")["duplicates"], 3);
  EXPECT_EQ(rig.status("stdin")["sources"], 2'000'000);
}

}  // namespace
}  // namespace garner::e2e
