// Private to lib/http. What a CURLcode means to the caller: the one table of it.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "base/error.h"
#include "http/transport.h"

namespace garner::http {

struct FailureFacts {
  CURLcode code = CURLE_OK;
  std::string_view curl_says;  // CURLOPT_ERRORBUFFER
  std::string_view where;      // host:port
  long verify_result = 0;      // CURLINFO_SSL_VERIFYRESULT: an X509_V_* code
  long os_error = 0;           // CURLINFO_OS_ERRNO
  bool connected = false;      // the request was about to be sent
  bool reply_begun = false;
  const Timeouts* timeouts = nullptr;
};

Error describe_failure(const FailureFacts& facts);

}  // namespace garner::http
