// What the archive and the disk go through in a night: episodes of trouble, each for a while, some at the same time.
#pragma once

#include <set>
#include <vector>

#include "../stage.h"
#include "dice.h"

namespace garner::testing::nights {

inline constexpr std::chrono::hours kNight{12};

enum class Trouble {
  Overload,     // 503, pool exhausted: some requests
  RateLimit,    // 429 with a time to come back
  Outage,       // nothing answers
  Maintenance,  // pages where data is due
  Damage,       // answers cut or damaged on their way; not of one id, so that only culprits are given up alone
  Slow,         // everything takes many times as long
  Drip,         // some answers take minutes or hours, or time out
  Lapse,        // the login is refused until somebody looks after it
};
inline constexpr Trouble kTroubles[] = {Trouble::Overload, Trouble::RateLimit, Trouble::Outage, Trouble::Maintenance,
                                        Trouble::Damage,   Trouble::Slow,      Trouble::Drip,   Trouble::Lapse};

class Weather {
 public:
  // From now on, for a night; afterwards it is calm.
  Weather(Dice& dice, const VirtualLoop& loop);

  // What becomes of a request for so many ids, which ends now.
  std::optional<Error> blow(std::size_t ids);
  Duration latency();
  bool disk_is_full() const;
  // What a look at the disk finds: low where it is full, and for a while before and after.
  output::DiskSpace disk_space() const;

 private:
  struct Episode {
    Duration from, to;
    Trouble trouble{};
    double chance = 1;  // of a request to meet it
  };
  const Episode* meets(Trouble trouble);
  bool disk_is_full(Duration at) const;
  Duration since_begin() const { return loop_.now() - begin_; }

  Dice& dice_;
  const VirtualLoop& loop_;
  SteadyTime begin_;
  std::vector<Episode> episodes_;
  std::vector<Episode> full_disk_;
  Duration usual_;
};

}  // namespace garner::testing::nights
