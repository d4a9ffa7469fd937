#include <algorithm>
#include <bit>

#include "manifest/id_list.h"

namespace garner::manifest {

namespace {

// An id is a multiple of 2^7 (its running number's low bits are 0), and a double keeps 53 bits: below 2^60 every id
// survives.
constexpr int kBitsThatAlwaysSurvive = 60;
constexpr std::uint64_t kEvidenceEnough = 40;

}  // namespace

void DoubleTrap::see(SourceId id) {
  if (one_survived_not_ || (id.value >> kBitsThatAlwaysSurvive) == 0) return;
  if (static_cast<std::uint64_t>(static_cast<double>(id.value)) != id.value) {
    one_survived_not_ = true;
    seen_ = {};
    return;
  }
  if (evidence_bits_ >= kEvidenceEnough || std::ranges::find(seen_, id.value) != seen_.end()) return;
  seen_.push_back(id.value);
  evidence_bits_ += static_cast<std::uint64_t>(std::bit_width(id.value) - kBitsThatAlwaysSurvive);
}

bool DoubleTrap::spoiled() const {
  return !one_survived_not_ && evidence_bits_ >= kEvidenceEnough;
}

}  // namespace garner::manifest
