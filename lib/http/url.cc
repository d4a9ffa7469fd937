#include "http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace garner::http {

namespace {

constexpr std::size_t kLongestUrl = 16u << 10;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

std::string part(const Url& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool is_clean(std::string_view text) {
  return text.size() <= kLongestUrl &&
         std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
}

bool set(const Url& url, std::string_view text) {
  return is_clean(text) &&
         curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
}

bool is_ours(const Url& url) {
  const std::string scheme = part(url, CURLUPART_SCHEME);
  return (scheme == "http" || scheme == "https") && !part(url, CURLUPART_HOST).empty() &&
         part(url, CURLUPART_USER).empty() && part(url, CURLUPART_PASSWORD).empty();
}

}  // namespace

std::optional<std::string> resolve_url(const std::string& base, std::string_view reference) {
  const Url url(curl_url());
  if (!url || reference.empty() || !set(url, base) || !is_ours(url) || !set(url, reference) || !is_ours(url))
    return std::nullopt;
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  return part(url, CURLUPART_URL);
}

std::optional<std::string> origin_of(const std::string& text) {
  const Url url(curl_url());
  if (!url || !set(url, text) || !is_ours(url)) return std::nullopt;
  std::string origin = part(url, CURLUPART_SCHEME) + "://" + part(url, CURLUPART_HOST) + ":" +
                       part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::ranges::transform(origin, origin.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return origin;
}

bool same_origin(const std::string& a, const std::string& b) {
  const auto origin = origin_of(a);
  return origin && origin == origin_of(b);
}

}  // namespace garner::http
