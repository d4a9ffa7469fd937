#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace garner {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::Transient:
      return "transient";
    case Kind::Overloaded:
      return "overloaded";
    case Kind::Maintenance:
      return "maintenance";
    case Kind::RateLimited:
      return "rate_limited";
    case Kind::NotFound:
      return "not_found";
    case Kind::Malformed:
      return "malformed";
    case Kind::TooLarge:
      return "too_large";
    case Kind::Auth:
      return "auth";
    case Kind::Quota:
      return "quota";
    case Kind::Suspect:
      return "suspect";
    case Kind::Unsupported:
      return "unsupported";
    case Kind::DiskFull:
      return "disk_full";
    case Kind::Corrupt:
      return "corrupt";
    case Kind::Cancelled:
      return "cancelled";
    case Kind::Invalid:
      return "invalid";
    case Kind::Conflict:
      return "conflict";
    case Kind::Internal:
      return "internal";
  }
  return "internal";
}

std::unexpected<Error> fail_errno(int error_number, std::string_view what) {
  const auto kind = [error_number] {
    switch (error_number) {
      case ENOSPC:
      case EDQUOT:
        return Kind::DiskFull;
      case ENOENT:
      case ENOTDIR:
        return Kind::NotFound;
      default:
        return Kind::Internal;
    }
  }();
  return fail(kind, "{}: {}", what, std::strerror(error_number));
}

namespace {

// Length of the well-formed UTF-8 sequence at the start of text, 0 if there is none (RFC 3629 §4).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 && lead <= 0xF4  ? 4
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (out.size() + std::max<std::size_t>(length, 1) > max_bytes) {
      out += "…";
      break;
    }
    const auto first = static_cast<unsigned char>(text[0]);
    const bool c1_control = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (length == 0 || c1_control) {
      out += '?';
    } else if (length == 1 && (first < 0x20 || first == 0x7F)) {
      out += (first == '\n' || first == '\t' || first == '\r') ? ' ' : '?';
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace garner
