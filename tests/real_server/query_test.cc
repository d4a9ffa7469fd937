// Harvests of kind query: full copies of the real server's table, whose cells are the server's own, nulls included.
#include <fmt/format.h>

#include "real_server/harvests.h"
#include "real_server/sources.h"

namespace garner::real_server {
namespace {

// Rows without a random_index are a part of their own.
std::string by_index(int parts) {
  return fmt::format("partition: {{column: random_index, from: 0, to: 1811709770, parts: {}}}\n", parts);
}
constexpr const char* kByPixel = "partition: {healpix: 0}\n";
constexpr std::size_t kPixels = 12;

class RealQuery : public Harvests {
 protected:
  static std::string copy(const std::string& rest) {
    return "kind: query\nadql: SELECT * FROM gaia.source\ncount: true\n" + rest;
  }
  void expect_copy(const std::string& name, std::size_t parts) {
    EXPECT_EQ(rig.status(name)["requested"], parts);
    EXPECT_EQ(rig.status(name)["delivered"], parts);
    expect_rows(name, "result", exported());
  }
};

struct Shape {
  std::string name, format, layout, mode, partition;
  std::size_t parts;
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.name;
}

class RealCopy : public RealQuery, public ::testing::WithParamInterface<Shape> {};

TEST_P(RealCopy, IsTheServersTable) {
  const Shape& shape = GetParam();
  start();
  finish(manifest("copy", copy("format: " + shape.format + "\nmode: " + shape.mode + "\n" + shape.partition +
                               output_key("copy", shape.layout))),
         "copy");
  expect_copy("copy", shape.parts);
}

INSTANTIATE_TEST_SUITE_P(
    Each, RealCopy,
    ::testing::Values(Shape{"VotableByIndex", "votable", "tar.zst", "async", by_index(4), 5},
                      Shape{"VotableByPixel", "votable", "files", "sync", kByPixel, kPixels},
                      Shape{"VotablePlainByIndex", "votable_plain", "files", "sync", by_index(8), 9},
                      Shape{"VotablePlainByPixel", "votable_plain", "tar.zst", "sync", kByPixel, kPixels},
                      Shape{"FitsByIndex", "fits", "files", "sync", by_index(8), 9},
                      Shape{"FitsByPixel", "fits", "tar.zst", "sync", kByPixel, kPixels},
                      Shape{"FitsByPixelMerged", "fits", "table", "sync", kByPixel, kPixels},
                      Shape{"CsvByIndex", "csv", "tar.zst", "sync", by_index(8), 9},
                      Shape{"CsvByPixel", "csv", "files, compress: zst", "sync", kByPixel, kPixels},
                      Shape{"EcsvByIndex", "ecsv", "tar.zst", "sync", by_index(8), 9},
                      Shape{"EcsvByPixel", "ecsv", "files", "sync", kByPixel, kPixels}),
    [](const auto& each) { return each.param.name; });

// The server cuts at MAXREC and says OVERFLOW behind the table.
TEST_F(RealQuery, PartsThatOverflowAreHalvedUntilTheyFit) {
  start("maxrec: 1000");
  finish(manifest("halved", copy("format: csv\nmode: sync\n" + by_index(8))), "halved");
  expect_copy("halved", 9);
  EXPECT_GT(rig.status("halved")["attempts"], kSources / 1000);
}

TEST_F(RealQuery, PartsWhoseJobsOverflowAreHalvedUntilTheyFit) {
  start("maxrec: 20000");
  finish(manifest("halved", copy("format: csv\nmode: async\n" + by_index(2))), "halved");
  expect_copy("halved", 3);
  EXPECT_GT(rig.status("halved")["attempts"], 6);
}

TEST_F(RealQuery, KilledWhileItsJobsRunAdoptsThem) {
  start();
  const auto others = jobs();
  rig.submit(
      manifest("killed", "kind: query\nadql: SELECT * FROM gaia.source\nmode: async\nformat: csv\n" + by_index(5)));
  std::set<std::string> ran;
  // What was made and never told to run is of no consequence.
  const auto look = [&] {
    std::set<std::string> now;
    for (const auto& [id, phase] : jobs())
      if (!others.contains(id) && phase != "PENDING") now.insert(id);
    ran.insert(now.begin(), now.end());
    return now;
  };
  ASSERT_TRUE(e2e::wait_until([&] { return look().size() >= 4; }));
  rig.daemon().kill_now();
  rig.start_daemon();
  ASSERT_TRUE(e2e::wait_until([&] {
    look();
    return rig.status("killed")["state"] == "finished";
  })) << rig.status("killed");
  expect_rows("killed", "result", exported());
  // Each part was one job's, although the daemon that had made four of them was gone.
  EXPECT_EQ(ran.size(), 6u);
  EXPECT_TRUE(look().empty());
}

TEST_F(RealQuery, IsCountedByThePlan) {
  start();
  const e2e::Ran ran = rig.garner({"submit", manifest("plan", copy(by_index(8))).string(), "--plan"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find("50,000 rows, counted by COUNT(*)"), std::string::npos) << ran.out;
}

}  // namespace
}  // namespace garner::real_server
