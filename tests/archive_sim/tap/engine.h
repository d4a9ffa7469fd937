// From a query's text to encoded rows, over the sky that the knobs ask for; bodies are cached by query, so that a large
// answer is made once. Thread-safe.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "archive_sim/knobs.h"
#include "archive_sim/tap/encode.h"
#include "archive_sim/tap/sky.h"
#include "archive_sim/tap/tap_request.h"

namespace garner::archive_sim {

struct TapQuestion {
  std::string query;
  TapFormat format = TapFormat::Votable;
  std::optional<std::uint64_t> max_rec;
  std::uint64_t row_cap = 0;  // the service's own; 0: none
  bool cap_says_overflow = true;
  Uploads uploads;
  std::string job_id;
  bool gaia = true;        // names in lower case, the archive's INFOs
  bool miscounts = false;  // COUNT(*) says one too many
};

struct TapAnswer {
  std::string error;      // empty: there are rows
  unsigned status = 200;  // of the error on sync
  Encoded encoded;
  bool overflow = false;   // told
  double execution_s = 0;  // virtual
};

class TapEngine {
 public:
  std::shared_ptr<const Sky> sky(const Knobs& knobs);
  TapAnswer run(const TapQuestion& question, const Knobs& knobs);

 private:
  std::optional<Encoded> cached(const std::string& key);
  void keep(const std::string& key, const Encoded& encoded, std::uint64_t limit_bytes);

  std::mutex mutex_;
  std::string sky_key_;
  std::shared_ptr<const Sky> sky_;
  std::list<std::pair<std::string, Encoded>> cache_;  // the latest used first
  std::uint64_t cache_bytes_ = 0;
};

}  // namespace garner::archive_sim
