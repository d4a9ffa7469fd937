// Disks that fail under the ledger and are well again: it stays open, an answer is the truth either way, and it goes on
// by itself.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "../support/forgetful_disk.h"
#include "ledger_fixture.h"

namespace garner::ledger {
namespace {

using rocksdb::IOStatus;
using testing::ForgetfulDisk;

class Recovery : public ::testing::Test {
 protected:
  // Steps that fail: of those that change anything, from the first on so many.
  struct Trouble {
    std::atomic<std::int64_t> before = INT64_MAX, lasts = INT64_MAX;
    IOStatus status = IOStatus::IOError("Input/output error");
  };

  void SetUp() override {
    disk.set_trouble([trouble = trouble] {
      if (trouble->before.fetch_sub(1) > 0) return IOStatus::OK();
      return trouble->lasts.fetch_sub(1) > 0 ? trouble->status : IOStatus::OK();
    });
    open();
    harvest = add_harvest(*ledger, "bright", ids);
  }
  void open() {
    ledger.reset();
    auto opened = open_rocks_ledger_on(folder.path(), disk.mount());
    ASSERT_TRUE(opened) << opened.error().detail;
    ledger = std::move(*opened);
  }
  void lift() { trouble->before = INT64_MAX; }
  // Settles the next chunks. Those that the ledger took are `settled`, and only they.
  void settle(std::uint32_t chunks) {
    for (std::uint32_t i = 0; i < chunks && next < harvest.blocks; ++i, ++next) {
      if (move_chunk(*ledger, harvest, {harvest.no, 0, next}, samples::delivered(ids_in(harvest, next), next)))
        settled.insert(next);
    }
  }
  void expect_the_truth() {
    std::set<std::uint32_t> there;
    ASSERT_TRUE(ledger->scan(harvest.no, 0, 0, [&](std::uint32_t block, const ChunkRecord& record) {
      EXPECT_EQ(record, samples::delivered(ids_in(harvest, block), block));
      there.insert(block);
      return true;
    }));
    EXPECT_EQ(there, settled);
    EXPECT_EQ(ledger->counters(harvest.no).value()[0], recount(*ledger, harvest, 0));
    EXPECT_EQ(ledger->counters(harvest.no).value()[0].chunks_done, settled.size());
  }

  const std::vector<SourceId> ids = samples::sky(30'000, samples::kSkyPixels, 1);
  TemporaryFolder folder;
  ForgetfulDisk disk{folder.path()};
  std::shared_ptr<Trouble> trouble = std::make_shared<Trouble>();
  std::unique_ptr<Ledger> ledger;
  HarvestRecord harvest;
  std::uint32_t next = 0;
  std::set<std::uint32_t> settled;
};

// An append, a sync: whichever step of a settle fails, and for however long.
TEST_F(Recovery, WhatFailedToBeWrittenIsNotThereWhateverTheLogHasOfIt) {
  for (const std::int64_t lasts : {1, 3, 40}) {
    for (std::int64_t step = 0; step < 5; ++step) {
      trouble->status = step % 2 == 0 ? IOStatus::IOError("Input/output error") : IOStatus::NoSpace("made up");
      trouble->lasts = lasts;
      trouble->before = step;
      settle(4);
      expect_the_truth();  // reading goes on
      lift();
      settle(2);
      expect_the_truth();
      if (step % 3 == 2) {
        disk.crash();
        open();
        expect_the_truth();
      }
      ASSERT_FALSE(HasFailure()) << "step " << step << ", " << lasts << " steps long";
    }
  }
  EXPECT_GT(settled.size(), 30U);
  EXPECT_LT(settled.size(), next);
}

TEST_F(Recovery, SaysWhyAndGoesOnWhenThereIsRoomAgain) {
  settle(3);
  trouble->status = IOStatus::NoSpace("made up");
  trouble->before = 0;
  for (int i = 0; i < 3; ++i) {
    const auto refused = move_chunk(*ledger, harvest, {harvest.no, 1, 7}, samples::delivered(100, 7));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Kind::DiskFull) << refused.error().detail;
  }
  EXPECT_EQ(ledger->ids(harvest.no, 3)->size(), 100U);
  EXPECT_FALSE(ledger->begin_intake(100));
  lift();
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 1, 7}, samples::delivered(100, 7)));
  EXPECT_EQ(add_harvest(*ledger, "next", ids).blocks, harvest.blocks);
  expect_the_truth();
}

// Harvests that come and go, jobs, settles: at whichever step the disk fails, nobody who was told no finds it done.
TEST_F(Recovery, AnythingMayFailAtAnyStep) {
  int refused = 0;
  for (std::int64_t step = 0; step < 90 && !HasFailure(); step += 3) {
    const std::string name = fmt::format("other-{}", step);
    trouble->status = step % 2 == 0 ? IOStatus::IOError("Input/output error") : IOStatus::NoSpace("made up");
    trouble->lasts = step % 4 == 0 ? 1 : INT64_MAX;
    trouble->before = step;
    HarvestNo added = 0;
    if (auto intake = ledger->begin_intake(100); intake) {
      if ((*intake)->add(std::span(ids).first(3000))) {
        if (const auto record = (*intake)->commit(record_named(name))) added = record->no;
      }
    }
    settle(1);
    bool left = false;
    if (added != 0) {
      left = ledger->settle({added, 0, 1}, {}, {}, "https://a.example/async/1").has_value();
      const auto forgotten = ledger->job_forgotten(added, "https://a.example/async/1");
      left = left && !forgotten;
      if (ledger->remove(added)) added = 0;
    }
    const bool told_no = trouble->before <= 0;
    refused += told_no ? 1 : 0;
    lift();
    settle(1);
    expect_the_truth();
    std::size_t there = 0;
    for (const auto& record : *ledger->harvests()) there += record.name == name ? 1 : 0;
    if (added != 0) {
      const auto last = ledger->ids(added, 29);
      ASSERT_TRUE(last) << "step " << step << ": " << last.error().detail;
      EXPECT_EQ(last->size(), 100U);
      const auto removed = ledger->remove(added);
    } else {
      EXPECT_EQ(there, 0U) << "step " << step;
    }
    ASSERT_EQ(add_harvest(*ledger, fmt::format("after-{}", step), ids).sources, ids.size());
  }
  EXPECT_GT(refused, 5);
}

TEST_F(Recovery, AnIntakeThatWasBegunBeforeIsThereAfter) {
  auto intake = ledger->begin_intake(100).value();
  ASSERT_TRUE(intake->add(std::span(ids).first(5000)));
  trouble->lasts = 1;
  trouble->before = 0;
  EXPECT_FALSE(move_chunk(*ledger, harvest, {harvest.no, 0, 0}, samples::delivered(100, 0)));
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 0}, samples::delivered(100, 0)));
  ASSERT_TRUE(intake->add(std::span(ids).subspan(5000)));
  const auto record = intake->commit(record_named("next"));
  ASSERT_TRUE(record) << record.error().detail;
  EXPECT_EQ(ledger->ids(record->no, record->blocks - 1)->size(), ids_in(*record, record->blocks - 1));
}

TEST_F(Recovery, WhoReadsMeanwhileGetsTheTruthOrAnError) {
  std::atomic<bool> over = false;
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        while (!over) {
          std::uint32_t last = 0;
          const auto scanned = ledger->scan(harvest.no, 0, 0, [&](std::uint32_t block, const ChunkRecord& record) {
            EXPECT_EQ(record, samples::delivered(ids_in(harvest, block), block));
            last = block;
            return true;
          });
          const auto read = ledger->ids(harvest.no, last);
          if (read) EXPECT_EQ(read->size(), ids_in(harvest, last));
        }
      });
    }
    for (int round = 0; round < 12; ++round) {
      trouble->lasts = 1 + round % 3;
      trouble->before = round % 4;
      settle(5);
    }
    lift();
    over = true;
  }
  settle(1);
  expect_the_truth();
}

}  // namespace
}  // namespace garner::ledger
