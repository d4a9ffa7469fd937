// The two TAP services of the simulated archive: the archive's own shape under /tap-server/tap, and a standards-only
// TAP 1.1 under /tap (knob tap.standard). Thread-safe: called on the connections' threads.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "archive_sim/data_server.h"
#include "archive_sim/tap/engine.h"
#include "archive_sim/tap/jobs.h"
#include "archive_sim/tap/tap_report.h"

namespace garner::archive_sim {

class TapServer {
 public:
  explicit TapServer(World& world) : world_(world) {}

  // `path` is what follows the service's base; `base` the base as an absolute URL.
  HttpReply serve(bool gaia, const std::string& path, const std::string& base, const HttpRequest& request,
                  Patience& patience);

  World& world() { return world_; }
  TapReport report;
  TapEngine engine;
  Jobs jobs;

  // Synchronous queries that wait behind a 303, by their number.
  std::string park(TapFields fields);
  std::optional<TapFields> parked(const std::string& id);

 private:
  World& world_;
  std::mutex mutex_;
  std::uint64_t parked_serial_ = 0;
  std::map<std::string, TapFields> parked_;
};

}  // namespace garner::archive_sim
