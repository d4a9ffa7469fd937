// Private to lib/http. One request and its reply: an easy handle with its options, what libcurl's callbacks brought,
// and the time-outs that libcurl does not have. An awaitable; lives in the frame of the coroutine that awaits it.
//
// libcurl's callbacks only note things here; they are acted upon in act_on_notes() and ended(), when no libcurl call is
// under way. The waiting coroutine is resumed from the loop's queue, never from inside any of them. Threads: the loop's
// only.
#pragma once

#include <curl/curl.h>

#include <coroutine>
#include <memory>
#include <stop_token>

#include "http/curl_multi.h"
#include "http/reply_head.h"
#include "http/stall_watch.h"
#include "http/transport.h"

namespace garner::http {

// Where the request goes: for error texts, and to remember origins that misbehave.
struct Origin {
  std::string scheme;
  std::string where;  // host:port
  std::string key() const { return scheme + "://" + where; }
};

// Invalid unless it is http or https, with a host and without credentials.
Result<Origin> parse_origin(const std::string& url);

class Exchange {
 public:
  // What callbacks noted since libcurl was last called.
  using Notes = std::vector<Exchange*>;

  Exchange(Executor& executor, CurlMulti& multi, Notes& notes, Request request, Origin origin, std::stop_token stop);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Before the await. `fresh`: on a connection of its own, closed afterwards.
  Result<void> prepare(const TransportOptions& options, bool fresh);

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter);
  Result<Reply> await_resume();

  void act_on_notes();
  void ended(CURLcode code);
  void lost(CURLMcode code);
  CURL* easy() const { return easy_.get(); }
  // It ended in a way after which the connection, or the server, is better not relied upon.
  bool odd() const { return odd_; }

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  struct OnStop {
    Exchange* self;
    void operator()() const;
  };

  Result<void> set_headers();
  void set_body();
  void set_network(const TransportOptions& options, bool fresh);
  void set_tls(const TransportOptions& options);
  void set_callbacks();
  Result<void> add_header(const std::string& line);

  bool take_header(std::string_view line);
  bool take_body(std::span<const std::byte> bytes);
  void note_connected();

  void watch_stall();
  void settle(std::optional<Error> failure);

  Executor& executor_;
  CurlMulti& multi_;
  Notes& notes_;
  const Request request_;
  const Origin origin_;
  const std::stop_token stop_;

  std::unique_ptr<CURL, FreeEasy> easy_;
  std::unique_ptr<curl_slist, FreeList> header_lines_;
  std::array<char, CURL_ERROR_SIZE> curl_says_{};

  ReplyHead head_;
  Body body_;
  std::optional<Error> refusal_;  // why a callback ended the transfer

  SteadyTime begun_{};
  std::optional<SteadyTime> first_byte_at_;
  SteadyTime ended_at_{};
  bool connected_ = false;
  std::unique_ptr<Executor::Timer> timer_;  // for the first byte, then for stalls
  std::optional<StallWatch> stall_;

  bool settled_ = false;
  bool odd_ = false;
  std::optional<Error> failure_;
  std::coroutine_handle<> waiter_;
  std::optional<std::stop_callback<OnStop>> on_stop_;
};

}  // namespace garner::http
