#include "ivoa/uws_client.h"

#include <algorithm>

#include "http/url.h"
#include "ivoa/server_words.h"

namespace garner::ivoa {

namespace {

constexpr std::size_t kLongestJobId = 200;

bool is_good(int status) {
  return status >= 200 && status < 400;
}

std::string result_href(const Job& job) {
  for (const auto& each : job.results) {
    if (each.href.ends_with("results/result")) return each.href;
  }
  for (const auto& each : job.results) {
    if (each.id == "result") return each.href;
  }
  return job.results.size() == 1 ? job.results[0].href : std::string();
}

}  // namespace

std::string_view job_id_of(std::string_view job_url) {
  job_url = job_url.substr(0, job_url.find_first_of("?#"));
  while (job_url.ends_with('/')) job_url.remove_suffix(1);
  return job_url.substr(job_url.rfind('/') + 1);
}

Jobs::Jobs(Caller& caller, std::string list_url, JobDeletion deletion)
    : caller_(caller), list_url_(std::move(list_url)), deletion_(deletion) {}

Result<std::string> Jobs::url_of_id(std::string_view id) const {
  const bool plain = !id.empty() && id.size() <= kLongestJobId && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.' || c == '~' || c == ':';
  });
  if (!plain || id == "." || id == "..") return fail(Kind::Invalid, "'{}' is no job id", printable(id, 100));
  return list_url_ + "/" + std::string(id);
}

Result<std::string> Jobs::url_of(const JobRef& ref) const {
  return ref.href.empty() ? url_of_id(ref.id) : caller_.place(list_url_, ref.href);
}

Task<Result<std::string>> Jobs::create(std::string content_type, std::string body, Asked asked, std::stop_token stop) {
  auto reply = co_await caller_.post(list_url_, std::move(content_type), std::move(body), kMaxDocumentBytes, stop);
  if (!reply) co_return with_context(std::move(reply.error()), "making a job");
  const auto location = reply->header("location");
  if (!is_good(reply->status) || !location) {
    if (is_good(reply->status) && reply->body.size() == 0)
      co_return fail(Kind::Malformed, "making a job: HTTP {} without a Location", reply->status);
    co_return with_context(judge_failure(*reply, asked, caller_.executor().wall_now()), "making a job");
  }
  auto url = caller_.place(list_url_, *location);
  if (!url) co_return with_context(std::move(url.error()), "making a job");
  // Services that send on to a login page or to the list itself have made nothing.
  if (job_id_of(*url).empty() || *url == list_url_ || *url == list_url_ + "/") {
    co_return fail(Kind::Malformed, "making a job: the Location '{}' is no job's", printable(*url, 200));
  }
  co_return url;
}

namespace {

Task<Result<void>> set_phase(Caller& caller, std::string job_url, std::string_view phase, std::stop_token stop) {
  std::vector<std::pair<std::string, std::string>> fields{{"PHASE", std::string(phase)}};
  auto reply = co_await caller.post_form(job_url + "/phase", std::move(fields), stop);
  if (!reply) co_return with_context(std::move(reply.error()), "PHASE={}", phase);
  if (is_good(reply->status)) co_return Result<void>{};
  co_return with_context(judge_failure(*reply, {}, caller.executor().wall_now()), "PHASE={}", phase);
}

}  // namespace

Task<Result<void>> Jobs::run(std::string job_url, std::stop_token stop) {
  co_return co_await set_phase(caller_, std::move(job_url), "RUN", stop);
}

Task<Result<void>> Jobs::abort(std::string job_url, std::stop_token stop) {
  co_return co_await set_phase(caller_, std::move(job_url), "ABORT", stop);
}

Task<Result<Job>> Jobs::look(std::string job_url, std::stop_token stop) {
  auto reply = co_await caller_.get(job_url, stop);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  if (reply->status != 200) co_return std::unexpected(judge_failure(*reply, {}, caller_.executor().wall_now()));
  co_return parse_job(reply->body.text(), job_id_of(job_url));
}

Task<Result<http::Body>> Jobs::result(std::string job_url, Job job, Asked asked, std::stop_token stop) {
  std::string url = job_url + "/results/result";
  const std::string href = result_href(job);
  if (!href.empty()) {
    auto placed = caller_.place(job_url, href);
    // A service behind a proxy may write its own inner address; by the standard's path its result is found all the
    // same.
    if (placed) {
      url = std::move(*placed);
    } else if (!href.ends_with("results/result")) {
      co_return with_context(std::move(placed.error()), "the result of job {}", printable(job.id, 100));
    }
  }
  auto reply = co_await caller_.get(url, stop, caller_.service().max_answer_bytes);
  if (!reply) co_return with_context(std::move(reply.error()), "the result of job {}", printable(job.id, 100));
  if (auto error = judge_answer(*reply, asked, caller_.executor().wall_now())) {
    co_return with_context(std::move(*error), "the result of job {}", printable(job.id, 100));
  }
  co_return std::move(reply->body);
}

Task<Error> Jobs::error(std::string job_url, Job job, Asked asked, std::stop_token stop) {
  const std::string summary = job.error ? job.error->message : std::string();
  std::string words = summary;
  // Where the summary says nothing, the document may, whatever hasDetail says.
  if ((job.error && job.error->has_detail) || summary.empty() || summary == "null") {
    auto reply = co_await caller_.get(job_url + "/error", stop);
    if (reply && reply->status == 200) {
      const std::string said = extract_message(reply->body.text());
      if (!said.empty() && (said != "null" || words.empty())) words = said;
    }
  }
  Error why = judge_words(words, 200, asked);
  // The words decide; where they decide nothing, the summary's type does.
  if (why.kind == Kind::Suspect && job.error && job.error->transient) why.kind = Kind::Overloaded;
  if (words != summary && !summary.empty() && summary != "null")
    why.detail += fmt::format(" (in short: {})", printable(summary, 200));
  why.detail = fmt::format("job {}: {}", printable(job.id, 100), why.detail);
  co_return why;
}

Task<Result<void>> Jobs::remove(std::string job_url, std::stop_token stop) {
  const std::string id(job_id_of(job_url));
  const std::vector<std::pair<std::string, std::string>> action{{"ACTION", "DELETE"}}, ids{{"JOB_IDS", id}};
  auto reply = deletion_ == JobDeletion::Delete ? co_await caller_.remove(job_url, stop)
               : deletion_ == JobDeletion::PostAction
                   ? co_await caller_.post_form(job_url, action, stop)
                   : co_await caller_.post_form(caller_.service().base_url + "/deletejobs", ids, stop);
  if (!reply) co_return with_context(std::move(reply.error()), "deleting job {}", printable(id, 100));
  if (is_good(reply->status) || reply->status == 404 || reply->status == 410) co_return Result<void>{};
  co_return with_context(judge_failure(*reply, {}, caller_.executor().wall_now()), "deleting job {}",
                         printable(id, 100));
}

Task<Result<std::vector<JobRef>>> Jobs::list(std::string after, std::stop_token stop) {
  const std::string query = after.empty() ? std::string() : "?" + http::form_encode({{"AFTER", after}});
  auto reply = co_await caller_.get(list_url_ + query, stop);
  if (!reply) co_return with_context(std::move(reply.error()), "the list of jobs");
  if (reply->status != 200)
    co_return with_context(judge_failure(*reply, {}, caller_.executor().wall_now()), "the list of jobs");
  co_return parse_job_list(reply->body.text());
}

Task<Result<std::optional<std::string>>> Jobs::find(std::string run_id, std::string after, std::stop_token stop) {
  auto refs = co_await list(std::move(after), stop);
  if (!refs) co_return std::unexpected(std::move(refs.error()));
  for (const auto& ref : *refs) {
    if (run_id.empty() || ref.run_id != run_id || ref.phase == Phase::Archived) continue;
    auto url = url_of(ref);
    if (!url) co_return std::unexpected(std::move(url.error()));
    co_return std::optional(std::move(*url));
  }
  co_return std::nullopt;
}

}  // namespace garner::ivoa
