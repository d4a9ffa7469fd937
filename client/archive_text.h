// How an archive is asked, for people. Pure.
#pragma once

#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "harvest/run/status.h"

namespace garner::client {

// "3 (was 4 until 21:47: success fell to 92 % of the last 50 requests: HTTP 500: Pool empty)"; the number alone where
// it was never changed.
std::string concurrency_text(const harvest::ArchiveStatus& archive, std::time_t now);
// "closed", "open since 21:47: Archive down · 7 probes failed · next try in 4 min".
std::string breaker_text(const harvest::ArchiveStatus& archive, std::time_t now);
// Label and text of each line that tells everything.
std::vector<std::pair<std::string, std::string>> archive_rows(const harvest::ArchiveStatus& archive, std::time_t now);

}  // namespace garner::client
