// How many requests in flight, decided against simulated servers in virtual time: the knee is found and kept, a
// capacity that changes is followed, overload lowers at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <random>

#include "policy/concurrency.h"

namespace garner::policy {
namespace {

using namespace std::chrono_literals;

// A closed loop: as many requests as the limit allows are always in flight at a server of so many workers, each busy
// for a log-normal time; who finds none free waits.
class Server {
 public:
  Server(ConcurrencyBounds bounds, std::uint64_t seed) : random_(seed), concurrency_(bounds, begin_) {}

  std::function<std::uint32_t(Duration)> workers = [](Duration) { return 4u; };
  // What stretches a service time while so many are in flight; how likely overload is then.
  std::function<double(std::uint32_t)> stretch = [](std::uint32_t) { return 1.0; };
  std::function<double(std::uint32_t)> overload = [](std::uint32_t) { return 0.0; };
  std::uint64_t hangs = 0;  // the so-manyth request is never answered
  double mean_s = 2, sigma = 0.3;
  std::uint64_t sources = 500;

  void run_until(Duration end) {
    while (true) {
      while (flying_.size() < concurrency_.limit()) send();
      if (flying_.top().ends > begin_ + end) return;
      const Flight flight = flying_.top();
      flying_.pop();
      now_ = flight.ends;
      ++served;
      account_until(now_);
      const auto change = flight.overloaded ? concurrency_.overloaded(flight.ticket, "pool empty", now_)
                                            : concurrency_.good(flight.ticket, sources, now_);
      overloads += flight.overloaded;
      if (change) changes.push_back(*change);
    }
  }
  Concurrency& concurrency() { return concurrency_; }
  SteadyTime now() const { return now_; }
  // Seconds at each limit since the last call.
  std::map<std::uint32_t, double> take_account() { return std::exchange(seconds_at_, {}); }

  std::vector<ConcurrencyChange> changes;
  std::uint64_t served = 0, overloads = 0;

 private:
  struct Flight {
    SteadyTime ends;
    Concurrency::Ticket ticket;
    bool overloaded;
    bool operator<(const Flight& other) const { return ends > other.ends; }
  };
  void send() {
    const auto in_flight = static_cast<std::uint32_t>(flying_.size()) + 1;
    const auto ticket = concurrency_.asked(in_flight == concurrency_.limit(), now_);
    if (++sent_ == hangs) {
      flying_.push({now_ + 1000h, ticket, false});
      return;
    }
    if (std::uniform_real_distribution<>(0, 1)(random_) < overload(in_flight)) {
      flying_.push({now_ + 1s, ticket, true});
      return;
    }
    free_at_.resize(workers(now_ - begin_), now_);
    auto worker = std::ranges::min_element(free_at_);
    const double service =
        mean_s * stretch(in_flight) * std::lognormal_distribution<>(-sigma * sigma / 2, sigma)(random_);
    *worker = std::max(*worker, now_) + std::chrono::nanoseconds(static_cast<std::int64_t>(service * 1e9));
    flying_.push({*worker, ticket, false});
  }
  void account_until(SteadyTime when) {
    seconds_at_[limit_] += std::chrono::duration<double>(when - accounted_).count();
    accounted_ = when;
    limit_ = concurrency_.limit();
  }

  std::mt19937_64 random_;
  SteadyTime begin_{1h}, now_ = begin_, accounted_ = begin_;
  Concurrency concurrency_;
  std::uint32_t limit_ = concurrency_.limit();
  std::uint64_t sent_ = 0;
  std::vector<SteadyTime> free_at_;
  std::priority_queue<Flight> flying_;
  std::map<std::uint32_t, double> seconds_at_;
};

double share_within(const std::map<std::uint32_t, double>& seconds_at, std::uint32_t knee, std::uint32_t distance) {
  double all = 0, within = 0;
  for (const auto& [limit, seconds] : seconds_at) {
    all += seconds;
    if (limit + distance >= knee && limit <= knee + distance) within += seconds;
  }
  return within / all;
}

// Profile with a ceiling of 16, service times log-normal with sigma 0.3 (mean 2 s, as requests wait in order for one of
// k workers): after the first hour it is within one of k, and stays there for six.
TEST(Concurrency, FindsTheKneeOfAServerWithSoManyWorkersAndStaysThere) {
  constexpr int kSeeds = 10;
  std::printf("   k   settled after   time at k ±1 (worst seed)   farthest   changes\n");
  for (const std::uint32_t k : {1u, 2u, 3u, 4u, 6u, 8u}) {
    double worst = 1, within_two = 1;
    double settled_s = 0;
    std::uint32_t low = 99, high = 0;
    std::size_t changes = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      Server server({1, 16}, seed * 1000 + k);
      server.workers = [k](Duration) { return k; };
      for (Duration at = 0s; server.concurrency().level() + 1 < k || server.concurrency().level() > k + 1; at += 10s) {
        ASSERT_LT(at, 1h) << "k " << k << ", seed " << seed;
        server.run_until(at);
        settled_s = std::max(settled_s, std::chrono::duration<double>(at).count());
      }
      server.run_until(1h);
      const std::size_t before = server.changes.size();
      (void)server.take_account();
      server.run_until(7h);
      const auto account = server.take_account();
      worst = std::min(worst, share_within(account, k, 1));
      within_two = std::min(within_two, share_within(account, k, 2));
      low = std::min(low, account.begin()->first);
      high = std::max(high, account.rbegin()->first);
      changes = std::max(changes, server.changes.size() - before);
    }
    std::printf("  %2u   %5.1f min       %5.1f %%                     %u to %u     %zu\n", k, settled_s / 60,
                100 * worst, low, high, changes);
    EXPECT_GE(worst, 0.98) << "k " << k;
    EXPECT_EQ(within_two, 1) << "k " << k << ": " << low << " to " << high;
  }
}

// The share of the time from one moment to another within so many of the right level.
double share_from_to(Server& server, Duration from, Duration to, std::uint32_t right, std::uint32_t distance) {
  server.run_until(from);
  (void)server.take_account();
  server.run_until(to);
  return share_within(server.take_account(), right, distance);
}

TEST(Concurrency, FollowsACapacityThatChangesDuringTheNight) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Server server({1, 16}, seed);
    server.workers = [](Duration at) { return at < 3h ? 8u : at < 6h ? 2u : 6u; };
    EXPECT_GE(share_from_to(server, 1h, 3h, 8, 1), 0.9) << "seed " << seed;
    EXPECT_GE(share_from_to(server, 4h, 6h, 2, 1), 0.9) << "seed " << seed;
    EXPECT_GE(share_from_to(server, 7h, 10h, 6, 1), 0.9) << "seed " << seed;
  }
}

// Every request in flight beyond three makes all of them slower than it helps.
TEST(Concurrency, WithdrawsFromAServerThatGetsSlowerTheMoreIsAsked) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Server server({1, 16}, seed);
    server.workers = [](Duration) { return 16u; };
    server.stretch = [](std::uint32_t in_flight) { return in_flight <= 3 ? 1.0 : std::pow(in_flight / 3.0, 1.5); };
    EXPECT_GE(share_from_to(server, 1h, 8h, 3, 1), 0.9) << "seed " << seed;
  }
}

TEST(Concurrency, KeepsBelowTheLevelAtWhichAServersPoolIsEmpty) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Server server({1, 16}, seed);
    server.workers = [](Duration) { return 16u; };
    server.overload = [](std::uint32_t in_flight) { return in_flight > 5 ? 0.7 : 0.0; };
    EXPECT_GE(share_from_to(server, 1h, 8h, 5, 1), 0.95) << "seed " << seed;
    EXPECT_LT(server.overloads * 500, server.served) << "seed " << seed;
    EXPECT_EQ(server.concurrency().level(), 5u) << "seed " << seed;
  }
}

TEST(Concurrency, RegainsWhatAShortOverloadTook) {
  Server server({1, 4}, 1);
  bool overloaded = true;
  server.overload = [&](std::uint32_t) { return overloaded ? 0.5 : 0.0; };
  server.run_until(20s);
  EXPECT_EQ(server.concurrency().level(), 1u);
  ASSERT_FALSE(server.changes.empty());
  EXPECT_EQ(server.changes[0].from, 4u);
  EXPECT_EQ(server.changes[0].to, 3u);
  EXPECT_NE(server.changes[0].why.find("pool empty"), std::string::npos);
  overloaded = false;
  server.run_until(1h);
  EXPECT_EQ(server.concurrency().level(), 4u);
}

// Requests that left before the level was lowered say nothing about the lower one.
TEST(Concurrency, LowersByOneForABurstOfOverloadedAnswers) {
  const SteadyTime now{1h};
  Concurrency concurrency({1, 4}, now);
  std::vector<Concurrency::Ticket> tickets;
  for (std::uint32_t i = 1; i <= 4; ++i) tickets.push_back(concurrency.asked(i == 4, now));
  for (const auto& ticket : tickets) (void)concurrency.overloaded(ticket, "HTTP 503", now + 1s);
  EXPECT_EQ(concurrency.limit(), 3u);
}

TEST(Concurrency, SaysHowFarSuccessFell) {
  const SteadyTime now{1h};
  Concurrency concurrency({1, 4}, now);
  for (int i = 0; i < 11; ++i) (void)concurrency.good(concurrency.asked(false, now), 500, now + 1s);
  const auto change = concurrency.overloaded(concurrency.asked(true, now + 2s), "Pool empty", now + 3s);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->why, "success fell to 92 % of the last 12 requests: Pool empty");
}

TEST(Concurrency, NeverLeavesItsBounds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&random](std::uint32_t least, std::uint32_t most) {
      return std::uniform_int_distribution<std::uint32_t>(least, most)(random);
    };
    SteadyTime now{1h};
    ConcurrencyBounds bounds{2, 6};
    Concurrency concurrency(bounds, now);
    for (int i = 0; i < 20'000; ++i) {
      now += std::chrono::milliseconds(pick(1, 5000));
      const auto ticket = concurrency.asked(pick(0, 3) > 0, now - std::chrono::seconds(pick(0, 30)));
      switch (pick(0, 30)) {
        case 0:
          (void)concurrency.overloaded(ticket, "overload", now);
          break;
        case 1:
          concurrency.no_news(ticket, now);
          break;
        case 2:
          if (pick(0, 9) == 0) (void)concurrency.breaker_closed(now);
          break;
        case 3:
          bounds.floor = pick(1, 3);
          bounds.ceiling = bounds.floor + pick(0, 13);
          if (pick(0, 9) == 0) (void)concurrency.set_bounds(bounds, now);
          break;
        default:
          (void)concurrency.good(ticket, pick(0, 500), now);
      }
      ASSERT_GE(concurrency.limit(), concurrency.bounds().floor) << "seed " << seed;
      ASSERT_LE(concurrency.limit(), concurrency.bounds().ceiling) << "seed " << seed;
    }
  }
}

TEST(Concurrency, StartsSlowlyAfterTheBreakerClosedOneMoreWithEachGoodAnswer) {
  SteadyTime now{1h};
  Concurrency concurrency({1, 4}, now);
  const auto closed = concurrency.breaker_closed(now);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->from, 4u);
  EXPECT_EQ(closed->to, 1u);
  for (std::uint32_t limit = 1; limit < 4; ++limit) {
    EXPECT_EQ(concurrency.limit(), limit);
    const auto ticket = concurrency.asked(false, now += 1s);
    (void)concurrency.good(ticket, 500, now += 1s);
  }
  EXPECT_EQ(concurrency.limit(), 4u);
}

// A job's duration is its queue's, not its work's: the place is counted, its speed is not.
TEST(Concurrency, LearnsNothingAboutSpeedFromAnswersThatTellNothing) {
  Server server({1, 16}, 1);
  server.sources = 0;
  server.workers = [](Duration) { return 1u; };
  server.run_until(5h);
  EXPECT_EQ(server.concurrency().level(), 4u);
  EXPECT_TRUE(server.changes.empty());
}

TEST(Concurrency, IsNotHeldUpByARequestThatHangs) {
  for (const std::uint64_t hangs : {3u, 60u, 100u, 150u, 200u}) {
    Server server({1, 16}, hangs);
    server.hangs = hangs;
    server.workers = [](Duration) { return 7u; };
    EXPECT_GE(share_from_to(server, 1h, 5h, 8, 1), 0.9) << hangs << ": one place more than there are workers";
  }
}

// Where a rate cap decides, fewer places would only be a second cap.
TEST(Concurrency, TriesNothingWhileSomethingElseKeepsRequestsBelowTheLevel) {
  SteadyTime now{1h};
  Concurrency concurrency({1, 4}, now);
  for (int i = 0; i < 10'000; ++i) {
    const auto ticket = concurrency.asked(i % 3 == 0, now);
    (void)concurrency.good(ticket, 500, now += 2s);
    ASSERT_EQ(concurrency.limit(), 4u) << i;
  }
}

TEST(Concurrency, TakesNewBoundsAtOnce) {
  const SteadyTime now{1h};
  Concurrency concurrency({1, 4}, now);
  const auto lowered = concurrency.set_bounds({1, 2}, now);
  ASSERT_TRUE(lowered);
  EXPECT_EQ(concurrency.limit(), 2u);
  EXPECT_EQ(lowered->why, "its bounds are 1 to 2 now");
  (void)concurrency.set_bounds({1, 8}, now);
  EXPECT_EQ(concurrency.limit(), 4u) << "where it starts; more has to prove its worth";
  (void)concurrency.set_bounds({6, 8}, now);
  EXPECT_EQ(concurrency.limit(), 6u);
}

}  // namespace
}  // namespace garner::policy
