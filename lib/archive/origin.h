// Private to lib/archive: the origin of a URL, "http(s)://host[:port]" (RFC 6454 §4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace garner::archive {

struct Origin {
  bool https = false;
  std::string host;  // lower case; an IPv6 address without its brackets
  bool is_loopback() const;
};

// Nothing unless the text is an origin and no more: no user, path, query, fragment or blank.
std::optional<Origin> parse_origin(std::string_view text);

}  // namespace garner::archive
