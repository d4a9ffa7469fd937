// Whole nights in virtual time: weather, restarts and an operator, all drawn from a seed; afterwards the account is held against the truth.
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
  std::uint64_t pick(std::uint64_t least, std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(least, most)(random); }

  std::optional<Error> blow(const archive::ChunkRequest& request) {
    for (const SourceId id : request.ids) {
      if (poison.contains(id.value)) return Error{Kind::Suspect, "null", std::nullopt};
    }
    if (stage.loop.now() >= calm) return std::nullopt;
    if (uniform() > trouble) return std::nullopt;
    static constexpr Kind kKinds[] = {Kind::Transient, Kind::Overloaded, Kind::Maintenance, Kind::RateLimited, Kind::Corrupt, Kind::Malformed};
    Error error{kKinds[pick(0, 5)], "weather", std::nullopt};
    if (error.kind == Kind::RateLimited) error.retry_after = std::chrono::seconds(pick(1, 600));
    return error;
  }

  void play() {
    const std::uint64_t sources = pick(1, 3000);
    const auto chunk_size = static_cast<std::uint32_t>(pick(1, 200));
    trouble = uniform() * 0.6;
    stage.profile.manners.in_flight_most = static_cast<std::uint32_t>(pick(1, 6));
    stage.profile.manners.attempts_most = 4;
    calm = stage.loop.now() + std::chrono::minutes(pick(0, 600));
    stage.weather = [this](const archive::ChunkRequest& request) { return blow(request); };
    for (std::uint64_t i = 0; i < sources; ++i) {
      if (uniform() < 0.2) stage.truth.missing.insert({"RVS", SourceId{1000 + i}});
    }
    if (uniform() < 0.3) poison.insert(1000 + pick(0, sources - 1));
    record = stage.make_harvest("night", sources, chunk_size);
    stage.start_engine();
    for (std::uint64_t i = 0, events = pick(0, 6); i < events; ++i) {
      stage.loop.run_for(std::chrono::seconds(pick(1, 3600)));
      switch (pick(0, 2)) {
        case 0:
          stage.end_engine();
          stage.start_engine();
          break;
        case 1:
          if (stage.await(stage.engine->pause("night", "operator"))) {
            stage.loop.run_for(10min);
            EXPECT_EQ(stage.archive->in_flight, 0) << "paused, and yet asking";
            EXPECT_TRUE(stage.await(stage.engine->resume("night")));
          }
          break;
        default: EXPECT_TRUE(stage.await(stage.engine->retry("night", Outcome::Pending))); break;
      }
    }
    ended = stage.loop.run_until([&] {
      const auto state = stage.status("night").state;
      return (state == "finished" || state == "blocked");
    });
  }

  std::mt19937_64 random;
  Stage stage;
  double trouble = 0;
  SteadyTime calm;
  std::set<std::uint64_t> poison;
  ledger::HarvestRecord record;
  bool ended = false;
};

void expect_true_account(Night& night) {
  auto& stage = night.stage;
  const auto status = stage.status("night");
  std::uint64_t outcomes[4] = {};
  for (std::uint16_t type = 0; type < 2; ++type) {
    const std::string& name = night.record.retrieval_types[type];
    for (std::uint32_t block = 0; block < night.record.blocks; ++block) {
      const auto ids = *stage.ledger.ids(night.record.no, block);
      const auto chunk = *stage.ledger.chunk({night.record.no, type, block});
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const Outcome outcome = chunk.outcomes.empty() ? Outcome::Pending : chunk.outcomes[i];
        ++outcomes[static_cast<int>(outcome)];
        const bool missing = stage.truth.missing.contains({name, ids[i]});
        if (outcome == Outcome::Delivered) {
          EXPECT_FALSE(missing);
          EXPECT_EQ((stage.truth.published[{name, ids[i]}]), 1);
        }
        if (outcome == Outcome::Absent) EXPECT_TRUE(missing);
      }
    }
  }
  EXPECT_EQ(status.pending, outcomes[0]);
  EXPECT_EQ(status.delivered, outcomes[1]);
  EXPECT_EQ(status.absent, outcomes[2]);
  EXPECT_EQ(status.failed, outcomes[3]);
  EXPECT_EQ(status.requested, night.record.sources * 2);
  if (status.state == "blocked") EXPECT_FALSE(status.waiting_for.empty());
  if (status.state == "finished") EXPECT_EQ(status.pending, 0u);
  EXPECT_LE(stage.archive->highest, static_cast<int>(stage.profile.manners.in_flight_most));
}

// GARNER_NIGHT_SEED plays one seed alone.
TEST(Nights, EndWithATrueAccountWhateverTheWeather) {
  const char* only = std::getenv("GARNER_NIGHT_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only != nullptr ? first : 300;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    Night night(seed);
    night.play();
    EXPECT_TRUE(night.ended) << "stuck: " << night.stage.status("night").state << ", " << night.stage.status("night").waiting_for;
    expect_true_account(night);
    if (::testing::Test::HasFailure()) {
      FAIL() << "seed " << seed << "; alone: GARNER_NIGHT_SEED=" << seed;
    }
  }
}

}  // namespace
}  // namespace garner::testing
