#include "http/curl_transport.h"

#include <cstdlib>
#include <set>

#include "http/exchange.h"

namespace garner::http {

namespace {

constexpr std::size_t kMaxOddOrigins = 256;

}  // namespace

struct CurlTransport::Impl final : CurlMulti::Listener {
  UvLoop& loop;
  const TransportOptions options;
  Exchange::Notes notes;
  std::set<std::string> odd_origins;  // whose last exchange went wrong: the next one gets a connection of its own
  CurlMulti multi;

  Impl(UvLoop& the_loop, TransportOptions the_options)
      : loop(the_loop), options(std::move(the_options)), multi(the_loop, options.max_connections, *this) {}

  static Exchange* exchange_of(CURL* easy) {
    Exchange* exchange = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    return exchange;
  }

  void on_progress() override {
    for (Exchange* exchange : std::exchange(notes, {})) exchange->act_on_notes();
  }
  void on_ended(CURL* easy, CURLcode code) override { exchange_of(easy)->ended(code); }
  void on_lost(CURL* easy, CURLMcode code) override { exchange_of(easy)->lost(code); }

  void remember(const std::string& origin, bool odd) {
    if (!odd) {
      odd_origins.erase(origin);
    } else if (odd_origins.size() < kMaxOddOrigins) {
      odd_origins.insert(origin);
    }
  }
};

CurlTransport::CurlTransport(UvLoop& loop, TransportOptions options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) std::abort();
  impl_ = std::make_unique<Impl>(loop, std::move(options));
}

CurlTransport::~CurlTransport() = default;

Task<Result<Reply>> CurlTransport::fetch(Request request, std::stop_token stop) {
  if (stop.stop_requested()) co_return fail(Kind::Cancelled, "stopped before the request");
  auto origin = parse_origin(request.url);
  if (!origin) co_return std::unexpected(std::move(origin.error()));
  const std::string key = origin->key();
  Exchange exchange(impl_->loop, impl_->multi, impl_->notes, std::move(request), std::move(*origin), std::move(stop));
  if (auto prepared = exchange.prepare(impl_->options, impl_->odd_origins.contains(key)); !prepared) {
    co_return std::unexpected(std::move(prepared.error()));
  }
  auto reply = co_await exchange;
  impl_->remember(key, exchange.odd());
  co_return reply;
}

}  // namespace garner::http
