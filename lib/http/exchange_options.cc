// How an exchange is set up in libcurl: one option a line, with the reason where it is not plain.
#include "http/exchange.h"

namespace garner::http {

namespace {

long milliseconds(std::chrono::seconds time) {
  return static_cast<long>(std::clamp<std::int64_t>(time.count(), 0, 30L * 24 * 3600) * 1000);
}

bool single_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

}  // namespace

Result<void> Exchange::prepare(const TransportOptions& options, bool fresh) {
  if (!easy_) return fail(Kind::Internal, "libcurl gives no handle");
  body_ = Body(options.budget, request_.spool_directory, request_.max_body_bytes);
  if (auto set = set_headers(); !set) return set;
  set_network(options, fresh);
  set_tls(options);
  set_callbacks();
  if (request_.method == Method::Post) set_body();
  if (request_.method == Method::Delete) curl_easy_setopt(easy(), CURLOPT_CUSTOMREQUEST, "DELETE");
  return {};
}

Result<void> Exchange::add_header(const std::string& line) {
  if (!single_line(line)) return fail(Kind::Invalid, "a header for {} holds a line break or a NUL", origin_.where);
  curl_slist* longer = curl_slist_append(header_lines_.get(), line.c_str());
  if (longer == nullptr) return fail(Kind::Internal, "out of memory");
  (void)header_lines_.release();
  header_lines_.reset(longer);
  return {};
}

Result<void> Exchange::set_headers() {
  // The products are compressed already; a second compression would make sizes disagree. Nothing is decoded here.
  // No "Expect: 100-continue", which some servers answer late or never.
  for (const char* line : {"Accept-Encoding: identity", "Expect:"}) {
    if (auto added = add_header(line); !added) return added;
  }
  for (const auto& [name, value] : request_.headers) {
    // libcurl's spelling of an empty value is "Name;".
    if (auto added = add_header(value.empty() ? name + ";" : name + ": " + value); !added) return added;
  }
  curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, header_lines_.get());
  if (!single_line(request_.cookies))
    return fail(Kind::Invalid, "the cookies for {} hold a line break or a NUL", origin_.where);
  if (!request_.cookies.empty()) curl_easy_setopt(easy(), CURLOPT_COOKIE, request_.cookies.c_str());
  return {};
}

void Exchange::set_body() {
  curl_easy_setopt(easy(), CURLOPT_POST, 1L);
  curl_easy_setopt(easy(), CURLOPT_POSTFIELDS, request_.body.data());  // not copied: request_ outlives the handle
  curl_easy_setopt(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
}

void Exchange::set_network(const TransportOptions& options, bool fresh) {
  CURL* const e = easy();
  curl_easy_setopt(e, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(e, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(e, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(e, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(e, CURLOPT_USERAGENT, options.user_agent.c_str());
  // Set even where empty: neither http_proxy nor no_proxy of the environment counts.
  curl_easy_setopt(e, CURLOPT_PROXY, options.proxy.c_str());
  curl_easy_setopt(e, CURLOPT_NOPROXY, "");
  curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 256L << 10);
  curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, 300L);
  curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request_.timeouts.connect));
  curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, milliseconds(request_.timeouts.total));
  curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE,
                   static_cast<curl_off_t>(std::min<std::uint64_t>(request_.max_body_bytes, INT64_MAX)));
  // After an oddity on this origin nothing left over from it may be read as an answer (curl/curl#10690).
  curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  curl_easy_setopt(e, CURLOPT_FORBID_REUSE, fresh ? 1L : 0L);
}

void Exchange::set_tls(const TransportOptions& options) {
  CURL* const e = easy();
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(e, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) curl_easy_setopt(e, CURLOPT_CAINFO, options.ca_file.c_str());
  const char* bundle = nullptr;
  curl_easy_getinfo(e, CURLINFO_CAINFO, &bundle);
  // The bundle alone counts, not the system's folder beside it: else ca_file would only add to what is trusted, and
  // libcurl would read and parse the bundle for every connection instead of keeping it (CURLOPT_CA_CACHE_TIMEOUT), on
  // the loop.
  if (bundle != nullptr) curl_easy_setopt(e, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(e, CURLOPT_CA_CACHE_TIMEOUT, 3600L);
}

void Exchange::set_callbacks() {
  CURL* const e = easy();
  const curl_write_callback on_header = [](char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->take_header({data, size * count}) ? size * count : std::size_t{0};
  };
  const curl_write_callback on_body = [](char* data, std::size_t size, std::size_t count, void* self) {
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size * count);
    return static_cast<Exchange*>(self)->take_body(bytes) ? size * count
                                                          : static_cast<std::size_t>(CURL_WRITEFUNC_ERROR);
  };
  const curl_prereq_callback on_connected = [](void* self, char*, char*, int, int) {
    static_cast<Exchange*>(self)->note_connected();
    return CURL_PREREQFUNC_OK;
  };
  curl_easy_setopt(e, CURLOPT_PRIVATE, this);
  curl_easy_setopt(e, CURLOPT_ERRORBUFFER, curl_says_.data());
  curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(e, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(e, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected);
  curl_easy_setopt(e, CURLOPT_PREREQDATA, this);
}

}  // namespace garner::http
