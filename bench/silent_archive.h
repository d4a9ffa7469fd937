// An archive that takes requests and never answers: tells when the first one came. For measuring how long a daemon
// takes from its start to its first request, without any other cost. Listens on a port of loopback; a thread of its
// own.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

namespace garner::bench {

class SilentArchive {
 public:
  SilentArchive();
  ~SilentArchive();

  std::uint16_t port() const { return port_; }
  // Forgets what came so far. Call it while no client is there.
  void forget();
  // Monotonic seconds (now_s) when the first bytes of a request came; nothing yet, or after the deadline.
  std::optional<double> wait_for_request(double until_s) const;

 private:
  void serve(const std::stop_token& stop);
  void accept_one();
  void read_one(std::size_t index);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::vector<int> clients_;
  std::atomic<double> first_{0};
  std::jthread thread_;
};

// A port of loopback on which nothing listens.
std::uint16_t closed_port();

}  // namespace garner::bench
