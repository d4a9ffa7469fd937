#include "http/curl_multi.h"

#include <uv.h>

#include <cstdlib>

#include "base/log.h"

namespace garner::http {

// One per socket; lives until its close callback, as libuv demands. A closing one is never used again: new events get a
// new one.
struct CurlMulti::Watch {
  uv_poll_t poll{};
  CurlMulti* multi = nullptr;
  curl_socket_t fd = CURL_SOCKET_BAD;
};

CurlMulti::CurlMulti(UvLoop& loop, std::uint64_t max_connections, Listener& listener)
    : loop_(loop),
      max_connections_(static_cast<long>(std::clamp<std::uint64_t>(max_connections, 1, 10'000))),
      listener_(listener) {
  open();
}

CurlMulti::~CurlMulti() {
  if (!attached_.empty()) std::abort();
  close();
}

void CurlMulti::open() {
  multi_ = curl_multi_init();
  if (multi_ == nullptr) std::abort();
  const curl_socket_callback on_socket = [](CURL*, curl_socket_t fd, int what, void* self, void* known) {
    return static_cast<CurlMulti*>(self)->watch(fd, what, static_cast<Watch*>(known));
  };
  const curl_multi_timer_callback on_timer = [](CURLM*, long timeout_ms, void* self) {
    static_cast<CurlMulti*>(self)->arm(timeout_ms);
    return 0;
  };
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  // The default cache grows with the handles added. The limit on connections is only a net: the engine's own queue
  // decides what is in flight, because libcurl's time-outs run while a handle waits in its queue (curl/curl#437).
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, max_connections_);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, max_connections_ + 1);
}

void CurlMulti::close() {
  curl_multi_cleanup(multi_);  // calls back to stop watching
  multi_ = nullptr;
  while (!watches_.empty()) unwatch(watches_.begin()->second);
  timer_.reset();
}

Result<void> CurlMulti::add(CURL* easy) {
  if (const CURLMcode code = curl_multi_add_handle(multi_, easy); code != CURLM_OK) {
    return fail(Kind::Internal, "libcurl takes no new exchange: {}", curl_multi_strerror(code));
  }
  attached_.insert(easy);
  return {};
}

void CurlMulti::remove(CURL* easy) {
  if (attached_.erase(easy) != 0) curl_multi_remove_handle(multi_, easy);
}

int CurlMulti::watch(curl_socket_t fd, int what, Watch* known) {
  if (what == CURL_POLL_REMOVE) {
    // The descriptor may be closed already, or its number in use again soon: stop at once, whatever comes later.
    if (known != nullptr) unwatch(known);
    return 0;
  }
  if (known == nullptr) {
    auto fresh = std::make_unique<Watch>();
    fresh->multi = this;
    fresh->fd = fd;
    // -1 ends all transfers of the multi handle: it is rebuilt then.
    if (uv_poll_init_socket(loop_.native(), &fresh->poll, fd) != 0) return -1;
    known = fresh.release();
    known->poll.data = known;
    watches_[fd] = known;
    curl_multi_assign(multi_, fd, known);
  }
  const int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  const uv_poll_cb on_ready = [](uv_poll_t* poll, int status, int ready) {
    const auto* self = static_cast<Watch*>(poll->data);
    int flags =
        ((ready & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) | ((ready & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    if (status < 0) flags = CURL_CSELECT_ERR;
    self->multi->act(self->fd, flags);
  };
  return uv_poll_start(&known->poll, events, on_ready) == 0 ? 0 : -1;
}

void CurlMulti::unwatch(Watch* known) {
  watches_.erase(known->fd);
  uv_poll_stop(&known->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&known->poll),
           [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
}

void CurlMulti::arm(long timeout_ms) {
  timer_.reset();
  if (timeout_ms < 0) return;
  // 0 means "soon": at least 1 ms, since a zero timer armed from its own callback starves libuv before 1.48.
  const auto when = loop_.now() + std::chrono::milliseconds(std::max(timeout_ms, 1L));
  timer_ = loop_.call_at(when, [this] { act(CURL_SOCKET_TIMEOUT, 0); });
}

void CurlMulti::act(curl_socket_t fd, int events) {
  int running = 0;
  const CURLMcode code = curl_multi_socket_action(multi_, fd, events, &running);
  if (code != CURLM_OK) return rebuild(code);
  listener_.on_progress();
  drain();
}

void CurlMulti::drain() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    listener_.on_ended(message->easy_handle, message->data.result);
  }
}

// After an error of socket_action itself the state of every transfer is undefined.
void CurlMulti::rebuild(CURLMcode code) {
  log::warning("libcurl lost its connections ({}): all exchanges under way are given up", curl_multi_strerror(code));
  const std::vector<CURL*> lost(attached_.begin(), attached_.end());
  for (CURL* easy : lost) remove(easy);
  close();
  open();
  for (CURL* easy : lost) listener_.on_lost(easy, code);
}

}  // namespace garner::http
