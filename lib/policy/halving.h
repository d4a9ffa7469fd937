// Finding the source that spoils its chunk's answers: the set that failed is halved until the culprit stands alone. Of
// a set that fails one half is asked; if that is good, the culprit is in the other, which is not asked as a whole
// again. One culprit among 500 is found in eleven requests at most, repeats not counted. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace garner::policy {

struct Halving {
  std::uint64_t suspects = 0;  // the first so many of the pending ids hold a culprit; 0: nobody is suspected
  std::uint64_t width = 0;     // ids to ask for next; 0: all
  bool operator==(const Halving&) const = default;
};

// The first `asked` ids failed again and again. Nothing: there is one, the culprit.
std::optional<Halving> halved(std::uint64_t asked);
// The first `asked` of the suspects are well, and not pending any more.
Halving cleared(Halving now, std::uint64_t asked);

}  // namespace garner::policy
