// Whether a bad answer (damaged, malformed, failed for no stated reason) speaks against its chunk or against the
// archive. Against the archive, while several chunks fail in a row and none passes; but every so often against the
// chunk all the same, so that a harvest of which only spoilt chunks are left comes to its end. Pure; one thread.
#pragma once

#include <cstdint>
#include <set>

#include "ledger/ledger.h"

namespace garner::harvest {

class BadStreak {
 public:
  void good() {
    chunks_.clear();
    in_row_ = 0;
    ++good_;
  }
  // True: the archive is to blame.
  bool bad(ledger::ChunkKey chunk) {
    ++in_row_;
    if (chunks_.size() < kChunks) chunks_.insert(chunk);
    return chunks_.size() == kChunks && in_row_ % kEverySo != 0;
  }
  // Good answers so far: more of them later tell that others pass.
  std::uint64_t good_answers() const { return good_; }

 private:
  static constexpr std::size_t kChunks = 3;
  static constexpr std::uint64_t kEverySo = 6;
  std::set<ledger::ChunkKey> chunks_;
  std::uint64_t in_row_ = 0, good_ = 0;
};

}  // namespace garner::harvest
