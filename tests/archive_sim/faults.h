// Which fault, if any, a data request meets. For one seed and one order of requests always the same. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "archive_sim/knobs.h"

namespace garner::archive_sim {

struct FiredFault {
  Fault fault;
  FaultKnob knob;
};

class FaultDice {
 public:
  // `can_apply` says whether the fault makes sense for this request (a wrong NAXIS2 wants FITS).
  template <class CanApply>
  std::optional<FiredFault> throw_for(const Knobs& knobs, std::uint64_t ordinal, std::string_view type,
                                      std::span<const std::uint64_t> ids, CanApply can_apply) {
    for (std::size_t i = 0; i < kFaultCount; ++i) {
      const auto fault = static_cast<Fault>(i);
      if (knobs.faults[i] && fires(*knobs.faults[i], fault, knobs.seed, ordinal, type, ids) && can_apply(fault) &&
          still_allowed(i, knobs.faults[i]->times))
        return FiredFault{fault, *knobs.faults[i]};
    }
    return std::nullopt;
  }

  void reset();

 private:
  static bool fires(const FaultKnob& knob, Fault fault, std::uint64_t seed, std::uint64_t ordinal,
                    std::string_view type, std::span<const std::uint64_t> ids);
  bool still_allowed(std::size_t fault, std::uint64_t times);

  std::mutex mutex_;
  std::array<std::uint64_t, kFaultCount> fired_{};
};

}  // namespace garner::archive_sim
