// The one table that judges replies: (status, headers, message, first and last bytes) to a Kind, with the classes and
// the precedence of the service's observed behaviour. Text of product services is matched here and nowhere else; TAP's
// in ivoa/dali. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/transport.h"

namespace garner::archive {

// Nothing if the reply is due to be read as a zip; else the Error that says what to do, its text holding the archive's
// own words.
std::optional<Error> judge_reply(const http::Reply& reply, WallTime now);

// Whom a page of the product service names as the asker: "anonymous" or a user's name. Nothing where it names nobody.
std::optional<std::string> asker_of(const http::Reply& reply);

}  // namespace garner::archive
