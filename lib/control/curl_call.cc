#include "control/curl_call.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "control/listen_socket.h"
#include "control/messages.h"
#include "control/percent.h"

namespace garner::control {

namespace {

struct Exchange {
  const Call& call;
  CallReply reply;
  bool too_large = false;
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (exchange.reply.body.size() + size > exchange.call.reply_bytes_most) {
    exchange.too_large = true;
    return 0;
  }
  exchange.reply.body.append(data, size);
  return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& headers = static_cast<Exchange*>(self)->reply.headers;
  std::string_view line(data, size);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || headers.size() > 20) return size;
  std::string name(line.substr(0, colon));
  for (auto& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (!name.starts_with("x-garner-")) return size;
  line.remove_prefix(colon + 1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  headers[name] = percent_decode(line);
  return size;
}

std::size_t on_read(char* buffer, std::size_t, std::size_t room, void* self) {
  return static_cast<Exchange*>(self)->call.upload(buffer, room);
}

// Why the socket can't be connected to: libcurl tells only that it could not.
int connect_errno(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  const int error = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

std::unexpected<Error> unreachable(const std::string& path) {
  switch (connect_errno(path)) {
    case EACCES:
    case EPERM:
      return fail(Kind::Auth,
                  "you may not use the daemon's socket {}: ask its operator to add you to the group of that file",
                  path);
    case ENOENT:
    case ENOTDIR:
      return fail(Kind::Transient,
                  "no daemon: there is no socket {}. Start it with `systemctl start garnerd`, or `garnerd --config "
                  "FILE`, or name its "
                  "socket with --socket",
                  path);
    default:
      return fail(Kind::Transient,
                  "no daemon answers on {}. Start it with `systemctl start garnerd` or `garnerd --config FILE`", path);
  }
}

void set_options(CURL* curl, const Call& call, Exchange& exchange, curl_slist* headers, const std::string& url) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, call.socket_path.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, call.timeout_s);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  if (call.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    if (call.upload) {
      curl_easy_setopt(curl, CURLOPT_READFUNCTION, &on_read);
      curl_easy_setopt(curl, CURLOPT_READDATA, &exchange);
      curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 1L << 20);
    } else {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L);
    }
  } else if (call.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  }
}

curl_slist* header_list(const Call& call) {
  if (!call.upload) return nullptr;
  curl_slist* list = curl_slist_append(nullptr, "Transfer-Encoding: chunked");
  return curl_slist_append(list, "Content-Type: application/vnd.garner.submission");
}

Result<CallReply> verdict(CURLcode code, Exchange& exchange) {
  const auto& path = exchange.call.socket_path;
  if (exchange.too_large)
    return fail(Kind::TooLarge, "the daemon's answer has more than {} bytes", exchange.call.reply_bytes_most);
  if (code == CURLE_COULDNT_CONNECT) return unreachable(path);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return fail(Kind::Transient, "the daemon on {} did not answer within {} s; `systemctl status garnerd` may tell why",
                path, exchange.call.timeout_s);
  }
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail(Kind::Cancelled, "the submission was given up");
  if (code != CURLE_OK) return fail(Kind::Transient, "the daemon on {} went away: {}", path, curl_easy_strerror(code));
  if (exchange.reply.status >= 200 && exchange.reply.status < 300) return std::move(exchange.reply);
  auto error = parse_error(static_cast<int>(exchange.reply.status), exchange.reply.body);
  if (error.kind == Kind::Transient)
    error.kind = Kind::Overloaded;  // Transient is kept for a daemon that can't be reached
  return std::unexpected(std::move(error));
}

}  // namespace

Result<CallReply> perform(const Call& call) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (call.socket_path.empty() || call.socket_path.size() > kSocketPathMost) {
    return fail(Kind::Invalid, "socket '{}': a Unix socket's path has 1 to {} bytes", call.socket_path,
                kSocketPathMost);
  }
  CURL* curl = global == CURLE_OK ? curl_easy_init() : nullptr;
  if (curl == nullptr) return fail(Kind::Internal, "libcurl does not start");
  Exchange exchange{call, {}, false};
  curl_slist* headers = header_list(call);
  const std::string url = "http://garner" + call.path;
  set_options(curl, call, exchange, headers, url);
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange.reply.status);
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  return verdict(code, exchange);
}

}  // namespace garner::control
