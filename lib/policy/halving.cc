#include "policy/halving.h"

namespace garner::policy {

std::optional<Halving> halved(std::uint64_t asked) {
  if (asked <= 1) return std::nullopt;
  return Halving{asked, (asked + 1) / 2};
}

Halving cleared(Halving now, std::uint64_t asked) {
  if (now.suspects <= asked) return {};  // also where the trouble has passed by itself
  const std::uint64_t left = now.suspects - asked;
  return {left, (left + 1) / 2};
}

}  // namespace garner::policy
