#include "weather.h"

namespace garner::testing::nights {

namespace {

using namespace std::chrono_literals;

bool holds(const auto& episode, Duration at) {
  return episode.from <= at && at < episode.to;
}

// The shares of requests that meet such trouble: an outage is one for all.
double draw_chance(Dice& dice, Trouble trouble) {
  switch (trouble) {
    case Trouble::Overload:
    case Trouble::Damage:
    case Trouble::Drip:
      return dice.uniform() * 0.6;
    case Trouble::RateLimit:
      return dice.uniform();
    default:
      return 1;
  }
}

}  // namespace

Weather::Weather(Dice& dice, const VirtualLoop& loop) : dice_(dice), loop_(loop), begin_(loop.now()) {
  const auto draw = [&](Duration longest) {
    Episode episode;
    episode.from = std::chrono::seconds(dice.pick(0, 12 * 3600));
    const auto most = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(longest).count());
    episode.to = std::min<Duration>(episode.from + std::chrono::seconds(dice.magnitude(10, most)), kNight);
    return episode;
  };
  for (auto left = dice.pick(0, 6); left > 0; --left) {
    Episode episode = draw(8h);
    episode.trouble = dice.of(kTroubles);
    episode.chance = draw_chance(dice, episode.trouble);
    episodes_.push_back(episode);
  }
  if (dice.chance(0.3)) {
    for (auto left = dice.pick(1, 3); left > 0; --left) full_disk_.push_back(draw(2h));
  }
  usual_ = std::chrono::milliseconds(dice.magnitude(200, 40'000));
}

const Weather::Episode* Weather::meets(Trouble trouble) {
  for (const auto& episode : episodes_) {
    if (episode.trouble == trouble && holds(episode, since_begin()) && dice_.chance(episode.chance)) return &episode;
  }
  return nullptr;
}

std::optional<Error> Weather::blow(std::size_t ids) {
  if (since_begin() >= kNight) return std::nullopt;
  if (meets(Trouble::Outage)) return Error{Kind::Transient, "connection refused"};
  if (meets(Trouble::Maintenance)) return Error{Kind::Maintenance, "a page about maintenance"};
  if (meets(Trouble::Overload)) return Error{Kind::Overloaded, "Pool empty"};
  if (meets(Trouble::RateLimit))
    return Error{Kind::RateLimited, "too many requests", std::chrono::seconds(dice_.pick(1, 1800))};
  if (meets(Trouble::Lapse)) return Error{Kind::Auth, "not logged in"};
  if (meets(Trouble::Drip)) return Error{Kind::Transient, "timed out"};
  if (ids > 1 && meets(Trouble::Damage))
    return Error{dice_.chance(0.5) ? Kind::Corrupt : Kind::Malformed, "cut in the middle"};
  return std::nullopt;
}

Duration Weather::latency() {
  if (meets(Trouble::Drip)) return std::chrono::seconds(dice_.magnitude(60, 2 * 3600));
  Duration out = std::chrono::duration_cast<Duration>(usual_ * (0.5 + dice_.uniform()));
  if (meets(Trouble::Slow)) out *= static_cast<Duration::rep>(dice_.pick(2, 30));
  return std::min<Duration>(out, 20min);
}

bool Weather::disk_is_full(Duration at) const {
  return std::ranges::any_of(full_disk_, [&](const Episode& episode) { return holds(episode, at); });
}

bool Weather::disk_is_full() const {
  return disk_is_full(since_begin());
}

output::DiskSpace Weather::disk_space() const {
  const Duration now = since_begin();
  const bool low = disk_is_full(now) || disk_is_full(now + 5min) || disk_is_full(now - 2min);
  return {low ? 100'000'000u : 500'000'000'000u, 1'000'000'000'000u, 1'000'000, 2'000'000, true};
}

}  // namespace garner::testing::nights
