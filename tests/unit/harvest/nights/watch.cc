#include "watch.h"

namespace garner::testing::nights {

namespace {

// At most so many requests within the cap since the beginning: one at once, then evenly; each engine begins anew, and
// may try another spelling of a request once, for which the next ones wait the longer.
std::uint64_t within(double per_minute, Duration since, std::uint64_t engines) {
  const double minutes = std::chrono::duration<double, std::ratio<60>>(since).count();
  return static_cast<std::uint64_t>(minutes * per_minute + 1e-6) + 2 * engines;
}

}  // namespace

Watch::Watch(Scene& scene) : scene_(scene), begin_(scene.stage.loop.now()) {
  for (const auto& planted : scene.harvests)
    seen_["/out/" + planted.name] = {&planted, planted.manifest.timing.window, {false, WallTime::max(), {}}, 0};
  most_ = most_before_ = scene.stage.profile.manners.in_flight_most;
  ceiling_set_ = begin_;
  asks_twice_ = !scene.poison.empty() || std::ranges::any_of(scene.harvests, [&](const Planted& planted) {
    return planted.manifest.kind != manifest::HarvestKind::Products ||
           planted.manifest.data_structure_spelling != scene.spelling;
  });
  auto& people = scene.stage.people;
  people.begins = [this](const std::filesystem::path& whose, std::span<const SourceId> ids) { begins(whose, ids); };
  people.asks_again = [this] { expect_within_limits(); };
  people.ends = [this](const std::filesystem::path& whose) { ends(whose); };
}

void Watch::set_ceiling(std::uint32_t operators) {
  const SteadyTime now = scene_.stage.loop.now();
  most_before_ = under_ceiling_before() ? std::max(most_before_, most_) : most_;
  ceiling_set_ = now;
  most_ = operators > 0 ? operators : scene_.stage.profile.manners.in_flight_most;
}

// Somebody's turn may have come when another ceiling held.
bool Watch::under_ceiling_before() const {
  constexpr std::chrono::hours kLongestTurn{5};
  return scene_.stage.loop.now() <= ceiling_set_ + (asks_twice_ ? Duration(kLongestTurn) : Duration{});
}

Watch::Seen& Watch::of(const std::filesystem::path& whose) {
  for (auto& [directory, seen] : seen_) {
    if (whose.string().starts_with(directory + "/")) return seen;
  }
  ADD_FAILURE() << "a request of nobody: " << whose;
  return seen_.begin()->second;
}

const policy::Opening& Watch::opening_now(Seen& seen) {
  const WallTime now = scene_.stage.executor.wall_now();
  if (!seen.opening.holds_at(now)) seen.opening = policy::window_at(seen.window, seen.planted->zone, now);
  return seen.opening;
}

void Watch::set_jobs_at_once(std::uint32_t most) {
  auto& now = scene_.stage.profile.manners.jobs_at_once;
  jobs_most_before_ = std::max(jobs_most_before_, static_cast<int>(now));
  now = most;
}

// Those that were allowed may not be made yet.
int Watch::jobs_allowed() const {
  std::uint32_t jobs = 0;
  for (const auto& status : scene_.stage.engine->list())
    if (status.archive_status) jobs = std::max(jobs, status.archive_status->jobs);
  return static_cast<int>(jobs);
}

void Watch::expect_within_limits() {
  const std::uint32_t most = under_ceiling_before() ? std::max(most_, most_before_) : most_;
  EXPECT_LE(scene_.stage.people.now, static_cast<int>(most)) << "requests in flight";
  const int jobs = scene_.stage.tap.running, jobs_most = static_cast<int>(scene_.stage.profile.manners.jobs_at_once);
  if (jobs_most_before_ > 0 && jobs_allowed() <= jobs_most) jobs_most_before_ = 0;
  EXPECT_LE(jobs, std::max(jobs_most, jobs_most_before_)) << "jobs";
}

void Watch::begins(const std::filesystem::path& whose, std::span<const SourceId> ids) {
  ++requests_;
  expect_within_limits();
  const auto& manners = scene_.stage.profile.manners;
  Seen& seen = of(whose);
  EXPECT_LE(ids.size(), std::max(manners.ids_per_request_most, seen.planted->manifest.chunk_size));
  EXPECT_TRUE(opening_now(seen).open) << seen.planted->name << " asks outside its window";
  const bool is_probe = ids.size() == 1 && std::to_string(ids.front().value) == scene_.stage.profile.probe_id;
  const bool one_request_a_chunk = seen.planted->manifest.kind == manifest::HarvestKind::Products &&
                                   scene_.spelling == seen.planted->manifest.data_structure_spelling;
  if (!is_probe && one_request_a_chunk) expect_paced(seen);
}

void Watch::expect_paced(Seen& seen) {
  const Duration since = scene_.stage.loop.now() - begin_;
  ++seen.paced;
  ++paced_;
  if (const double own = seen.planted->manifest.timing.limits.requests_per_minute; own > 0)
    EXPECT_LE(seen.paced, within(own, since, engines_)) << seen.planted->name << "'s cap on requests";
  if (const double all = scene_.stage.profile.manners.limits.requests_per_minute; all > 0)
    EXPECT_LE(paced_, within(all, since, engines_)) << "the archive's cap on requests";
}

void Watch::ends(const std::filesystem::path& whose) {
  Seen& seen = of(whose);
  const auto& opening = opening_now(seen);
  const bool clock_set = clock_set_ && scene_.stage.loop.now() <= *clock_set_ + std::chrono::seconds(61);
  if (opening.open || clock_set) return;
  const WallTime drained = policy::drained_by(seen.planted->manifest.timing.drain_by, seen.planted->zone, opening.from);
  EXPECT_LE(scene_.stage.executor.wall_now(), drained) << seen.planted->name << " is still at it";
}

}  // namespace garner::testing::nights
