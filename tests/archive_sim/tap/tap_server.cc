#include "archive_sim/tap/tap_server.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include "archive_sim/form.h"
#include "archive_sim/pages.h"
#include "archive_sim/random.h"
#include "archive_sim/tap/metadata.h"
#include "archive_sim/tap/tap_call.h"

namespace garner::archive_sim {
namespace {

constexpr std::string_view kTimeOutText = "ERROR: canceling statement due to statement timeout";
constexpr std::string_view kQuotaText =
    "Can't overwrite cause with esavo.tap.upload.exceptions.UploadUwsException: DB quota exceeded for user anonymous "
    "(Currently 10 GB, maximum allowed is 10 GB). Registered users have an increased quota, please log in.";

std::string retry_after_text(const std::string& knob) {
  if (!knob.starts_with("date+")) return knob;
  const std::time_t at = std::time(nullptr) + std::atol(knob.c_str() + 5);
  std::tm utc{};
  gmtime_r(&at, &utc);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

HttpReply xml_reply(std::string text) {
  return text_reply(200, "text/xml;charset=UTF-8", std::move(text));
}

}  // namespace

TapCall::TapCall(TapServer& server, bool gaia, std::string path, std::string base, const HttpRequest& http,
                 Patience& patience)
    : server_(server),
      gaia_(gaia),
      path_(std::move(path)),
      base_(std::move(base)),
      http_(http),
      patience_(patience),
      knobs_(server.world().knobs_copy()),
      fields_(parse_tap_fields(http)) {}

HttpReply TapCall::answer() {
  HttpReply reply = route();
  if (lapsed_ && knobs_.new_cookies_on_lapse) {
    World& world = server_.world();
    for (auto& header : set_cookie_headers(world.sessions.new_cookies(knobs_), "tap-server", world.tls))
      reply.headers.push_back(std::move(header));
  }
  if (!waited_) wait(knobs_.tap.poll_latency_s);
  TapServer& server = server_;
  if (reply.drop) {
    server.report.end();
    return reply;
  }
  reply.on_sent = [&server](std::size_t n) { server.report.sent(n); };
  reply.on_end = [&server](bool) { server.report.end(); };
  return reply;
}

HttpReply TapCall::route() {
  if (http_.uri_bytes > knobs_.max_uri_bytes) {
    server_.report.begin("refused");
    return text_reply(414, "text/html", "<html><head><title>414 Request-URI Too Long</title></head></html>\n");
  }
  if (path_ == "/sync" || path_.starts_with("/sync/")) return counted("sync", &TapCall::sync);
  if (path_ == "/async" || path_.starts_with("/async/")) return jobs_or_create();
  if (path_ == "/capabilities") return counted("capabilities", &TapCall::capabilities);
  if (path_ == "/availability") return counted("availability", &TapCall::availability);
  if (path_ == "/tables" || (!gaia_ && path_.starts_with("/tables/"))) return counted("tables", &TapCall::tables);
  if (gaia_ && path_ == "/users") return counted("users", &TapCall::users);
  if (gaia_ && path_ == "/deletejobs") return counted("delete", &TapCall::delete_jobs);
  if (gaia_ && path_ == "/jobs/async") return counted("jobs", &TapCall::search);
  server_.report.begin("refused");
  return error(404, fmt::format("Not found: {}", path_.substr(0, 200)));
}

HttpReply TapCall::counted(std::string_view endpoint, HttpReply (TapCall::*serve)()) {
  endpoint_ = endpoint;
  const std::uint64_t ordinal = server_.report.begin(endpoint);
  std::string query = fields_.get("QUERY");
  if (query.empty() && !job_.id.empty()) query = job_.parameter("QUERY");
  fault_ = server_.report.fault(knobs_.tap, knobs_.seed, endpoint, ordinal, query);
  if (auto reply = faulted()) return *std::move(reply);
  return (this->*serve)();
}

// The answers that faults give in place of the true one.
std::optional<HttpReply> TapCall::faulted() {
  if (!fault_) return std::nullopt;
  const TapFaultKnob& knob = fault_->second;
  switch (fault_->first) {
    case TapFault::Hang: {
      patience_.wait_until_left();
      HttpReply reply;
      reply.drop = true;
      return reply;
    }
    case TapFault::Maintenance200:
      return text_reply(200, "text/html;charset=UTF-8", maintenance_page());
    case TapFault::ServiceError200:
      if (knob.kib) return std::nullopt;  // behind the first of the true answer: rows()
      return text_reply(200, "text/html;charset=UTF-8", error_page(500, "Could not retrieve data from table"));
    case TapFault::PoolEmpty500:
      return error(500, pool_empty_reason());
    case TapFault::Null500:
      return error(500, "null");
    case TapFault::Overload503:
    case TapFault::TooMany429: {
      const unsigned status = fault_->first == TapFault::TooMany429 ? 429 : 503;
      HttpReply reply = text_reply(status, "text/html", fmt::format("<html><body><h1>{}</h1></body></html>\n", status));
      if (!knob.retry_after.empty()) reply.headers.emplace_back("Retry-After", retry_after_text(knob.retry_after));
      return reply;
    }
    case TapFault::EmptyBody200:
      return text_reply(200, "application/x-votable+xml", "");
    case TapFault::Error200:
      return text_reply(200, "application/x-votable+xml", error_votable(500, "The database failed while it was asked"));
    case TapFault::TimeOut:
      return error(gaia_ ? 500 : 408, kTimeOutText);
    default:
      return std::nullopt;
  }
}

HttpReply TapCall::error(unsigned status, std::string_view message) const {
  return error_document(status, message);
}

HttpReply TapCall::error_document(unsigned status, std::string_view message) const {
  if (knobs_.tap.error_shape == "html")
    return text_reply(status, "text/html;charset=UTF-8", error_page(status, message));
  if (knobs_.tap.error_shape == "text") return text_reply(status, "text/plain", fmt::format("{}\n", message));
  return text_reply(status, "application/x-votable+xml", error_votable(status, message));
}

HttpReply TapCall::redirect(const std::string& location) {
  HttpReply reply = text_reply(303, "text/plain", "");
  reply.headers.emplace_back("Location", location);
  return reply;
}

// Seconds since the request came.
void TapCall::wait(double seconds) {
  waited_ = true;
  const double spent = std::chrono::duration<double>(Clock::now() - begun_).count();
  if (seconds > spent) patience_.wait(seconds - spent);
}

std::string TapCall::user(bool counts) {
  const std::string session = cookie_value(http_.cookie, "SESSION");
  auto who = server_.world().sessions.user_of(knobs_, "tap-server", session, counts);
  lapsed_ = !session.empty() && who == "anonymous";
  return who;
}

HttpReply TapCall::sync() {
  if (gaia_ || knobs_.tap.standard_sync == "direct") return run_sync(fields_);
  if (path_ == "/sync") return redirect(fmt::format("{}/sync/{}/run", base_, server_.park(fields_)));
  const std::string id = path_.substr(6, path_.find('/', 6) - 6);
  const auto parked = server_.parked(id);
  return parked ? run_sync(*parked) : error(404, "no such query");
}

// What the parameters ask; a reply where they are refused.
std::optional<HttpReply> TapCall::read_question(const TapFields& fields, bool async, TapQuestion& question) {
  const TapKnobs& k = knobs_.tap;
  question.gaia = gaia_;
  question.query = fields.get("QUERY");
  const std::string format = fields.get("RESPONSEFORMAT", fields.get("FORMAT", "votable"));
  const auto parsed = parse_tap_format(format);
  if (!parsed) return error(400, unknown_format_reason(format));
  question.format = *parsed;
  if (const std::string text = fields.get("MAXREC"); !text.empty()) {
    if (text.find_first_not_of("0123456789") != std::string::npos || text.size() > 18)
      return error(400, fmt::format("Incorrect MAXREC: \"{}\"", text));
    question.max_rec = std::stoull(text);
  }
  if (question.query.empty()) return error(400, "Missing parameter: QUERY");
  if (fields.get("LANG", gaia_ ? "ADQL" : "").substr(0, 4) != "ADQL")
    return error(400, "Missing or unknown parameter: LANG");
  question.row_cap = async ? k.async_row_cap : gaia_ ? k.sync_row_cap : k.async_row_cap;
  question.cap_says_overflow = async || !gaia_ || k.sync_cap_says_overflow;
  if (!fields.has("UPLOAD")) return std::nullopt;
  if (gaia_ && k.anonymous_quota_full && user(false) == "anonymous") return error(500, async ? "null" : kQuotaText);
  auto uploads = read_uploads(fields, {k.upload_max_rows, k.upload_max_bytes});
  if (const auto* text = std::get_if<std::string>(&uploads)) return error(400, *text);
  question.uploads = std::get<Uploads>(std::move(uploads));
  return std::nullopt;
}

HttpReply TapCall::run_sync(const TapFields& fields) {
  const std::string who = user(true);
  TapQuestion question;
  if (auto refused = read_question(fields, false, question)) return *std::move(refused);
  const TapAnswer answer = server_.engine.run(question, knobs_);
  TapReport::Query ran{"sync",
                       "",
                       fields.get("RUNID"),
                       who,
                       question.query,
                       answer.error.empty() ? "OK" : answer.error,
                       answer.encoded.rows,
                       0};
  for (const auto& [name, table] : question.uploads) ran.upload_rows += table->rows();
  if (answer.overflow) ran.outcome = "OVERFLOW";
  const bool late = answer.error.empty() && answer.execution_s > knobs_.tap.sync_time_limit_s;
  if (late) ran.outcome = kTimeOutText;
  if (!ran.outcome.starts_with("O")) ran.rows = 0;
  server_.report.ran(std::move(ran));
  if (!answer.error.empty()) return error(answer.status, answer.error);
  if (late) return error(gaia_ ? 500 : 408, kTimeOutText);
  return rows(question, answer);
}

// The answer's body, with what the faults do to it, after the delay that the knobs ask for.
HttpReply TapCall::rows(const TapQuestion& question, const TapAnswer& answer) {
  const TapKnobs& k = knobs_.tap;
  std::optional<TapFault> fault;
  if (fault_) fault = fault_->first;
  Encoded encoded = answer.encoded;
  if (fault == TapFault::LostRows || fault == TapFault::WrongCount) {
    TapQuestion spoilt = question;
    spoilt.miscounts = fault == TapFault::WrongCount;
    if (fault == TapFault::LostRows) spoilt.max_rec = encoded.rows - (encoded.rows + 9) / 10;
    encoded = server_.engine.run(spoilt, knobs_).encoded;
  }
  Body body;
  if (is_votable(question.format)) {
    const bool before = answer.overflow && k.overflow_info == "before";
    std::string tail = votable_tail(answer.overflow && !before ? "OVERFLOW" : "");
    if (fault == TapFault::ErrorAfterRows)
      tail = votable_tail("ERROR", "The database failed in the middle of the rows");
    body.add(votable_head(before ? "OVERFLOW" : "OK", question.query, question.job_id, gaia_));
    body.add(encoded.data);
    if (fault == TapFault::SecondDocument) {
      body.truncate(body.size() - encoded.data->size() / 2);
      tail = error_votable(500, "The database failed in the middle of the rows");
    }
    body.add(std::move(tail));
  } else {
    body.add(encoded.data);
  }
  const bool zipped = question.format == TapFormat::VotableGzip ||
                      std::ranges::find(k.gzip_formats, tap_format_word(question.format)) != k.gzip_formats.end();
  if (zipped) body = Body(gzip(body.text()));
  HttpReply reply = text_reply(200, std::string(tap_content_type(question.format)), "");
  if (zipped && k.content_encoding) reply.headers.emplace_back("Content-Encoding", "gzip");
  reply.headers.emplace_back(
      "Content-Disposition",
      fmt::format("attachment;filename=\"{}-result.{}\"", question.job_id.empty() ? "1763700000000O" : question.job_id,
                  tap_extension(question.format)));
  reply.content_length = knobs_.content_length;
  const std::size_t size = body.size();
  if (fault == TapFault::ServiceError200) {
    body.truncate(std::min<std::size_t>(size, fault_->second.kib.value_or(1) * 1024));
    body.add(error_page(500, "Could not retrieve data from table"));
  }
  if (fault == TapFault::TruncateBody) body.truncate(size - std::min<std::size_t>(size, fault_->second.bytes));
  if (fault == TapFault::ResetAfterKib) reply.delivery.reset_at = fault_->second.kib.value_or(16) * 1024;
  if (fault == TapFault::StallAfterKib) reply.delivery.stall_at = fault_->second.kib.value_or(16) * 1024;
  if (fault == TapFault::SlowDrip) reply.delivery.bytes_per_s = fault_->second.bytes_per_s;
  reply.body = std::move(body);
  const Latency& l = k.latency;
  double delay =
      l.a_s + l.b_s_per_id * static_cast<double>(encoded.rows) + l.c_s_per_kib * static_cast<double>(size) / 1024;
  if (l.spread > 1)
    delay *= std::pow(l.spread, unit_interval(mix(hash_text(question.query), hash_text("tap latency"))) - 0.5);
  wait(delay);
  return reply;
}

HttpReply TapCall::tables() {
  const auto sky = server_.engine.sky(knobs_);
  if (gaia_) return xml_reply(gaia_tables_xml(*sky, fields_.get("ONLY_TABLES") == "true", fields_.get("TABLES")));
  if (path_ == "/tables") return xml_reply(vosi_tables_xml(*sky, fields_.get("DETAIL") != "min"));
  std::string xml = vosi_table_xml(*sky, url_decode(path_.substr(8)));
  return xml.empty() ? error(404, "no such table") : xml_reply(std::move(xml));
}

HttpReply TapCall::capabilities() {
  return xml_reply(capabilities_xml(base_, knobs_, gaia_));
}

HttpReply TapCall::availability() {
  return xml_reply(availability_xml(knobs_.tap.available));
}

// gaia.md §6: lines "id: name"; tells whether a session still lives.
HttpReply TapCall::users() {
  if (user(false) == "anonymous")
    return text_reply(403, "text/html", error_page(403, "User 'anonymous' is not authorized."));
  std::string text;
  const std::string wanted = fields_.get("USER");
  for (const auto& [name, password] : knobs_.users)
    if (wanted.empty() || name.find(wanted) != std::string::npos) text += fmt::format("{0}: {0}\n", name);
  return text_reply(200, "text/plain", std::move(text));
}

std::string TapServer::park(TapFields fields) {
  const std::lock_guard lock(mutex_);
  while (parked_.size() >= 10'000) parked_.erase(parked_.begin());
  const std::string id = fmt::format("q{:08}", ++parked_serial_);
  parked_[id] = std::move(fields);
  return id;
}

std::optional<TapFields> TapServer::parked(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = parked_.find(id);
  return found == parked_.end() ? std::nullopt : std::optional(found->second);
}

HttpReply TapServer::serve(bool gaia, const std::string& path, const std::string& base, const HttpRequest& request,
                           Patience& patience) {
  return TapCall(*this, gaia, path, base, request, patience).answer();
}

}  // namespace garner::archive_sim
