// What the simulator was asked and what it answered: the truth against which a harvest is checked. Counts
// data-server/data requests (logins apart). Thread-safe.
//
// A request ends when its last byte is handed to the socket, before the client can have seen it, so that a client which
// reads the report after its own last reply finds that reply counted.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace garner::archive_sim {

class Report {
 public:
  // One data request from its arrival to its end.
  struct Request {
    std::uint64_t ordinal = 0;
    std::uint64_t generation = 0;  // which reset it belongs to
    std::string type;
    std::vector<std::uint64_t> ids;
    std::string fault;    // empty: none
    bool proper = false;  // the body answers for every id, if it is sent whole
    bool ended = false;
  };
  using RequestPtr = std::shared_ptr<Request>;

  Report();

  RequestPtr begin();
  // Counts the ids; every id that the request names, however it is answered.
  void asked(const RequestPtr& request, std::string type, std::vector<std::uint64_t> ids);
  void faulted(const RequestPtr& request, std::string_view fault);
  void sent(std::uint64_t bytes);
  // `complete`: all of the body was sent. Calls after the first do nothing.
  void end(const RequestPtr& request, bool complete);
  void logged_in();
  void login_refused();
  void logged_out();

  void reset();
  std::string json() const;
  // Lines "source_id TAB times asked TAB times answered in full".
  std::string asked_text(std::string_view type) const;

 private:
  struct IdCounts {
    std::uint32_t asked = 0, answered = 0;
  };
  struct TypeCounts {
    std::uint64_t requests = 0;
    std::unordered_map<std::uint64_t, IdCounts> ids;
  };

  mutable std::mutex mutex_;
  std::uint64_t generation_ = 0;
  std::uint64_t requests_ = 0, ok_ = 0, faulted_ = 0, bytes_sent_ = 0, logins_ = 0, logins_refused_ = 0, logouts_ = 0;
  std::uint64_t concurrency_ = 0, highest_concurrency_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> faults_;
  std::map<std::string, TypeCounts, std::less<>> types_;
  double cpu_at_reset_ = 0;
};

}  // namespace garner::archive_sim
