#include "archive_sim/faults.h"

#include <algorithm>

#include "archive_sim/random.h"

namespace garner::archive_sim {

bool FaultDice::fires(const FaultKnob& knob, Fault fault, std::uint64_t seed, std::uint64_t ordinal,
                      std::string_view type, std::span<const std::uint64_t> ids) {
  if (!knob.types.empty() && std::ranges::find(knob.types, type) == knob.types.end()) return false;
  if (std::ranges::find(knob.script, ordinal) != knob.script.end()) return true;
  if (!knob.ids.empty() &&
      std::ranges::any_of(ids, [&](std::uint64_t id) { return std::ranges::binary_search(knob.ids, id); }))
    return true;
  return unit_interval(mix(mix(seed, hash_text(fault_name(fault))), ordinal)) < knob.probability;
}

bool FaultDice::still_allowed(std::size_t fault, std::uint64_t times) {
  const std::lock_guard lock(mutex_);
  if (times > 0 && fired_[fault] >= times) return false;
  ++fired_[fault];
  return true;
}

void FaultDice::reset() {
  const std::lock_guard lock(mutex_);
  fired_ = {};
}

}  // namespace garner::archive_sim
