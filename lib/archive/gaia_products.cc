// The Gaia Archive: its DataLink bulk service (POST data-server/data with a list of ids, a zip comes back), and its
// TAP.
#include <limits>

#include "archive/archive.h"
#include "archive/login.h"
#include "archive/reply.h"
#include "archive/tap_route.h"
#include "base/log.h"

namespace garner::archive {

namespace {

constexpr std::uint64_t kLeastBodyBound = 64u << 20;
constexpr std::uint64_t kMostBodyBound = std::uint64_t{8} << 30;

std::string joined_ids(const std::vector<SourceId>& ids) {
  constexpr std::size_t kLongestId = 20;
  std::string text;
  text.reserve(ids.size() * kLongestId);
  for (const auto id : ids) {
    if (!text.empty()) text += ',';
    text += std::to_string(id.value);
  }
  return text;
}

// Where the caller names no bound: as many products as asked, each at its largest.
std::uint64_t body_bound(const ChunkRequest& chunk, const Profile& profile) {
  if (chunk.max_body_bytes != 0) return chunk.max_body_bytes;
  const Release* const release = profile.find(chunk.release);
  const RetrievalType* const type = release == nullptr ? nullptr : release->find(chunk.retrieval_type);
  const std::uint64_t largest = type == nullptr ? RetrievalType{}.max_product_bytes : type->max_product_bytes;
  if (chunk.ids.size() > kMostBodyBound / largest) return kMostBodyBound;
  return std::clamp(largest * chunk.ids.size(), kLeastBodyBound, kMostBodyBound);
}

http::Request make_request(const ChunkRequest& chunk, const Profile& profile) {
  http::Request request;
  request.method = http::Method::Post;
  request.url = profile.base_url + profile.data_path;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "text/plain"}};
  request.body = http::form_encode({{"VALID_DATA", chunk.valid_data ? "true" : "false"},
                                    {"ID", joined_ids(chunk.ids)},
                                    {"RELEASE", chunk.release},
                                    {"DATA_STRUCTURE", chunk.structure_spelling},
                                    {"FORMAT", std::string(format_name(chunk.format))},
                                    {"RETRIEVAL_TYPE", chunk.retrieval_type},
                                    {"USE_ZIP_ALWAYS", "true"}});
  request.timeouts = profile.timeouts;
  request.max_body_bytes = body_bound(chunk, profile);
  request.spool_directory = chunk.spool_directory;
  return request;
}

// A zip without a member: its end record stands first (APPNOTE 4.3.16).
bool holds_nothing(const http::Body& body) {
  return body.text().starts_with(std::string_view("PK\x05\x06", 4));
}

class GaiaArchive final : public Archive {
 public:
  GaiaArchive(Profile profile, http::Transport& transport, Executor& executor)
      : profile_(std::move(profile)),
        transport_(transport),
        executor_(executor),
        login_(profile_, data_login_context(profile_), transport, executor),
        tap_(profile_, transport, executor) {}

  const Profile& profile() const override { return profile_; }
  std::string identity() const override {
    const std::string products = login_.identity();
    return products == kAnonymous ? tap_.identity() : products;
  }
  Task<TapReply> ask(TapQuestion question, std::stop_token stop) override {
    return tap_.ask(std::move(question), std::move(stop));
  }
  Task<Result<void>> forget_job(std::string job_url, std::stop_token stop) override {
    return tap_.forget_job(std::move(job_url), std::move(stop));
  }
  Task<void> leave(std::stop_token stop) override {
    const auto products = co_await login_.log_out(stop);
    const auto tap = co_await tap_.log_out(stop);
    for (const auto* ended : {&products, &tap})
      if (!*ended) log::info("{}: {}; the session ends by itself", profile_.name, ended->error().detail);
  }

  Task<Result<http::Body>> fetch(ChunkRequest chunk, std::stop_token stop) override {
    if (chunk.ids.empty()) co_return fail(Kind::Internal, "a chunk without ids");
    if (chunk.ids.size() > profile_.manners.ids_per_request_most) {
      co_return fail(Kind::TooLarge, "{} ids; {} takes {} a request at most", chunk.ids.size(), profile_.title,
                     profile_.manners.ids_per_request_most);
    }
    http::Request request = make_request(chunk, profile_);
    chunk = {};
    if (login_.anonymous()) co_return judged(co_await transport_.fetch(std::move(request), stop));
    auto answer = co_await ask_logged_in(request, Try::First, stop);
    if (answer.lapsed) answer = co_await ask_logged_in(std::move(request), Try::Last, stop);
    const bool refused = !answer.body && answer.body.error().kind == Kind::Auth;
    if (answer.lapsed && !refused)
      co_return fail(Kind::Overloaded, "the archive forgot our login again at once; its answer is not taken");
    co_return std::move(answer.body);
  }

 private:
  enum class Try { First, Last };
  struct Answer {
    Result<http::Body> body;
    bool lapsed = false;  // it was given to anybody, not to the user we had logged in as
  };

  Result<http::Body> judged(Result<http::Reply> reply) const {
    if (!reply) return std::unexpected(std::move(reply.error()));
    if (auto wrong = judge_reply(*reply, executor_.wall_now())) return std::unexpected(std::move(*wrong));
    return std::move(reply->body);
  }

  Task<Answer> ask_logged_in(http::Request request, Try which, std::stop_token stop) {
    const auto session = co_await login_.session(stop);
    if (!session) co_return Answer{std::unexpected(session.error())};
    request.cookies = session->cookies;
    auto reply = co_await transport_.fetch(std::move(request), stop);
    if (!reply) co_return Answer{std::unexpected(std::move(reply.error()))};
    const bool other_session = hands_out_another_session(*reply, session->cookies);
    const bool as_anonymous = asker_of(*reply) == kAnonymous;
    auto body = judged(std::move(reply));
    const bool refused = as_anonymous || (!body && body.error().kind == Kind::Auth);
    if (refused) login_.forget(session->generation);
    if (!body) co_return Answer{std::move(body), refused};
    if (!login_.holds(session->generation)) co_return Answer{std::move(body), true};
    const bool sign = holds_nothing(*body) || (other_session && session->generation != changes_cookies_);
    if (!sign) co_return Answer{std::move(body)};
    const auto known = co_await login_.still_logged_in(*session, stop);
    if (known && *known && other_session) changes_cookies_ = session->generation;
    if (known) co_return Answer{std::move(body), !*known};
    if (known.error().kind != Kind::Malformed) co_return Answer{std::unexpected(known.error())};
    // It can't be told. What the first session brought is asked once more, by a new one.
    if (which == Try::First) login_.forget(session->generation);
    co_return Answer{std::move(body), which == Try::First};
  }

  const Profile profile_;
  http::Transport& transport_;
  Executor& executor_;
  Login login_;
  std::uint64_t changes_cookies_ = 0;  // the session whose cookies change while it lives: no sign of a lapse
  TapRoute tap_;
};

}  // namespace

std::unique_ptr<Archive> make_gaia_products(Profile profile, http::Transport& transport, Executor& executor) {
  return std::make_unique<GaiaArchive>(std::move(profile), transport, executor);
}

}  // namespace garner::archive
