// garnerd.yaml: where the daemon keeps its state, where it listens, where it may write. Strict: every problem is
// reported at once with file, line and column.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/rate_limits.h"
#include "policy/disk_watch.h"

namespace garner::daemon {

struct Config {
  std::string state_directory;  // the ledger lives below it
  std::string socket;
  std::string group;                      // members may use the control socket; empty: only root and the daemon's user
  std::vector<std::string> output_roots;  // harvests may write below these
  std::string archives_directory;         // archive profiles, NAME.yaml
  unsigned workers = 0;                   // threads that read, compress and sync; 0: one a core and two more
  std::uint64_t reply_memory_mib = 96;    // for all replies and what is inflated of them
  std::chrono::seconds drain{30};         // how long a stop waits for what is in flight
  std::map<std::string, std::uint32_t> in_flight_most;  // by archive; over the profile's own
  std::map<std::string, RateLimits> rate_limits;        // the same
  policy::Watermarks watermarks;                        // when a disk has too little left to start anything more
  log::Level log_level = log::Level::Info;
};

// Defaults of a system service for root, of a user's own daemon (XDG paths) for everybody else.
Config default_config();
// Where the configuration is looked for when --config is not given.
std::string default_config_path();

// Relative paths are refused. Errors: Malformed, Invalid.
Result<Config> parse_config(std::string_view text, const std::string& file_name);
// The same of a file; also NotFound.
Result<Config> read_config(const std::string& path);

}  // namespace garner::daemon
