#include "archive_sim/data_server.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include "archive_sim/data_request.h"
#include "archive_sim/hostile.h"
#include "archive_sim/pages.h"
#include "archive_sim/product_reply.h"
#include "archive_sim/random.h"

namespace garner::archive_sim {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

HttpReply error_reply(unsigned status, std::string_view message) {
  return text_reply(status, "text/html;charset=UTF-8", error_page(status, message));
}

// As given, or "date+7": the HTTP date (RFC 9110 §5.6.7) seven seconds from now.
std::string retry_after_text(const std::string& knob) {
  if (!knob.starts_with("date+")) return knob;
  const std::time_t at = std::time(nullptr) + std::atol(knob.c_str() + 5);
  std::tm utc{};
  gmtime_r(&at, &utc);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

// One request: holds what its steps share.
class DataCall {
 public:
  DataCall(World& world, const HttpRequest& http, Patience& patience)
      : world_(world), http_(http), patience_(patience), knobs_(world.knobs_copy()), counted_(world.report.begin()) {}

  HttpReply answer() {
    HttpReply reply = decide();
    hand_out_session(reply);
    if (!reply.drop && !patience_.wait(delay(reply.body.size()) - seconds_since(start_))) reply.drop = true;
    attach(reply);
    return reply;
  }

 private:
  HttpReply decide() {
    if (http_.uri_bytes > knobs_.max_uri_bytes)
      return text_reply(414, "text/html",
                        "<html><head><title>414 Request-URI Too Long</title></head><body><h1>Request-URI Too "
                        "Long</h1></body></html>\n");
    const Form form = parse_form(http_.method == "POST" && !http_.body.empty() ? http_.body : http_.query);
    type_ = form_value(form, "RETRIEVAL_TYPE", "ALL");
    const std::string session = cookie_value(http_.cookie, "SESSION");
    user_ = world_.sessions.user_of(knobs_, "data-server", session, true);
    lapsed_ = !session.empty() && user_ == "anonymous";
    auto ids = parse_ids(form, knobs_);
    if (auto* list = std::get_if<std::vector<RequestedId>>(&ids)) note_ids(*list);
    if (knobs_.require_login && user_ == "anonymous") return error_reply(403, "User 'anonymous' is not authorized.");
    if (const auto* refusal = std::get_if<Refusal>(&ids)) return refuse(*refusal);
    auto judged = judge_request(form, std::get<0>(std::move(ids)), knobs_);
    if (const auto* refusal = std::get_if<Refusal>(&judged)) return refuse(*refusal);
    auto& request = std::get<DataRequest>(judged);
    if (user_ == "anonymous") hide_private(request);
    const auto fault = world_.dice.throw_for(knobs_, counted_->ordinal, type_, counted_->ids,
                                             [&](Fault f) { return can_spoil(f, request, knobs_); });
    if (fault) world_.report.faulted(counted_, fault_name(fault->fault));
    if (fault && fault->fault < Fault::WrongStructure) return instead_of_products(*fault, request);
    return products(request, fault);
  }

  void hand_out_session(HttpReply& reply) {
    if (!lapsed_ || !knobs_.new_cookies_on_lapse) return;
    for (auto& header : set_cookie_headers(world_.sessions.new_cookies(knobs_), "data-server", world_.tls))
      reply.headers.push_back(std::move(header));
  }

  void hide_private(DataRequest& request) {
    const auto hidden = std::erase_if(
        request.ids, [this](const RequestedId& id) { return is_private(id.id, knobs_.seed, knobs_.private_fraction); });
    all_seen_ = hidden == 0;
  }

  void note_ids(const std::vector<RequestedId>& list) {
    std::vector<std::uint64_t> ids;
    ids.reserve(list.size());
    for (const RequestedId& id : list) ids.push_back(id.id);
    id_count_ = ids.size();
    world_.report.asked(counted_, type_, std::move(ids));
  }

  HttpReply refuse(const Refusal& refusal) const {
    return error_reply(refusal.status, long_message(refusal.reason, type_, user_, counted_->ordinal));
  }

  HttpReply refuse(unsigned status, const std::string& reason) const { return refuse(Refusal{status, reason}); }

  HttpReply instead_of_products(const FiredFault& fired, const DataRequest& request) {
    switch (fired.fault) {
      case Fault::Hang: {
        patience_.wait_until_left();
        HttpReply reply;
        reply.drop = true;
        return reply;
      }
      case Fault::Maintenance200:
        return text_reply(200, "text/html;charset=UTF-8", maintenance_page());
      case Fault::PoolEmpty500:
        return refuse(500, pool_empty_reason());
      case Fault::Null500:
        return error_reply(500, "null");
      case Fault::UnknownType500:
        return refuse(500, unknown_type_reason(type_));
      case Fault::ServiceError200:
        return service_error(fired, request);
      case Fault::EmptyBody200:
        return text_reply(200, "application/zip", "");
      case Fault::Hostile:
        return hostile_reply(fired.knob.shape, request, fired.knob.location);
      case Fault::Overload503:
      case Fault::TooMany429: {
        const unsigned status = fired.fault == Fault::TooMany429 ? 429 : 503;
        HttpReply reply =
            text_reply(status, "text/html",
                       fmt::format("<html><head><title>{0}</title></head><body><h1>{0} {1}</h1></body></html>\n",
                                   status, status == 429 ? "Too Many Requests" : "Service Unavailable"));
        if (!fired.knob.retry_after.empty())
          reply.headers.emplace_back("Retry-After", retry_after_text(fired.knob.retry_after));
        return reply;
      }
      default:
        return refuse(500, "null");
    }
  }

  // Status 200, and the error page either alone or behind the first KiB of the real answer.
  HttpReply service_error(const FiredFault& fired, const DataRequest& request) {
    const std::string page = error_page(500, "Could not retrieve data from table");
    if (!fired.knob.kib) return text_reply(200, "text/html;charset=UTF-8", page);
    ProductBody product = make_product_body(request, knobs_, std::nullopt, counted_->ordinal, world_.cache);
    product.body.truncate(std::min<std::size_t>(product.body.size(), *fired.knob.kib * 1024));
    product.body.add(page);
    HttpReply reply = text_reply(200, product.content_type, "");
    reply.body = std::move(product.body);
    reply.content_length = false;
    return reply;
  }

  HttpReply products(const DataRequest& request, const std::optional<FiredFault>& fault) {
    ProductBody product = make_product_body(request, knobs_, fault, counted_->ordinal, world_.cache);
    counted_->proper = product.proper && all_seen_;
    HttpReply reply = text_reply(200, product.content_type, "");
    reply.body = std::move(product.body);
    reply.content_length = knobs_.content_length;
    if (!fault) return reply;
    const std::uint64_t at = fault->knob.kib.value_or(16) * 1024;
    switch (fault->fault) {
      case Fault::TruncateZip:
        reply.body.truncate(reply.body.size() - std::min<std::size_t>(reply.body.size(), fault->knob.bytes));
        counted_->proper = false;
        break;
      case Fault::ResetAfterKib:
        reply.delivery.reset_at = at;
        break;
      case Fault::StallAfterKib:
        reply.delivery.stall_at = at;
        break;
      case Fault::SlowDrip:
        reply.delivery.bytes_per_s = fault->knob.bytes_per_s;
        break;
      default:
        break;
    }
    return reply;
  }

  double delay(std::size_t body_bytes) const {
    const Latency& l = knobs_.latency;
    const double base = l.a_s + l.b_s_per_id * static_cast<double>(id_count_) +
                        l.c_s_per_kib * static_cast<double>(body_bytes) / 1024.0;
    if (l.spread <= 1) return base;
    const double u = unit_interval(mix(mix(knobs_.seed, hash_text("latency")), counted_->ordinal));
    return base * std::pow(l.spread, u - 0.5);
  }

  void attach(HttpReply& reply) {
    World& world = world_;
    const Report::RequestPtr counted = counted_;
    if (reply.drop) {
      world.report.end(counted, false);
      if (world.log) world.log(*counted, 0, 0);
      return;
    }
    reply.on_sent = [&world](std::size_t n) { world.report.sent(n); };
    reply.on_end = [&world, counted, status = reply.status, bytes = reply.body.size()](bool complete) {
      world.report.end(counted, complete);
      if (world.log) world.log(*counted, status, complete ? bytes : 0);
    };
  }

  World& world_;
  const HttpRequest& http_;
  Patience& patience_;
  const Clock::time_point start_ = Clock::now();
  const Knobs knobs_;
  const Report::RequestPtr counted_;
  std::string type_ = "ALL";
  std::string user_ = "anonymous";
  bool lapsed_ = false;   // a session came along that is none
  bool all_seen_ = true;  // nothing was hidden from the asker
  std::size_t id_count_ = 0;
};

}  // namespace

Knobs World::knobs_copy() const {
  const std::lock_guard lock(mutex_);
  return knobs_;
}

void World::set_knobs(Knobs knobs) {
  const std::lock_guard lock(mutex_);
  knobs_ = std::move(knobs);
}

HttpReply text_reply(unsigned status, std::string content_type, std::string text) {
  HttpReply reply;
  reply.status = status;
  reply.headers = {{"Content-Type", std::move(content_type)},
                   {"Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"},
                   {"Pragma", "no-cache"},
                   {"Expires", "0"},
                   {"X-Content-Type-Options", "nosniff"},
                   {"Server", "Apache/2.4.6 (garner-archive-sim)"}};
  reply.body = Body(std::move(text));
  return reply;
}

HttpReply serve_data(World& world, const HttpRequest& request, Patience& patience) {
  return DataCall(world, request, patience).answer();
}

}  // namespace garner::archive_sim
