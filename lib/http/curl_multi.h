// Private to lib/http. libcurl's multi handle on the libuv loop: which sockets to watch, one timer, and who is done.
// Knows nothing of what the easy handles fetch.
//
// libcurl's rules (CURLMOPT_SOCKETFUNCTION, CURLMOPT_TIMERFUNCTION): its callbacks must not call back into it, so they
// only record; completion is what curl_multi_info_read says, asked after every curl_multi_socket_action, the timer's
// included. Threads: the loop's only. Every handle is removed before this goes.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "base/uv_loop.h"

namespace garner::http {

class CurlMulti {
 public:
  // Called when no libcurl call is under way.
  class Listener {
   public:
    virtual ~Listener() = default;
    // libcurl has just worked: what its callbacks noted may be acted upon.
    virtual void on_progress() = 0;
    // The handle's transfer is over; it is still attached.
    virtual void on_ended(CURL* easy, CURLcode code) = 0;
    // libcurl lost track of this handle, which was taken off: nothing is known of its transfer.
    virtual void on_lost(CURL* easy, CURLMcode code) = 0;
  };

  CurlMulti(UvLoop& loop, std::uint64_t max_connections, Listener& listener);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  Result<void> add(CURL* easy);
  // Nothing if it is not attached. Not from inside a libcurl callback.
  void remove(CURL* easy);

 private:
  struct Watch;

  void open();
  void close();
  void act(curl_socket_t fd, int events);
  void drain();
  void rebuild(CURLMcode code);
  int watch(curl_socket_t fd, int what, Watch* known);
  void unwatch(Watch* known);
  void arm(long timeout_ms);

  UvLoop& loop_;
  const long max_connections_;
  Listener& listener_;
  CURLM* multi_ = nullptr;
  std::unordered_set<CURL*> attached_;
  std::unordered_map<curl_socket_t, Watch*> watches_;
  std::unique_ptr<Executor::Timer> timer_;
};

}  // namespace garner::http
