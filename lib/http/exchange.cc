#include "http/exchange.h"

#include "http/curl_failure.h"

namespace garner::http {

Result<Origin> parse_origin(const std::string& url) {
  const auto refuse = [&url](std::string_view why) {
    return fail(Kind::Invalid, "cannot fetch '{}': {}", printable(url, 200), why);
  };
  struct FreeUrl {
    void operator()(CURLU* parsed) const { curl_url_cleanup(parsed); }
  };
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (url.find('\0') != url.npos) return refuse("it holds a NUL");
  if (const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME);
      code != CURLUE_OK) {
    return refuse(curl_url_strerror(code));
  }
  const auto part = [&parsed](CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, flags) != CURLUE_OK) return std::string();
    std::string copy(text);
    curl_free(text);
    return copy;
  };
  // The URL is shown nowhere from here on, but in these texts it would be.
  if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty()) {
    return fail(Kind::Invalid, "a URL of host '{}' holds credentials: they belong into the credentials file",
                printable(part(CURLUPART_HOST), 100));
  }
  const std::string scheme = part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return refuse("only http and https are fetched");
  return Origin{scheme,
                fmt::format("{}:{}", printable(part(CURLUPART_HOST), 255), part(CURLUPART_PORT, CURLU_DEFAULT_PORT))};
}

Exchange::Exchange(Executor& executor, CurlMulti& multi, Notes& notes, Request request, Origin origin,
                   std::stop_token stop)
    : executor_(executor),
      multi_(multi),
      notes_(notes),
      request_(std::move(request)),
      origin_(std::move(origin)),
      stop_(std::move(stop)),
      easy_(curl_easy_init()) {}

Exchange::~Exchange() {
  multi_.remove(easy_.get());
  std::erase(notes_, this);
}

void Exchange::OnStop::operator()() const {
  self->settle(Error{Kind::Cancelled, fmt::format("{}: stopped", self->origin_.where)});
}

void Exchange::await_suspend(std::coroutine_handle<> waiter) {
  waiter_ = waiter;
  begun_ = executor_.now();
  if (auto added = multi_.add(easy_.get()); !added) return settle(std::move(added.error()));
  on_stop_.emplace(stop_, OnStop{this});
}

Result<Reply> Exchange::await_resume() {
  on_stop_.reset();
  multi_.remove(easy_.get());
  if (failure_) return std::unexpected(std::move(*failure_));
  if (auto done = body_.finish(); !done) return std::unexpected(std::move(done.error()));
  Reply reply;
  reply.status = head_.status();
  reply.headers = head_.take_fields();
  reply.body = std::move(body_);
  reply.timing = {first_byte_at_.value_or(ended_at_) - begun_, ended_at_ - begun_};
  return reply;
}

// ---- what libcurl's callbacks note

void Exchange::note_connected() {
  connected_ = true;
  notes_.push_back(this);
}

bool Exchange::take_header(std::string_view line) {
  if (settled_) return false;
  if (auto taken = head_.add_line(line); !taken) {
    refusal_ = std::move(taken.error());
    return false;
  }
  if (head_.begun() && !first_byte_at_) {
    first_byte_at_ = executor_.now();
    notes_.push_back(this);
  }
  return true;
}

bool Exchange::take_body(std::span<const std::byte> bytes) {
  if (settled_) return false;
  if (auto taken = body_.append(bytes); !taken) {
    refusal_ = std::move(taken.error());
    return false;
  }
  return true;
}

// ---- outside of libcurl's calls

void Exchange::act_on_notes() {
  if (settled_) return;
  if (first_byte_at_) {
    if (stall_) return;
    stall_.emplace(request_.timeouts.stall, request_.timeouts.stall_bytes_per_s);
    watch_stall();
  } else if (connected_ && !timer_) {
    timer_ = executor_.call_at(executor_.now() + request_.timeouts.first_byte, [this] {
      odd_ = true;
      settle(Error{Kind::Transient, fmt::format("{}: no reply within {} s of the request", origin_.where,
                                                request_.timeouts.first_byte.count())});
    });
  }
}

void Exchange::watch_stall() {
  timer_ = executor_.call_at(executor_.now() + stall_->interval(), [this] {
    if (!stall_->stalled(body_.size())) return watch_stall();
    odd_ = true;
    settle(Error{Kind::Transient,
                 fmt::format("{}: the reply stalled: less than {} bytes/s for {} s, after {} bytes", origin_.where,
                             request_.timeouts.stall_bytes_per_s, request_.timeouts.stall.count(), body_.size())});
  });
}

void Exchange::ended(CURLcode code) {
  if (settled_) return;
  if (code == CURLE_OK) return settle(std::nullopt);
  // Also a connection kept alive that the server closed just then ends here; that costs one handshake.
  odd_ = connected_;
  if (refusal_) return settle(Error{refusal_->kind, origin_.where + ": " + refusal_->detail});
  FailureFacts facts{.code = code,
                     .curl_says = curl_says_.data(),
                     .where = origin_.where,
                     .connected = connected_,
                     .reply_begun = first_byte_at_.has_value(),
                     .timeouts = &request_.timeouts};
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &facts.os_error);
  curl_easy_getinfo(easy_.get(), CURLINFO_SSL_VERIFYRESULT, &facts.verify_result);
  settle(describe_failure(facts));
}

void Exchange::lost(CURLMcode code) {
  odd_ = true;
  settle(
      Error{Kind::Transient, fmt::format("{}: the exchange was lost ({})", origin_.where, curl_multi_strerror(code))});
}

void Exchange::settle(std::optional<Error> failure) {
  if (settled_) return;
  settled_ = true;
  failure_ = std::move(failure);
  ended_at_ = executor_.now();
  timer_.reset();
  executor_.post([waiter = waiter_] { waiter.resume(); });
}

}  // namespace garner::http
