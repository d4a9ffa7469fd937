// Whole nights in virtual time: weather, full disks, power cuts at any durable step, restarts and operators, all drawn
// from a seed; afterwards the account is held against the truth and against what lies on disk.
#include <gtest/gtest.h>

#include <cstdlib>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ledger::Outcome;

struct Night {
  explicit Night(std::uint64_t seed) : random(seed), stage(seed) {}
  double uniform() { return std::uniform_real_distribution<>(0, 1)(random); }
  std::uint64_t pick(std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random);
  }

  std::optional<Error> blow(const archive::ChunkRequest& request) {
    if (request.structure_spelling != spelling) return Error{Kind::Unsupported, "unknown data structure", std::nullopt};
    for (const SourceId id : request.ids) {
      if (poison.contains(id.value)) return Error{Kind::Suspect, "null", std::nullopt};
    }
    if (stage.loop.now() >= calm || uniform() > trouble) return std::nullopt;
    static constexpr Kind kKinds[] = {Kind::Transient,   Kind::Overloaded, Kind::Maintenance,
                                      Kind::RateLimited, Kind::Corrupt,    Kind::Malformed};
    // Who is asked alone meets no damage, so that whoever is given up is a culprit.
    Error error{kKinds[pick(0, request.ids.size() > 1 ? 5 : 3)], "weather", std::nullopt};
    if (error.kind == Kind::RateLimited) error.retry_after = std::chrono::seconds(pick(1, 600));
    return error;
  }

  void set_scene() {
    trouble = uniform() * 0.6;
    stage.profile.manners.in_flight_most = static_cast<std::uint32_t>(pick(1, 6));
    stage.profile.manners.attempts_most = 4;
    if (uniform() < 0.7) stage.workers.jitter = std::chrono::milliseconds(pick(1, 2000));
    if (uniform() < 0.2) spelling = "DATAMODEL_STANDARD";
    begin = stage.loop.now();
    calm = begin + std::chrono::minutes(pick(0, 600));
    stage.weather = [this](const archive::ChunkRequest& request) { return blow(request); };
    const std::uint64_t full_from = pick(0, 300), full_for = uniform() < 0.3 ? pick(1, 60) : 0;
    stage.disk.power.full = [this, full_from, full_for] {
      const auto at = stage.loop.now() - begin;
      return at >= std::chrono::minutes(full_from) && at < std::chrono::minutes(full_from + full_for);
    };
    const std::uint64_t harvests = pick(1, 3);
    std::uint64_t most = 0;
    for (std::uint64_t i = 0; i < harvests; ++i) {
      const std::uint64_t sources = pick(1, 900);
      most = std::max(most, sources);
      records.push_back(
          stage.make_harvest(fmt::format("night-{}", i), sources, static_cast<std::uint32_t>(pick(4, 200))));
    }
    for (std::uint64_t i = 0; i < most; ++i) {
      if (uniform() < 0.2) stage.truth.missing.insert({"RVS", SourceId{1000 + i}});
    }
    if (uniform() < 0.3) poison.insert(1000 + pick(0, most - 1));
    // The first good answer leaves some out.
    if (uniform() < 0.3) {
      stage.truth.leaves_out = [this](const Truth::Key& key, int) {
        return answered.insert(key).second && uniform() < 0.1;
      };
    }
  }

  // A verb that may meet any state, a power cut, and other verbs; what it answers is its own affair.
  void act() {
    const std::string name = fmt::format("night-{}", pick(0, records.size() - 1));
    auto& engine = *stage.engine;
    switch (pick(0, 9)) {
      case 0:
      case 1:
        stage.fire(engine.pause(name, "ada"));
        break;
      case 2:
      case 3:
      case 4:
        stage.fire(engine.resume(name));
        break;
      case 5:
        stage.fire(engine.retry(name, Outcome::Pending));
        break;
      case 6:
        stage.fire(engine.retry(name, Outcome::Absent));
        break;
      case 7:
        if (uniform() < 0.2) stage.fire(engine.cancel(name, "ada"));
        break;
      case 8:
        if (uniform() < 0.2) stage.fire(engine.remove(name));
        break;
      default:
        engine.reload({{"gaia", uniform() < 0.5 ? 0u : 1u}});
        break;
    }
  }

  void play() {
    set_scene();
    stage.start_engine();
    for (std::uint64_t i = 0, events = pick(0, 8); i < events; ++i) {
      stage.loop.run_for(std::chrono::milliseconds(pick(1, uniform() < 0.5 ? 5000 : 3'600'000)));
      for (std::uint64_t verbs = pick(0, 3); verbs > 0; --verbs) act();
      switch (pick(0, 3)) {
        case 0:
          stage.end_engine();
          stage.start_engine();
          break;
        case 1:
          stage.disk.power.cut_after(pick(0, 40));
          (void)stage.loop.run_until(
              [&, end = stage.loop.now() + 30min] { return stage.disk.power.is_cut() || stage.loop.now() > end; });
          stage.kill_engine();
          stage.start_engine();
          break;
        default:
          break;
      }
    }
    // The morning: whatever was paused or blocked by the night is set going again, once.
    stage.loop.run_for(24h);
    for (const auto& record : records) {
      if (!stage.engine->status(record.name)) continue;
      (void)stage.await(stage.engine->resume(record.name));
      (void)stage.await(stage.engine->retry(record.name, Outcome::Pending));
    }
    ended = stage.loop.run_until([&] {
      for (const auto& status : stage.engine->list()) {
        if (status.state != "finished" && status.state != "blocked" && status.state != "cancelled") return false;
      }
      return true;
    });
    stage.loop.run_for(1h);  // what is blocked writes its indexes yet
  }

  std::mt19937_64 random;
  Stage stage;
  double trouble = 0;
  SteadyTime begin, calm;
  std::string spelling = "INDIVIDUAL";
  std::set<std::uint64_t> poison;
  std::set<Truth::Key> answered;
  std::vector<ledger::HarvestRecord> records;
  bool ended = false;
};

using Shown = std::map<std::pair<std::string, SourceId>, int>;  // how often a product lies on disk

Shown on_disk(const Disk& disk, const std::string& directory) {
  Shown shown;
  for (const auto& [key, ids] : disk.packs) {
    if (std::get<0>(key) != directory) continue;
    for (const SourceId id : ids) ++shown[{std::get<1>(key), id}];
  }
  return shown;
}

// Every product's outcome against the truth and the disk; the outcomes' numbers.
std::array<std::uint64_t, 4> expect_true_outcomes(Night& night, const ledger::HarvestRecord& record,
                                                  std::set<Disk::Key>& packs) {
  auto& stage = night.stage;
  std::array<std::uint64_t, 4> outcomes{};
  auto shown = on_disk(stage.disk, record.output_directory);
  for (std::uint16_t type = 0; type < 2; ++type) {
    const std::string& name = record.retrieval_types[type];
    for (std::uint32_t block = 0; block < record.blocks; ++block) {
      const auto ids = *stage.ledger.ids(record.no, block);
      const auto chunk = *stage.ledger.chunk({record.no, type, block});
      for (const auto& pack : chunk.packs) packs.emplace(record.output_directory, name, block, pack.generation);
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const Outcome outcome = chunk.outcomes.empty() ? Outcome::Pending : chunk.outcomes[i];
        ++outcomes[static_cast<std::size_t>(outcome)];
        const bool missing = stage.truth.missing.contains({name, ids[i]});
        const int times = shown[{name, ids[i]}];
        if (outcome == Outcome::Delivered) {
          EXPECT_FALSE(missing);
          EXPECT_EQ(times, 1) << name << " " << ids[i].value;
          const auto& pack = chunk.packs.at(chunk.pack_of.empty() ? 0 : chunk.pack_of[i]);
          EXPECT_TRUE((stage.disk.packs[{record.output_directory, name, block, pack.generation}].contains(ids[i])));
        }
        if (outcome == Outcome::Failed) EXPECT_TRUE(night.poison.contains(ids[i].value));
        if (outcome == Outcome::Absent) {
          EXPECT_TRUE(missing);
          EXPECT_EQ(times, 0);
        }
      }
    }
  }
  return outcomes;
}

void expect_true_account(Night& night, const ledger::HarvestRecord& record) {
  auto& stage = night.stage;
  const auto status = stage.engine->status(record.name);
  if (!status) return;  // removed
  std::set<Disk::Key> packs;
  const auto outcomes = expect_true_outcomes(night, record, packs);
  EXPECT_EQ(status->pending, outcomes[0]);
  EXPECT_EQ(status->delivered, outcomes[1]);
  EXPECT_EQ(status->absent, outcomes[2]);
  EXPECT_EQ(status->failed, outcomes[3]);
  EXPECT_EQ(status->requested, record.sources * 2);
  if (status->state == "blocked") EXPECT_FALSE(status->waiting_for.empty());
  if (status->state == "blocked") EXPECT_FALSE(night.poison.empty());
  if (status->state == "finished") {
    EXPECT_EQ(status->pending, 0u);
    EXPECT_EQ(status->chunks_done, status->chunks_total);
    EXPECT_GT(status->finished_s, 0);
  }
  if (status->state != "cancelled")
    EXPECT_EQ(stage.disk.indexes[record.output_directory], packs) << status->state << ": indexes list what is settled";
  for (const auto& kept : *stage.ledger.harvests()) {
    if (kept.no != record.no) continue;
    // A verb that could not be recorded was answered with an error; else the ledger says what we say.
    if (status->state == "finished") EXPECT_EQ(kept.state, ledger::HarvestState::Finished);
    if (kept.state == ledger::HarvestState::Finished) EXPECT_EQ(status->pending, 0u);
    if (kept.state == ledger::HarvestState::Cancelled) EXPECT_EQ(status->state, "cancelled");
  }
}

// GARNER_NIGHT_SEED plays one seed alone; GARNER_NIGHTS plays so many.
TEST(Nights, EndWithATrueAccountWhateverTheWeather) {
  const char* only = std::getenv("GARNER_NIGHT_SEED");
  const char* many = std::getenv("GARNER_NIGHTS");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only != nullptr ? first : many != nullptr ? std::strtoull(many, nullptr, 10) : 1000;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    Night night(seed);
    night.play();
    for (const auto& status : night.stage.engine->list()) {
      EXPECT_TRUE(night.ended) << "stuck: " << status.name << " " << status.state << ", " << status.waiting_for;
    }
    EXPECT_FALSE(night.stage.engine->activity().forgotten);
    EXPECT_LE(night.stage.people.highest, static_cast<int>(night.stage.profile.manners.in_flight_most));
    for (const auto& record : night.records) expect_true_account(night, record);
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed << "; alone: GARNER_NIGHT_SEED=" << seed;
  }
}

}  // namespace
}  // namespace garner::testing
