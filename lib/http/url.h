// URLs as services hand them out: a reference resolved against where it stood, and which origin a URL belongs to.
// Only http and https; a URL with credentials, blanks or control characters is none.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace garner::http {

// The reference (absolute, "/path", "path", "?query") as seen from the base (RFC 3986 §5), without its fragment.
// Nothing if either is no URL.
std::optional<std::string> resolve_url(const std::string& base, std::string_view reference);

// "https://host:port" in lower case, the port always given (RFC 6454 §4). Nothing if it is no URL.
std::optional<std::string> origin_of(const std::string& url);

// False if either is no URL.
bool same_origin(const std::string& a, const std::string& b);

}  // namespace garner::http
