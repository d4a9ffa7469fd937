// Percent-encoding of path segments, query values and our own header values (RFC 3986 §2.1).
#pragma once

#include <string>
#include <string_view>

namespace garner::control {

// Everything but letters, digits, '-', '.', '_' and '~' is encoded.
std::string percent_encode(std::string_view text);
// A '%' without two hexadecimal digits behind it stands for itself.
std::string percent_decode(std::string_view text);

}  // namespace garner::control
