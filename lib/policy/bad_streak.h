// Whether a bad answer (damaged, malformed, failed for no stated reason) speaks against its chunk or perhaps against
// the archive: the latter while several chunks fail in a row and nothing passes. Pure; one thread.
#pragma once

#include <cstdint>
#include <set>

#include "ledger/ledger.h"

namespace garner::policy {

class BadStreak {
 public:
  void good() {
    chunks_.clear();
    ++good_;
  }
  // True: the archive may be to blame.
  bool bad(ledger::ChunkKey chunk) {
    if (chunks_.size() < kChunks) chunks_.insert(chunk);
    return chunks_.size() == kChunks;
  }
  // Counting starts anew.
  void forget() { chunks_.clear(); }
  // Good answers so far: more of them later tell that others pass.
  std::uint64_t good_answers() const { return good_; }

 private:
  static constexpr std::size_t kChunks = 3;
  std::set<ledger::ChunkKey> chunks_;
  std::uint64_t good_ = 0;
};

}  // namespace garner::policy
