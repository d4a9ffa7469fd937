// Replies of an archive that means harm. Each shape is one attack on whoever reads it; README.md has the list. Pure
// functions; any thread.
#pragma once

#include <span>
#include <string_view>

#include "archive_sim/data_request.h"
#include "archive_sim/http_server.h"

namespace garner::archive_sim {

std::span<const std::string_view> hostile_shapes();

// `shape` is one of them. Redirects lead to `location`, unless it is empty.
HttpReply hostile_reply(std::string_view shape, const DataRequest& request, const std::string& location);

}  // namespace garner::archive_sim
