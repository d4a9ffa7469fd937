// What a failed attempt means for its chunk, its retrieval_type, its harvest and the archive. Pure: state and
// randomness in, decision out.
#pragma once

#include <cstdint>

#include "archive/profile.h"
#include "base/error.h"
#include "base/executor.h"
#include "base/random.h"
#include "policy/breaker.h"

namespace garner::policy {

enum class Next {
  RetryChunk,   // later, after `wait`
  BlockChunk,   // hopeless for now: its sources stay pending until `garner retry`
  BlockType,    // the request is wrong, or we may not ask: all chunks of the retrieval_type wait for an operator
  HoldHarvest,  // a fault of ours or of the disk (own_trouble.h)
  Stop,         // cancelled: nothing to record
};

struct Verdict {
  Next next = Next::RetryChunk;
  bool counted = false;          // an attempt of the chunk's limited number
  bool archive_trouble = false;  // counts against the archive, not the chunk
  Duration wait{};
};

// Exponential with full jitter: uniform in [0, min(most, first × 2^(failures-1))].
Duration back_off(std::uint32_t failures, const archive::Manners& manners, Random& random);

// counted_attempts: of this chunk, this one included if it counts. archive_failures: in a row, this one included.
Verdict judge_failure(const Error& error, std::uint32_t counted_attempts, std::uint32_t archive_failures,
                      const archive::Manners& manners, Random& random);

// Whether an error of this kind counts against the chunk, or against the archive.
bool counts_as_attempt(Kind kind);
bool is_archive_trouble(Kind kind);
// Whether the archive is well, though it did not give what was asked: it says what is wrong with the request.
bool is_answer(Kind kind);

}  // namespace garner::policy
