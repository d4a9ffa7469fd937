// What a verb works with: what was asked, the terminal, the daemon. One thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/error.h"
#include "client/terminal.h"
#include "control/client.h"

namespace garner::client {

struct Arguments {
  std::string socket;
  bool json = false, no_color = false;
  std::string harvest, source_id, retrieval_type, manifest, output, outcome;
  std::string archives_directory, action, archive, record_directory;
  std::string words, job, table, format, maxrec, limit, ra, dec, radius;
  std::vector<std::string> uploads;
  std::string credentials;
  bool asynchronous = false, anonymous = false;
  bool plan = false, wait = false, names = false, delete_data = false, verbose = false;
  std::string chunk, last;
  bool follow = false, repair = false;
};

// How often a live view looks; shorter in tests.
struct Pace {
  std::chrono::milliseconds poll{500};           // between two looks
  std::chrono::milliseconds plain_line{10'000};  // least time between two lines in a pipe while the state stays
  std::chrono::milliseconds reconnect{60'000};   // how long a daemon that went away is waited for
};

struct Session {
  Arguments arguments;
  Terminal& terminal;
  const Environment& environment;
  Pace pace;
  control::Client client;

  // Says what went wrong on standard error (with --json as JSON) and returns the exit code.
  int fail(const Error& error);
};

}  // namespace garner::client
