#include "archive/origin.h"

#include <algorithm>

namespace garner::archive {

namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHostCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
constexpr std::string_view kAddressCharacters = "abcdef0123456789:.";

bool consists_of(std::string_view text, std::string_view alphabet) {
  return !text.empty() && text.find_first_not_of(alphabet) == text.npos;
}

bool is_port(std::string_view text) {
  if (!consists_of(text, kDigits) || text.size() > 5) return false;
  const int port = std::stoi(std::string(text));
  return port >= 1 && port <= 65535;
}

}  // namespace

bool Origin::is_loopback() const {
  const bool address = consists_of(host, "0123456789.") && std::ranges::count(host, '.') == 3;
  return host == "localhost" || host == "::1" || (address && host.starts_with("127."));
}

std::optional<Origin> parse_origin(std::string_view text) {
  Origin origin;
  if (text.starts_with("https://")) {
    origin.https = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  std::string rest(text);
  std::ranges::transform(rest, rest.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const bool bracketed = rest.starts_with('[');
  const std::size_t host_end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && host_end == rest.npos) return std::nullopt;
  origin.host = bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  const std::string port = host_end == rest.npos ? "" : rest.substr(host_end + (bracketed ? 1 : 0));
  if (!port.empty() && (port[0] != ':' || !is_port(std::string_view(port).substr(1)))) return std::nullopt;
  if (!consists_of(origin.host, bracketed ? kAddressCharacters : kHostCharacters)) return std::nullopt;
  return origin;
}

}  // namespace garner::archive
