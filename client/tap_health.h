// How an archive's TAP service does: is it available, by its own word; does it offer what the profile's verbs need; how
// long does a tiny query take? Three requests, one after the other; one that fails does not hinder the next. Blocking.
#pragma once

#include <optional>
#include <string>

#include "client/tap_console.h"
#include "ivoa/vosi.h"

namespace garner::client {

struct TapHealth {
  std::string url, adql;
  Result<ivoa::Availability> availability;
  Result<ivoa::Capabilities> capabilities;
  Result<std::uint64_t> rows;  // of the query
  Duration query_time{};
  bool interrupted = false;  // by Ctrl-C: the rest says nothing

  // Available, with a TAP capability, and the query brought its row.
  bool good() const;
};

// With a session of the user's; without cookies anonymously.
TapHealth ask_tap(const archive::Profile& profile, const std::string& cookies);

std::string tap_health_text(const TapHealth& health);
std::string tap_health_json(const TapHealth& health);

}  // namespace garner::client
