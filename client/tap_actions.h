// What `garner tap` and `garner cone` do once their archive is known. Each returns the exit code.
#pragma once

#include "client/tap_answer.h"
#include "client/tap_console.h"

namespace garner::client {

struct Question {
  ivoa::Query query;  // its format is delivery.format
  bool asynchronous = false;
  Delivery delivery;
  std::string by_job = "--async";  // what to do for more time and rows, in messages
  std::uint64_t top = 0;  // rows that the query itself asks for at most, so that as many are no surprise; 0: not told
};

// Asks and hands out the rows; says so where they were cut.
int answer_question(Session& session, const archive::Profile& profile, Question question);

// Where the answer goes, by --format and -o; the format asked for is `rendered` where neither tells.
Delivery delivery_of(const Arguments& arguments);

// Hands out the answer of a finished question: verdict first. The exit code; `good` tells whether the rows were handed
// out.
int hand_out(Session& session, const Delivery& delivery, std::span<const std::byte> body, const AnswerFacts& facts,
             bool& good);

int tap_query(Session& session, const archive::Profile& profile);
int tap_tables(Session& session, const archive::Profile& profile);
int tap_jobs(Session& session, const archive::Profile& profile);

}  // namespace garner::client
