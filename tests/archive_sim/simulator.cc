#include "archive_sim/simulator.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "archive_sim/data_request.h"
#include "archive_sim/form.h"
#include "archive_sim/ids.h"
#include "archive_sim/pages.h"
#include "archive_sim/tap/tap_server.h"

namespace garner::archive_sim {

struct Simulator::Impl {
  World world;
  TapServer tap{world};
  std::optional<Replay> replay;
  std::mutex log_mutex;
  std::FILE* log = nullptr;
  std::unique_ptr<HttpServer> server;  // last: stops before the rest goes

  ~Impl() {
    server.reset();
    if (log != nullptr) std::fclose(log);
  }

  HttpReply route(const HttpRequest& request, Patience& patience);
  HttpReply login(std::string_view context, const HttpRequest& request);
  HttpReply logout(std::string_view context, const HttpRequest& request);
  HttpReply control(const HttpRequest& request);
  HttpReply change_knobs(const std::string& json);
  HttpReply list_ids(const Form& query);
  HttpReply replayed(const HttpRequest& request);
  void write_log(const Report::Request& request, unsigned status, std::uint64_t bytes);
};

namespace {

constexpr std::uint64_t kMaxListedIds = 10'000'000;

Result<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Kind::NotFound, "cannot open '{}'", path);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

HttpReply plain(unsigned status, std::string text) {
  return text_reply(status, "text/plain", std::move(text));
}
HttpReply json_reply(std::string text) {
  return text_reply(200, "application/json", std::move(text));
}

}  // namespace

HttpReply Simulator::Impl::route(const HttpRequest& request, Patience& patience) {
  const std::string& path = request.path;
  if (path == "/data-server/data") return replay ? replayed(request) : serve_data(world, request, patience);
  for (const std::string_view context : {"data-server", "tap-server"}) {
    if (path == fmt::format("/{}/login", context)) return login(context, request);
    if (path == fmt::format("/{}/logout", context)) return logout(context, request);
  }
  if (path.starts_with("/sim/")) return control(request);
  for (const std::string_view base : {"/tap-server/tap", "/tap"}) {
    const bool gaia = base != "/tap";
    if (!path.starts_with(base) || path.substr(base.size(), 1) != "/" || (!gaia && !world.knobs_copy().tap.standard))
      continue;
    return tap.serve(gaia, path.substr(base.size()),
                     fmt::format("http{}://{}{}", world.tls ? "s" : "", request.host, base), request, patience);
  }
  return text_reply(404, "text/html", error_page(404, fmt::format("Not found: {}", path.substr(0, 200))));
}

HttpReply Simulator::Impl::login(std::string_view context, const HttpRequest& request) {
  if (request.method != "POST") return text_reply(405, "text/html", error_page(405, "Method not allowed"));
  const Form form = parse_form(request.body);
  const auto cookies =
      world.sessions.login(world.knobs_copy(), context, form_value(form, "username"), form_value(form, "password"));
  if (!cookies) {
    world.report.login_refused();
    return text_reply(401, "text/html", error_page(401, "Bad credentials"));
  }
  world.report.logged_in();
  HttpReply reply = plain(200, "");
  for (auto& header : set_cookie_headers(*cookies, context, world.tls)) reply.headers.push_back(std::move(header));
  return reply;
}

HttpReply Simulator::Impl::logout(std::string_view context, const HttpRequest& request) {
  if (request.method != "POST") return text_reply(405, "text/html", error_page(405, "Method not allowed"));
  world.sessions.logout(context, cookie_value(request.cookie, "SESSION"));
  world.report.logged_out();
  return plain(200, "");
}

HttpReply Simulator::Impl::control(const HttpRequest& request) {
  const std::string_view verb = std::string_view(request.path).substr(5);
  const Form query = parse_form(request.query);
  const bool post = request.method == "POST";
  if (verb == "report") {
    auto report = nlohmann::ordered_json::parse(world.report.json());
    report["tap"] = tap.report.json();
    return json_reply(report.dump(2) + "\n");
  }
  if (verb == "queries") return plain(200, tap.report.queries_text());
  if (verb == "jobs") return plain(200, tap.report.jobs_text());
  if (verb == "expire_jobs" && post) {
    tap.jobs.clear();
    return plain(200, "no job is left\n");
  }
  if (verb == "expire_sessions" && post) {
    world.sessions.expire_all();
    return plain(200, "no session is left\n");
  }
  if (verb == "archive_jobs" && post) {
    tap.jobs.archive_all();
    return plain(200, "all jobs are ARCHIVED\n");
  }
  if (verb == "asked") return plain(200, world.report.asked_text(form_value(query, "type")));
  if (verb == "knobs") return post ? change_knobs(request.body) : json_reply(knobs_json(world.knobs_copy()));
  if (verb == "ids") return list_ids(query);
  if (verb == "reset" && post) {
    world.report.reset();
    world.dice.reset();
    tap.report.reset();
    return plain(200, "counters are zero; the next data request is number 1\n");
  }
  return plain(
      404,
      "sim: GET report, asked?type=RVS, queries, jobs, knobs, ids?n=&seed=&absent=; POST knobs, reset, expire_jobs, "
      "archive_jobs, expire_sessions\n");
}

HttpReply Simulator::Impl::change_knobs(const std::string& json) {
  auto merged = merge_knobs(world.knobs_copy(), json);
  if (!merged) return plain(400, merged.error().detail + "\n");
  world.set_knobs(*std::move(merged));
  return json_reply(knobs_json(world.knobs_copy()));
}

HttpReply Simulator::Impl::list_ids(const Form& query) {
  IdOptions options;
  try {
    options.count = std::stoull(form_value(query, "n", "1000"));
    options.seed = std::stoull(form_value(query, "seed", "1"));
    options.unknown = std::stod(form_value(query, "absent", "0"));
  } catch (const std::exception&) {
    return plain(400, "sim/ids: n and seed are whole numbers, absent a fraction\n");
  }
  if (options.count > kMaxListedIds || !(options.unknown >= 0 && options.unknown <= 1))
    return plain(400, "sim/ids: n up to 10000000 (more: `garner-archive-sim ids`), absent from 0 to 1\n");
  std::string text;
  for (const std::uint64_t id : shuffled_ids(options)) {
    text += std::to_string(id);
    text += '\n';
  }
  return plain(200, std::move(text));
}

HttpReply Simulator::Impl::replayed(const HttpRequest& request) {
  const Form form = parse_form(request.body.empty() ? request.query : request.body);
  const auto counted = world.report.begin();
  auto ids = parse_ids(form, world.knobs_copy());
  std::vector<std::uint64_t> asked;
  if (const auto* list = std::get_if<0>(&ids))
    for (const RequestedId& id : *list) asked.push_back(id.id);
  world.report.asked(counted, form_value(form, "RETRIEVAL_TYPE", "ALL"), std::move(asked));
  HttpReply reply = replay->answer(form);
  counted->proper = reply.status == 200;
  reply.content_length = world.knobs_copy().content_length;
  reply.on_sent = [this](std::size_t n) { world.report.sent(n); };
  reply.on_end = [this, counted, status = reply.status, bytes = reply.body.size()](bool complete) {
    world.report.end(counted, complete);
    write_log(*counted, status, complete ? bytes : 0);
  };
  return reply;
}

void Simulator::Impl::write_log(const Report::Request& request, unsigned status, std::uint64_t bytes) {
  if (log == nullptr) return;
  const nlohmann::ordered_json line = {{"request", request.ordinal},
                                       {"type", request.type},
                                       {"ids", request.ids.size()},
                                       {"first_id", request.ids.empty() ? "" : std::to_string(request.ids.front())},
                                       {"fault", request.fault},
                                       {"status", status},
                                       {"bytes", bytes}};
  const std::lock_guard lock(log_mutex);
  std::fputs((line.dump() + "\n").c_str(), log);
  std::fflush(log);
}

Result<std::unique_ptr<Simulator>> Simulator::start(SimulatorOptions options) {
  auto impl = std::make_unique<Impl>();
  Impl* self = impl.get();
  ServerOptions server;
  server.port = options.port;
  if (options.tls_certificate_file.empty() != options.tls_key_file.empty())
    return fail(Kind::Invalid, "TLS wants both a certificate and a key (--tls-cert, --tls-key)");
  if (!options.tls_certificate_file.empty()) {
    auto certificate = read_text(options.tls_certificate_file);
    if (!certificate) return std::unexpected(certificate.error());
    auto key = read_text(options.tls_key_file);
    if (!key) return std::unexpected(key.error());
    server.tls_certificate = *std::move(certificate);
    server.tls_key = *std::move(key);
    impl->world.tls = true;
  }
  if (!options.replay_folder.empty()) {
    auto replay = Replay::load(options.replay_folder);
    if (!replay) return std::unexpected(replay.error());
    impl->replay = *std::move(replay);
  }
  if (!options.request_log_file.empty()) {
    impl->log = std::fopen(options.request_log_file.c_str(), "ae");
    if (impl->log == nullptr) return fail(Kind::Invalid, "cannot write the request log '{}'", options.request_log_file);
    impl->world.log = [self](const Report::Request& r, unsigned status, std::uint64_t bytes) {
      self->write_log(r, status, bytes);
    };
  }
  impl->world.set_knobs(std::move(options.knobs));
  auto started = HttpServer::start(server, [self](const HttpRequest& r, Patience& p) { return self->route(r, p); });
  if (!started) return std::unexpected(started.error());
  impl->server = *std::move(started);
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Simulator::~Simulator() = default;

std::uint16_t Simulator::port() const {
  return impl_->server->port();
}
std::string Simulator::base_url() const {
  return fmt::format("http{}://127.0.0.1:{}", impl_->world.tls ? "s" : "", port());
}
World& Simulator::world() {
  return impl_->world;
}

}  // namespace garner::archive_sim
