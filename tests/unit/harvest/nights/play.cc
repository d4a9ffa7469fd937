#include "play.h"

#include "account.h"

namespace garner::testing::nights {

namespace {

using namespace std::chrono_literals;
using ledger::Outcome;

// Windows on some weekdays only, and little of them a day: it may take weeks.
constexpr Duration kMorningsMost = 24h * 60;

}  // namespace

Play::~Play() {
  ++tally_.nights;
  tally_.real_ledgers += scene_.real_ledger ? 1 : 0;
  for (const auto& planted : scene_.harvests) tally_.sources += planted.ids.size();
  tally_.requests += watch_.requests();
  tally_.jobs += scene_.stage.tap.jobs.size();
}

void Play::start_engine() {
  watch_.engine_begins();
  scene_.stage.start_engine();
}

// A verb that may meet any state, a power cut, and other verbs; what it answers is its own affair.
void Play::act() {
  Dice& dice = scene_.dice;
  Stage& stage = scene_.stage;
  const std::string name = fmt::format("night-{}", dice.pick(0, scene_.harvests.size() - 1));
  auto& engine = *stage.engine;
  ++tally_.verbs;
  switch (dice.pick(0, 11)) {
    case 0:
    case 1:
      return stage.fire(engine.pause(name, "ada"));
    case 2:
    case 3:
    case 4:
      return stage.fire(engine.resume(name));
    case 5:
    case 6:
      return stage.fire(engine.retry(name, Outcome::Pending));
    case 7:
      return stage.fire(engine.retry(name, dice.chance(0.5) ? Outcome::Absent : Outcome::Failed));
    case 8:
      if (dice.chance(0.1)) stage.fire(engine.cancel(name, "ada"));
      return;
    case 9:
      if (dice.chance(0.1)) stage.fire(engine.remove(name));
      return;
    default:
      return reload();
  }
}

// Of what the operator sets, of the profile, or of nothing new.
void Play::reload() {
  Stage& stage = scene_.stage;
  Dice& dice = scene_.dice;
  ++tally_.reloads;
  if (dice.chance(0.4)) {
    const auto ceiling = static_cast<std::uint32_t>(dice.pick(0, 4));
    stage.in_flight_most = {{"gaia", ceiling}};
    watch_.set_ceiling(ceiling);
  }
  if (dice.chance(0.4)) {
    auto& manners = stage.profile.manners;
    manners.retry_first = std::chrono::seconds(dice.pick(5, 60));
    manners.retry_most = std::chrono::seconds(dice.pick(60, 1'200));
    watch_.set_jobs_at_once(static_cast<std::uint32_t>(dice.pick(1, 6)));
  }
  stage.engine->reload(stage.in_flight_most, stage.rate_limits);
}

// The power fails at one of the next durable steps, ours or RocksDB's; if there are none, some time later.
void Play::kill_somewhere() {
  Stage& stage = scene_.stage;
  if (scene_.real_ledger && scene_.dice.chance(0.7))
    scene_.real_ledger->cut_after(scene_.dice.pick(1, 60));
  else
    stage.disk.power.cut_after(scene_.dice.pick(0, 60));
  const SteadyTime end = stage.loop.now() + 30min;
  (void)stage.loop.run_until([&] { return stage.disk.power.is_cut() || stage.loop.now() > end; });
  stage.kill_engine();
  ++tally_.kills;
  start_engine();
}

void Play::restart() {
  scene_.stage.end_engine();
  ++tally_.restarts;
  start_engine();
}

void Play::set_clock() {
  const auto by = std::chrono::seconds(scene_.dice.magnitude(1, 8 * 3600));
  scene_.stage.executor.wall_shift += scene_.dice.chance(0.5) ? by : -by;
  watch_.clock_was_set();
  ++tally_.clocks_set;
}

void Play::night() {
  Dice& dice = scene_.dice;
  Stage& stage = scene_.stage;
  const SteadyTime end = stage.loop.now() + kNight;
  start_engine();
  for (auto events = dice.pick(0, 12); events > 0 && stage.loop.now() < end; --events) {
    stage.loop.run_for(std::chrono::milliseconds(dice.magnitude(100, 3 * 3'600'000)));
    for (auto verbs = dice.pick(0, 3); verbs > 0; --verbs) act();
    switch (dice.pick(0, 11)) {
      case 0:
      case 1:
        restart();
        break;
      case 2:
      case 3:
      case 4:
      case 5:
        kill_somewhere();
        break;
      case 6:
        set_clock();
        break;
      default:
        break;
    }
  }
  if (stage.loop.now() < end) stage.loop.run_for(end - stage.loop.now());
  expect_stated_reasons();
  expect_counts_of_the_ledger(scene_);
}

void Play::expect_stated_reasons() {
  for (const auto& status : scene_.stage.engine->list()) {
    const bool at_rest = status.state == "finished" || status.state == "cancelled" || status.state == "running";
    EXPECT_TRUE(at_rest || !status.waiting_for.empty())
        << status.name << " is " << status.state << ", and says not why";
  }
  EXPECT_FALSE(scene_.stage.engine->activity().forgotten);
}

bool Play::all_ended() {
  return std::ranges::all_of(scene_.stage.engine->list(), [](const auto& status) {
    return status.state == "finished" || status.state == "blocked" || status.state == "cancelled";
  });
}

void Play::morning() {
  Stage& stage = scene_.stage;
  const SteadyTime most = stage.loop.now() + kMorningsMost;
  // A deadline may come yet, and what was bad too often in the night may have to be set going more than once.
  for (int mornings = 0; mornings < 3; ++mornings) {
    for (const auto& planted : scene_.harvests) {
      if (!stage.engine->status(planted.name)) continue;  // removed
      (void)stage.await(stage.engine->resume(planted.name));
      (void)stage.await(stage.engine->retry(planted.name, Outcome::Pending));
    }
    stage.loop.run_for(10min);
    while (!all_ended() && stage.loop.now() < most) stage.loop.run_for(30min);
  }
  stage.loop.run_for(1h);  // what is blocked writes its indexes yet
  for (const auto& status : stage.engine->list())
    EXPECT_TRUE(all_ended()) << "stuck: " << status.name << " " << status.state << ", " << status.waiting_for;
  EXPECT_FALSE(stage.engine->activity().forgotten);
  EXPECT_EQ(stage.people.now, 0);
}

}  // namespace garner::testing::nights
