#include "account.h"

#include "policy/partition.h"

namespace garner::testing::nights {

namespace {

using ledger::Outcome;
using manifest::HarvestKind;

struct Recount {
  std::array<std::uint64_t, 4> outcomes{};  // by Outcome
  std::set<Disk::Key> packs;
};

// How often each product of a type lies on disk, sorted by id.
std::vector<SourceId> on_disk(const Disk& disk, const std::string& directory, const std::string& type) {
  std::vector<SourceId> all;
  const auto first = disk.packs.lower_bound({directory, type, 0, 0});
  for (auto it = first; it != disk.packs.end(); ++it) {
    const auto& [where, of, block, generation] = it->first;
    if (where != directory || of != type) break;
    all.insert(all.end(), it->second.begin(), it->second.end());
  }
  std::ranges::sort(all);
  return all;
}

class Held {
 public:
  Held(Scene& scene, const Planted& planted, const ledger::HarvestRecord& record)
      : scene_(scene), planted_(planted), record_(record) {}

  Recount against_truth() {
    Recount out;
    for (std::uint16_t type = 0; type < record_.retrieval_types.size(); ++type) {
      shown_ = on_disk(scene_.stage.disk, record_.output_directory, record_.retrieval_types[type]);
      if (planted_.manifest.kind == HarvestKind::Query)
        expect_every_row();
      else
        EXPECT_EQ(std::ranges::adjacent_find(shown_), shown_.end()) << "a product lies on disk twice";
      for (std::uint32_t block = 0; block < record_.blocks; ++block) hold_chunk(type, block, out);
    }
    return out;
  }

 private:
  bool is_there(const std::string& type, SourceId id) const {
    switch (planted_.manifest.kind) {
      case HarvestKind::Products:
        return scene_.has_product(type, id);
      case HarvestKind::Rows:
        return scene_.rows_of_source(id.value) > 0;
      case HarvestKind::Query:
        return true;  // a part without rows is delivered, too; rows are compared all together
    }
    return false;
  }

  void hold_chunk(std::uint16_t type, std::uint32_t block, Recount& out) {
    auto& ledger = scene_.stage.ledger_door;
    const std::string& name = record_.retrieval_types[type];
    const auto ids = *ledger.ids(record_.no, block);
    const auto chunk = *ledger.chunk({record_.no, type, block});
    for (const auto& pack : chunk.packs) out.packs.emplace(record_.output_directory, name, block, pack.generation);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const Outcome outcome = chunk.outcomes.empty() ? Outcome::Pending : chunk.outcomes[i];
      ++out.outcomes[static_cast<std::size_t>(outcome)];
      if (planted_.manifest.kind != HarvestKind::Query) hold_source(chunk, name, block, ids[i], i, outcome);
    }
  }

  void hold_source(const ledger::ChunkRecord& chunk, const std::string& type, std::uint32_t block, SourceId id,
                   std::size_t place, Outcome outcome) {
    const bool shown = std::ranges::binary_search(shown_, id);
    if (outcome == Outcome::Delivered) {
      if (!is_there(type, id)) ADD_FAILURE() << type << " " << id.value << " is delivered, but does not exist";
      const auto& pack = chunk.packs.at(chunk.pack_of.empty() ? 0 : chunk.pack_of[place]);
      const Disk::Key key{record_.output_directory, type, block, pack.generation};
      const auto found = scene_.stage.disk.packs.find(key);
      if (!shown || found == scene_.stage.disk.packs.end() || !found->second.contains(id))
        ADD_FAILURE() << type << " " << id.value << " is delivered, but not in its file";
    }
    if (outcome == Outcome::Failed && !scene_.is_poison(id))
      ADD_FAILURE() << type << " " << id.value << " is given up, but spoils nothing";
    if (outcome == Outcome::Absent && (is_there(type, id) || shown))
      ADD_FAILURE() << type << " " << id.value << " is absent, but exists";
  }

  // Of a query that is done, each row once.
  void expect_every_row() {
    const auto status = scene_.stage.engine->status(record_.name);
    if (!status || status->state != "finished") return;
    EXPECT_EQ(std::ranges::adjacent_find(shown_), shown_.end()) << "a row lies on disk twice";
    auto expected = static_cast<std::size_t>(scene_.stage.tap.null_rows);
    for (std::int64_t value = 1; value <= planted_.last_value; ++value)
      expected += static_cast<std::size_t>(scene_.rows_of_value(value));
    EXPECT_EQ(shown_.size(), expected) << "rows of " << record_.name;
  }

  Scene& scene_;
  const Planted& planted_;
  const ledger::HarvestRecord& record_;
  std::vector<SourceId> shown_;
};

ledger::Counters sum_of(Scene& scene, ledger::HarvestNo harvest) {
  ledger::Counters sum;
  for (const auto& counters : *scene.stage.ledger_door.counters(harvest)) {
    sum.delivered += counters.delivered;
    sum.absent += counters.absent;
    sum.failed += counters.failed;
  }
  return sum;
}

void expect_counters(Scene& scene, const ledger::HarvestRecord& record, const harvest::HarvestStatus& status,
                     const Recount& recount) {
  EXPECT_EQ(status.pending, recount.outcomes[0]);
  EXPECT_EQ(status.delivered, recount.outcomes[1]);
  EXPECT_EQ(status.absent, recount.outcomes[2]);
  EXPECT_EQ(status.failed, recount.outcomes[3]);
  EXPECT_EQ(status.requested, record.sources * record.retrieval_types.size());
  const ledger::Counters sum = sum_of(scene, record.no);
  EXPECT_EQ(sum.delivered, recount.outcomes[1]);
  EXPECT_EQ(sum.absent, recount.outcomes[2]);
  EXPECT_EQ(sum.failed, recount.outcomes[3]);
}

void expect_state(Scene& scene, const ledger::HarvestRecord& record, const harvest::HarvestStatus& status,
                  const Recount& recount) {
  if (status.state == "blocked") {
    EXPECT_FALSE(status.waiting_for.empty());
    EXPECT_FALSE(scene.poison.empty()) << "nothing is wrong any more: " << status.waiting_for;
  }
  if (status.state == "finished") {
    EXPECT_EQ(status.pending, 0u);
    EXPECT_EQ(status.chunks_done, status.chunks_total);
    EXPECT_GT(status.finished_s, 0);
  }
  if (status.state != "cancelled")
    EXPECT_EQ(scene.stage.disk.indexes[record.output_directory], recount.packs)
        << status.state << ": indexes list what is settled";
  // A verb that could not be recorded was answered with an error; else the ledger says what we say.
  if (status.state == "finished") EXPECT_EQ(record.state, ledger::HarvestState::Finished);
  if (record.state == ledger::HarvestState::Finished) EXPECT_EQ(status.pending, 0u);
  if (record.state == ledger::HarvestState::Cancelled) EXPECT_EQ(status.state, "cancelled");
}

}  // namespace

void expect_true_account(Scene& scene) {
  const auto records = *scene.stage.ledger_door.harvests();
  for (const auto& planted : scene.harvests) {
    const auto status = scene.stage.engine->status(planted.name);
    const auto record = std::ranges::find(records, planted.name, &ledger::HarvestRecord::name);
    if (!status) continue;  // removed
    ASSERT_NE(record, records.end()) << planted.name;
    if (record->wants_sources()) continue;  // cancelled before its sources came
    EXPECT_EQ(record->sources, planted.ids.size());
    const Recount recount = Held(scene, planted, *record).against_truth();
    expect_counters(scene, *record, *status, recount);
    expect_state(scene, *record, *status, recount);
  }
  for (const auto& [url, job] : scene.stage.tap.jobs) EXPECT_LE(job.runs, 1) << url << " was run twice";
}

void expect_counts_of_the_ledger(Scene& scene) {
  for (const auto& planted : scene.harvests) {
    const auto run = scene.stage.engine->find(planted.name);
    if (!run || run->in_hand() || run->being_reopened) continue;
    const auto status = *scene.stage.engine->status(planted.name);
    const ledger::Counters sum = sum_of(scene, run->record().no);
    EXPECT_EQ(status.delivered, sum.delivered);
    EXPECT_EQ(status.absent, sum.absent);
    EXPECT_EQ(status.failed, sum.failed);
  }
}

}  // namespace garner::testing::nights
