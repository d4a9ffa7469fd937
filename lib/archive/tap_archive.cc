// An archive that has TAP alone, by the standard.
#include "archive/archive.h"
#include "archive/tap_route.h"

namespace garner::archive {

namespace {

class TapArchive final : public Archive {
 public:
  TapArchive(Profile profile, http::Transport& transport, Executor& executor)
      : profile_(std::move(profile)), tap_(profile_, transport, executor) {}

  const Profile& profile() const override { return profile_; }
  std::string identity() const override { return tap_.identity(); }
  Task<Result<http::Body>> fetch(ChunkRequest, std::stop_token) override {
    co_return fail(Kind::Unsupported, "{} has no service of products; kinds rows and query ask its tables",
                   profile_.title);
  }
  Task<TapReply> ask(TapQuestion question, std::stop_token stop) override {
    return tap_.ask(std::move(question), std::move(stop));
  }
  Task<Result<void>> forget_job(std::string job_url, std::stop_token stop) override {
    return tap_.forget_job(std::move(job_url), std::move(stop));
  }

 private:
  const Profile profile_;
  TapRoute tap_;
};

}  // namespace

std::unique_ptr<Archive> make_archive(Profile profile, http::Transport& transport, Executor& executor) {
  if (profile.kind == "gaia") return make_gaia_products(std::move(profile), transport, executor);
  return std::make_unique<TapArchive>(std::move(profile), transport, executor);
}

}  // namespace garner::archive
