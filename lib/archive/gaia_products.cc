// The Gaia Archive's DataLink bulk service: POST data-server/data with a list of ids, a zip comes back.
#include <limits>

#include "archive/archive.h"
#include "archive/login.h"
#include "archive/reply.h"

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

class GaiaProducts final : public Archive {
 public:
  GaiaProducts(Profile profile, http::Transport& transport, Executor& executor)
      : profile_(std::move(profile)),
        transport_(transport),
        executor_(executor),
        login_(profile_, transport, executor) {}

  const Profile& profile() const override { return profile_; }
  std::string identity() const override { return login_.identity(); }

  Task<Result<http::Body>> fetch(ChunkRequest chunk, std::stop_token stop) override {
    if (chunk.ids.empty()) co_return fail(Kind::Internal, "a chunk without ids");
    if (chunk.ids.size() > profile_.manners.ids_per_request_most) {
      co_return fail(Kind::TooLarge, "{} ids; {} takes {} a request at most", chunk.ids.size(), profile_.title,
                     profile_.manners.ids_per_request_most);
    }
    http::Request request = make_request(chunk, profile_);
    chunk = {};
    auto session = co_await login_.session(stop);
    if (!session) co_return std::unexpected(std::move(session.error()));
    auto answer = co_await exchange(login_.anonymous() ? std::move(request) : request, session->cookies, stop);
    if (!answer.wants_login || login_.anonymous()) co_return std::move(answer.body);
    login_.forget(session->generation);
    session = co_await login_.session(stop);
    if (!session) co_return std::unexpected(std::move(session.error()));
    answer = co_await exchange(std::move(request), session->cookies, stop);
    co_return std::move(answer.body);
  }

 private:
  struct Answer {
    Result<http::Body> body;
    bool wants_login = false;  // the archive's own Auth, not that of TLS
  };

  Task<Answer> exchange(http::Request request, std::string cookies, std::stop_token stop) {
    request.cookies = std::move(cookies);
    auto reply = co_await transport_.fetch(std::move(request), stop);
    if (!reply) co_return Answer{std::unexpected(std::move(reply.error()))};
    if (auto wrong = judge_reply(*reply, executor_.wall_now())) {
      const bool wants_login = wrong->kind == Kind::Auth;
      co_return Answer{std::unexpected(std::move(*wrong)), wants_login};
    }
    co_return Answer{std::move(reply->body)};
  }

  const Profile profile_;
  http::Transport& transport_;
  Executor& executor_;
  Login login_;
};

}  // namespace

std::unique_ptr<Archive> make_gaia_products(Profile profile, http::Transport& transport, Executor& executor) {
  return std::make_unique<GaiaProducts>(std::move(profile), transport, executor);
}

}  // namespace garner::archive
