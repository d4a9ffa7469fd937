// Asks an archive for its profile's probe source, as garnerd would ask for a chunk of one, and holds what comes against
// the profile. In this process, with the caller's rights; the daemon has no part in it. Blocking; runs the given loop.
#pragma once

#include <string>
#include <vector>

#include "archive/profile.h"
#include "base/uv_loop.h"
#include "http/transport.h"
#include "product/contents.h"

namespace garner::client {

// One exchange about products as it went over the wire, bodies whole. Holds no secret: cookies and what sets them are
// left out.
struct ExchangeRecord {
  std::vector<std::pair<std::string, std::string>> asked;  // the form's fields
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration first_byte{}, total{};
};

struct CameProduct {
  std::string name;
  std::uint64_t bytes = 0;
};

struct ProbeResult {
  std::string identity;
  std::string spelling;  // of data_structure, that was asked with last
  std::vector<ExchangeRecord> exchanges;
  std::string expected_name;
  std::vector<CameProduct> came;  // verified products
  std::optional<Error> error;     // of the archive, or about its reply
};

// A session at hand. Without a user: the profile's own credentials, else anonymous.
struct ProbeSession {
  std::string user, cookies;
};

// Tries the profile's other spelling of INDIVIDUAL once if the first is refused.
ProbeResult probe_archive(const archive::Profile& profile, http::Transport& transport, UvLoop& loop,
                          const ProbeSession& session = {});

// NNN.json and NNN.body in the folder (made if missing), as garner-archive-sim --replay reads them.
Result<std::vector<std::string>> write_exchanges(const std::string& folder,
                                                 const std::vector<ExchangeRecord>& exchanges);

// The fields of an application/x-www-form-urlencoded body.
std::vector<std::pair<std::string, std::string>> form_fields(std::string_view body);

}  // namespace garner::client
