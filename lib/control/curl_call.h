// Private to lib/control (.cc files only): one HTTP exchange over a Unix socket by libcurl's easy interface. Blocking;
// any thread, one at a time.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <map>
#include <string>

#include "base/error.h"

namespace garner::control {

struct CallReply {
  long status = 0;
  std::string body;
  std::map<std::string, std::string> headers;  // ours only ("x-garner-…"), names in lower case
};

// Fills the buffer with up to `room` bytes; 0 is the end, CURL_READFUNC_ABORT gives the upload up.
using ReadBytes = std::function<std::size_t(char* buffer, std::size_t room)>;

struct Call {
  std::string socket_path, method = "GET", path;  // path with its query, percent-encoded
  ReadBytes upload = nullptr;                     // of POST; none: an empty body
  std::uint64_t reply_bytes_most = 64u << 20;
  long timeout_s = 0;  // none: as long as it takes
};

// A reply with status 200 to 299; everything else is the Error that the daemon's answer holds, or that says why none
// came.
Result<CallReply> perform(const Call& call);

}  // namespace garner::control
