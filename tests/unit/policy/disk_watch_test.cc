// When a disk is low, vanished or does not answer, and what is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/disk_watch.h"

namespace garner::policy {
namespace {

using output::DiskSpace;
using ::testing::HasSubstr;

constexpr std::uint64_t kGB = 1'000'000'000;

DiskSpace space(std::uint64_t free, std::uint64_t total = 1000 * kGB) {
  return {free, total, 1'000'000, 2'000'000, true};
}

std::string judged(const DiskSpace& seen, const Watermarks& marks = {}, const std::string& before = {}) {
  return disk_trouble(before, "/srv/x", DiskUse::Output, seen, marks);
}

TEST(DiskTrouble, IsLowBelowTheMarkAndUntilThereIsHalfAsMuchMore) {
  EXPECT_EQ(judged(space(3 * kGB)), "");
  EXPECT_EQ(judged(space(2 * kGB)), "disk low on /srv/x: 2.0 GB free, goes on at 3.2 GB");
  EXPECT_THAT(judged(space(3 * kGB), {}, "low"), HasSubstr("3.0 GB free, goes on at 3.2 GB"));
  EXPECT_EQ(judged(space(4 * kGB), {}, "low"), "");
}

TEST(DiskTrouble, LeavesATenthOfASmallDisk) {
  EXPECT_EQ(judged(space(kGB, 5 * kGB)), "");
  EXPECT_THAT(judged(space(400'000'000, 5 * kGB)), HasSubstr("goes on at 750 MB"));
}

TEST(DiskTrouble, ObeysTheOperatorsMarks) {
  EXPECT_THAT(judged(space(15 * kGB), {.low = {{0, 2}}, .resume = {}}), HasSubstr("goes on at 30.0 GB"));
  EXPECT_THAT(judged(space(15 * kGB), {.low = {{20 * kGB, 0}}, .resume = {{0, 5}}}), HasSubstr("goes on at 50.0 GB"));
  EXPECT_EQ(judged(space(0), {.low = {{0, 0}}, .resume = {}}), "") << "0: no watermark";
  EXPECT_THAT(judged(space(19 * kGB), {.low = {{20 * kGB, 0}}, .resume = {{kGB, 0}}}, "low"),
              HasSubstr("goes on at 20.0 GB"))
      << "a mark to go on at that lies below the low one";
}

TEST(DiskTrouble, CountsFilesToo) {
  DiskSpace seen = space(500 * kGB);
  seen.files_free = 19'000;
  EXPECT_EQ(judged(seen), "disk low on /srv/x: room for 19000 files, goes on at 30000");
  seen.files_free = seen.files_total = 0;  // they are not counted there
  EXPECT_EQ(judged(seen), "");
}

TEST(DiskTrouble, TellsWhatIsNotThere) {
  DiskSpace foreign = space(500 * kGB);
  foreign.ours = false;
  EXPECT_THAT(judged(foreign), HasSubstr("is its disk mounted?"));
  EXPECT_EQ(disk_trouble({}, "/var/lib/garner", DiskUse::State, foreign, {}), "");
  EXPECT_THAT(disk_trouble({}, "/srv/x", DiskUse::Output, fail(Kind::Internal, "/srv/x: Input/output error"), {}),
              HasSubstr("Input/output error"));
}

}  // namespace
}  // namespace garner::policy
