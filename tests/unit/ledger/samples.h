// Ids and chunk records for the tests, from seeds.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <vector>

#include "ledger/chunk_record.h"

namespace garner::ledger::samples {

// Like the sky: random level-12 pixels out of `pixels`, running numbers log-uniform in 6,000 to 700,000.
inline std::vector<SourceId> sky(std::size_t count, std::uint64_t pixels, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::uint64_t> pixel(0, pixels - 1);
  std::uniform_real_distribution<double> logarithm(std::log(6000.0), std::log(700000.0));
  std::vector<SourceId> ids(count);
  for (auto& id : ids)
    id.value = pixel(random) << kSourceIdPixelShift | static_cast<std::uint64_t>(std::exp(logarithm(random))) << 7;
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

inline constexpr std::uint64_t kSkyPixels = std::uint64_t{12} << 24;

// A record that the ledger takes for a chunk of `ids` ids: any outcomes, packs, reasons.
inline ChunkRecord record(std::uint32_t ids, std::mt19937_64& random) {
  const auto below = [&random](std::uint64_t limit) { return random() % limit; };
  ChunkRecord made;
  made.attempts = static_cast<std::uint32_t>(below(7));
  made.requests = static_cast<std::uint32_t>(below(2) != 0 ? below(4) : random() >> 32);
  made.blocked = below(4) == 0;
  if (below(2) != 0) made.last_error = std::string(below(300), 'x');
  made.packs.resize(below(4));
  for (auto& pack : made.packs) {
    for (auto& byte : pack.hash) byte = static_cast<std::uint8_t>(random());
    pack = {static_cast<std::uint32_t>(below(300)), pack.hash, below(2) != 0 ? below(100000) : random() >> 20,
            static_cast<std::uint32_t>(below(501))};
  }
  if (below(3) == 0) {
    made.query.job = below(2) != 0 ? "http://tap/async/" + std::to_string(random()) : "";
    made.query.width = below(2) != 0 ? random() : 0;
    made.query.done = below(1000);
    made.query.suspects = below(3) == 0 ? below(500) : 0;
    made.query.rows = random() >> 30;
    made.query.by_job = below(2) != 0;
  }
  made.sifted = below(4) == 0;
  if (below(5) == 0) return made;
  const auto kinds = 1 + below(4);
  const auto shift = below(4);
  made.outcomes.resize(ids);
  for (auto& outcome : made.outcomes) outcome = static_cast<Outcome>((below(kinds) + shift) % 4);
  if (made.packs.empty()) {
    for (auto& outcome : made.outcomes) outcome = outcome == Outcome::Delivered ? Outcome::Absent : outcome;
  } else if (made.packs.size() > 1) {
    for (std::uint32_t i = 0; i < ids; ++i)
      made.pack_of.push_back(static_cast<std::uint32_t>(below(made.packs.size())));
  }
  for (std::uint32_t i = 0; i < ids; ++i) {
    if (made.outcomes[i] == Outcome::Failed && below(3) != 0)
      made.failures[i] = below(2) != 0 ? "HTTP 500: null" : std::string(below(40), 'r');
    if (made.sifted && made.outcomes[i] == Outcome::Absent && below(3) == 0) made.hopeless.push_back(i);
  }
  const auto came_back_empty = below(3);  // none of what is pending, some, all
  for (std::uint32_t i = 0; i < ids; ++i) {
    if (made.outcomes[i] == Outcome::Pending && came_back_empty > 0 && (came_back_empty == 2 || below(2) == 0))
      made.empties.push_back(i);
    if (kinds > 1 && below(50) == 0) made.found_again.emplace(i, static_cast<std::uint32_t>(below(7)));
  }
  made.sampled = below(6) == 0;
  if (made.done(ids)) made.blocked = false;
  return made;
}

// All delivered in one pack: what nearly every chunk of a finished harvest looks like.
inline ChunkRecord delivered(std::uint32_t ids, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  ChunkRecord made;
  made.requests = 1;
  made.outcomes.assign(ids, Outcome::Delivered);
  made.packs.resize(1);
  for (auto& byte : made.packs[0].hash) byte = static_cast<std::uint8_t>(random());
  made.packs[0].bytes = 20'000'000 + random() % 10'000'000;
  made.packs[0].products = ids;
  return made;
}

}  // namespace garner::ledger::samples
