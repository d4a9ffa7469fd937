// `data-server/data`: from form fields to a reply, with the delays and faults that the knobs ask for. Thread-safe:
// called on the connections' threads.
#pragma once

#include <functional>

#include "archive_sim/faults.h"
#include "archive_sim/http_server.h"
#include "archive_sim/member_cache.h"
#include "archive_sim/report.h"
#include "archive_sim/sessions.h"

namespace garner::archive_sim {

// What the parts of the simulator share.
struct World {
  Knobs knobs_copy() const;
  void set_knobs(Knobs knobs);

  Report report;
  FaultDice dice;
  Sessions sessions;
  MemberCache cache;
  bool tls = false;
  std::function<void(const Report::Request&, unsigned status, std::uint64_t bytes)> log;  // may be empty

 private:
  mutable std::mutex mutex_;
  Knobs knobs_;
};

// A reply that is a page or a text.
HttpReply text_reply(unsigned status, std::string content_type, std::string text);

HttpReply serve_data(World& world, const HttpRequest& request, Patience& patience);

}  // namespace garner::archive_sim
