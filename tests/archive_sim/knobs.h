// What can be turned on the simulator while it runs: delays, faults, absent products, the structure vocabulary, logins.
// README.md has the table of the JSON keys. Values; the one shared copy is guarded by the Simulator.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive_sim/tap/tap_knobs.h"
#include "base/error.h"

namespace garner::archive_sim {

// In the order in which they are tried: the first that fires is the request's fault.
enum class Fault {
  Hang,
  Maintenance200,
  ServiceError200,
  PoolEmpty500,
  Null500,
  UnknownType500,
  Overload503,
  TooMany429,
  EmptyBody200,
  Hostile,
  WrongStructure,
  CutProduct,
  WrongNaxis2,
  ForeignMember,
  WrongReleaseMember,
  WrongTypeMember,
  DuplicateMember,
  LeftOut,
  BadCrc,
  TruncateZip,
  ResetAfterKib,
  StallAfterKib,
  SlowDrip,
};
inline constexpr std::size_t kFaultCount = static_cast<std::size_t>(Fault::SlowDrip) + 1;

std::string_view fault_name(Fault fault);  // "maintenance_200", ...

// When a fault fires (any of the three suffices) and how strong it is.
struct FaultKnob {
  double probability = 0;
  std::vector<std::uint64_t> script;  // ordinals of data requests, from 1
  std::vector<std::uint64_t> ids;     // sorted
  std::vector<std::string> types;     // only for these retrieval_types; empty: all
  std::uint64_t times = 0;            // at most so often; 0: no limit
  std::string retry_after;            // overload_503, too_many_429
  std::string shape;                  // hostile
  std::string location;               // hostile, of redirects
  std::optional<std::uint64_t> kib;   // reset_after_kib, stall_after_kib, service_error_200
  std::uint64_t bytes = 100;          // truncate_zip
  std::uint64_t bytes_per_s = 1024;   // slow_drip
  double share = 0.5;                 // left_out
};

enum class Vocabulary { Old, New, Both };

struct Knobs {
  std::uint64_t seed = 1;
  Latency latency;
  std::array<std::optional<FaultKnob>, kFaultCount> faults;
  double absent_fraction = 0;  // of the types not named below
  std::map<std::string, double, std::less<>> absent_of_type;
  double half_null_xp = 0.02;
  Vocabulary vocabulary = Vocabulary::Both;
  bool content_length = false;
  bool cache_members = false;
  int deflate_level = 4;                                  // half the work of 6, 4 % more bytes
  std::map<std::string, std::string, std::less<>> users;  // name, password
  bool require_login = false;
  double session_lifetime_s = 0;       // 0: for ever
  std::uint64_t session_requests = 0;  // lapses after so many data requests; 0: never
  bool new_cookies_on_lapse = true;    // a reply to a lapsed session hands out another
  double private_fraction = 0;         // share of sources whose products the anonymous don't see
  std::uint64_t max_ids = 5000;
  std::uint64_t max_uri_bytes = 8192;
  std::string default_release = "Gaia DR3";
  std::uint64_t sky_sources = 50'000, sky_seed = 1;  // TAP's catalogue
  double sky_null_random_index = 0;                  // share of its sources without a random_index
  TapKnobs tap;

  double absent_fraction_of(std::string_view type) const;
};

// `json` laid over `knobs`; what it does not name stays. A fault given anew replaces the old one, null takes it away.
// Unknown keys, wrong types and values out of range are refused with the key's name (Kind::Invalid).
Result<Knobs> merge_knobs(Knobs knobs, std::string_view json);

std::string knobs_json(const Knobs& knobs);

}  // namespace garner::archive_sim
