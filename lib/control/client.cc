#include "control/client.h"

#include "control/curl_call.h"
#include "control/log_messages.h"
#include "control/percent.h"
#include "control/sources_page.h"

namespace garner::control {

namespace {

constexpr long kQuickCall_s = 60;  // calls that the daemon answers from memory or with one synced write

std::string harvest_path(const std::string& name) {
  return "/v1/harvests/" + percent_encode(name);
}

template <class T>
Result<T> parsed(const Result<CallReply>& reply, Result<T> (*parse)(std::string_view)) {
  if (!reply) return std::unexpected(reply.error());
  return parse(reply->body);
}

std::string header_of(const CallReply& reply, const char* name) {
  const auto found = reply.headers.find(name);
  return found == reply.headers.end() ? std::string() : found->second;
}

}  // namespace

Result<DaemonInfo> Client::daemon() {
  return parsed(perform({.socket_path = socket_path_, .path = "/v1/daemon", .timeout_s = kQuickCall_s}), parse_daemon);
}

Result<std::vector<harvest::HarvestStatus>> Client::list() {
  return parsed(perform({.socket_path = socket_path_, .path = "/v1/harvests", .timeout_s = kQuickCall_s}),
                parse_statuses);
}

Result<harvest::HarvestStatus> Client::status(const std::string& name) {
  return parsed(perform({.socket_path = socket_path_, .path = harvest_path(name), .timeout_s = kQuickCall_s}),
                parse_status);
}

Result<harvest::HarvestStatus> Client::pause(const std::string& name) {
  return parsed(perform({.socket_path = socket_path_, .method = "POST", .path = harvest_path(name) + "/pause"}),
                parse_status);
}

Result<harvest::HarvestStatus> Client::resume(const std::string& name) {
  return parsed(perform({.socket_path = socket_path_, .method = "POST", .path = harvest_path(name) + "/resume"}),
                parse_status);
}

Result<harvest::HarvestStatus> Client::cancel(const std::string& name) {
  return parsed(perform({.socket_path = socket_path_, .method = "POST", .path = harvest_path(name) + "/cancel"}),
                parse_status);
}

Result<void> Client::remove(const std::string& name, bool delete_data) {
  const auto path = harvest_path(name) + (delete_data ? "?delete_data=true" : "");
  const auto reply = perform({.socket_path = socket_path_, .method = "DELETE", .path = path});
  if (!reply) return std::unexpected(reply.error());
  return {};
}

Result<std::uint64_t> Client::retry(const std::string& name, const std::string& outcome) {
  const auto path = harvest_path(name) + "/retry?outcome=" + percent_encode(outcome);
  return parsed(perform({.socket_path = socket_path_, .method = "POST", .path = path}), parse_retry);
}

Result<harvest::SourcesPage> Client::sources(const std::string& name, const std::string& outcome,
                                             const std::string& cursor, std::size_t rows) {
  const auto path = fmt::format("{}/sources?outcome={}&cursor={}&rows={}", harvest_path(name), percent_encode(outcome),
                                percent_encode(cursor), rows);
  const auto reply = perform({.socket_path = socket_path_, .path = path, .reply_bytes_most = 512u << 20});
  if (!reply) return std::unexpected(reply.error());
  auto page = parse_sources_tsv(reply->body, outcome == "refused");
  if (page) page->next = header_of(*reply, "x-garner-next");
  return page;
}

Result<harvest::LogPage> Client::log(const std::string& name, const harvest::LogQuestion& question) {
  std::string path = fmt::format("{}/log?rows={}&after={}&retrieval_type={}", harvest_path(name), question.most,
                                 question.after, percent_encode(question.retrieval_type));
  if (question.chunk) path += fmt::format("&chunk={}", *question.chunk);
  if (question.source) path += fmt::format("&source_id={}", question.source->value);
  return parsed(perform({.socket_path = socket_path_, .path = path}), parse_log);
}

Result<std::string> Client::receipt(const std::string& name, bool as_json) {
  const auto path = harvest_path(name) + "/receipt?format=" + (as_json ? "json" : "markdown");
  auto reply = perform({.socket_path = socket_path_, .method = "POST", .path = path});
  if (!reply) return std::unexpected(reply.error());
  return std::move(reply->body);
}

Result<harvest::FoundProduct> Client::product(const std::string& name, SourceId id, const std::string& retrieval_type) {
  const auto path = fmt::format("{}/product?source_id={}&retrieval_type={}", harvest_path(name), id.value,
                                percent_encode(retrieval_type));
  auto reply = perform({.socket_path = socket_path_, .path = path, .reply_bytes_most = 512u << 20});
  if (!reply) return std::unexpected(reply.error());
  return harvest::FoundProduct{std::move(reply->body), header_of(*reply, "x-garner-file"),
                               header_of(*reply, "x-garner-retrieval-type"),
                               header_of(*reply, "x-garner-whole-table") == "true"};
}

Result<harvest::VerifyPage> Client::verify(const std::string& name, const std::string& cursor, bool repair) {
  const auto path = harvest_path(name) + "/verify?cursor=" + percent_encode(cursor) + (repair ? "&repair=true" : "");
  return parsed(perform({.socket_path = socket_path_, .method = "POST", .path = path}), parse_verify);
}

std::unique_ptr<Upload> Client::submit(bool plan_only, std::string_view manifest_file, std::string_view manifest_text) {
  return std::make_unique<Upload>(socket_path_, plan_only, manifest_file, manifest_text);
}

}  // namespace garner::control
