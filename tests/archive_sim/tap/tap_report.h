// What the TAP services were asked: the truth against which a client is checked. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "archive_sim/tap/tap_knobs.h"

namespace garner::archive_sim {

class TapReport {
 public:
  struct Query {
    std::string endpoint, job, user, adql, outcome;  // outcome: "OK", "OVERFLOW" or the error's text
    std::uint64_t rows = 0, upload_rows = 0;
  };

  // Counts a request to `endpoint` and says the how-manieth of its kind it is.
  std::uint64_t begin(std::string_view endpoint);
  void end();
  void sent(std::uint64_t bytes);
  void ran(Query query);
  void job_created(bool with_upload);
  void job_run(std::uint64_t running_now);
  void job_deleted();

  // The fault of this request, if there is one.
  std::optional<std::pair<TapFault, TapFaultKnob>> fault(const TapKnobs& knobs, std::uint64_t seed,
                                                         std::string_view endpoint, std::uint64_t ordinal,
                                                         std::string_view query);
  void reset();
  nlohmann::ordered_json json() const;
  std::string queries_text() const;  // one line of JSON a query that was run

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> requests_, faults_;
  std::array<std::uint64_t, kTapFaultCount> fired_{};
  std::vector<Query> queries_;
  std::uint64_t bytes_sent_ = 0, concurrency_ = 0, highest_concurrency_ = 0;
  std::uint64_t created_ = 0, created_with_upload_ = 0, run_ = 0, deleted_ = 0, highest_running_ = 0;
};

}  // namespace garner::archive_sim
