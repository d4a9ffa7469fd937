#include "real_server/rig.h"

namespace garner::real_server {

Result<RealServer::Ran> RealServer::run_job(const ivoa::Query& query) {
  auto url = wait(tap().create(query, stop()));
  if (!url) return std::unexpected(std::move(url.error()));
  if (auto started = wait(jobs().run(*url, stop())); !started) return std::unexpected(std::move(started.error()));
  ivoa::WaitOptions options;
  options.wait = std::chrono::seconds(5);
  options.poll_first = std::chrono::milliseconds(100);
  options.poll_most = std::chrono::milliseconds(1000);
  options.total = std::chrono::seconds(120);
  auto outcome = wait(jobs().wait_for(*url, ivoa::Tap::asked_of(query), options, stop()));
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  return Ran{std::move(*url), std::move(*outcome)};
}

std::optional<http::Body> RealServer::async(const ivoa::Query& query) {
  auto ran = run_job(query);
  if (!ran) {
    ADD_FAILURE() << ran.error().detail;
    return std::nullopt;
  }
  EXPECT_EQ(ran->outcome.end, ivoa::JobEnd::Completed) << ran->outcome.why.detail;
  auto body = wait(jobs().result(ran->url, ran->outcome.job, ivoa::Tap::asked_of(query), stop()));
  EXPECT_TRUE(wait(jobs().remove(ran->url, stop())));
  if (!body) {
    ADD_FAILURE() << body.error().detail;
    return std::nullopt;
  }
  return std::move(*body);
}

ivoa::Query adql(std::string text, std::string format) {
  ivoa::Query query;
  query.adql = std::move(text);
  query.format = std::move(format);
  return query;
}

Result<std::unique_ptr<table::TableReader>> open(const http::Body& body) {
  return table::open_table(table::from_memory(body.bytes()), {});
}

}  // namespace garner::real_server
