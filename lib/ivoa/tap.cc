#include "ivoa/tap.h"

#include <algorithm>
#include <set>

#include "ivoa/multipart.h"

namespace garner::ivoa {

namespace {

constexpr std::size_t kLongestRunId = 64;  // DALI 1.1 §3.4.6

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_table_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && is_letter(name[0]) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

std::string folded(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return lower;
}

Result<void> check(const Query& query) {
  if (query.adql.empty()) return fail(Kind::Invalid, "the query is empty");
  if (query.run_id.size() > kLongestRunId)
    return fail(Kind::Invalid, "RUNID '{}' is longer than {} characters", printable(query.run_id, 80), kLongestRunId);
  std::set<std::string> names;
  for (const auto& upload : query.uploads) {
    if (!is_table_name(upload.table)) {
      return fail(Kind::Invalid,
                  "an uploaded table cannot be called '{}': a letter, then letters, digits and underscores",
                  printable(upload.table, 60));
    }
    if (!names.insert(folded(upload.table)).second)
      return fail(Kind::Invalid, "two uploaded tables are called '{}'", upload.table);
  }
  return {};
}

}  // namespace

Result<EncodedQuery> encode_query(const TapService& service, const Query& query) {
  if (auto good = check(query); !good) return std::unexpected(std::move(good.error()));
  // REQUEST is of TAP 1.0, which needs it; later services ignore it.
  std::vector<std::pair<std::string, std::string>> fields{{"REQUEST", "doQuery"}, {"LANG", query.lang}};
  if (!query.format.empty())
    fields.emplace_back(service.format_field, query.format == kPlainVOTable ? service.plain_votable : query.format);
  if (query.maxrec) fields.emplace_back("MAXREC", std::to_string(*query.maxrec));
  if (!query.run_id.empty()) fields.emplace_back("RUNID", query.run_id);
  fields.insert(fields.end(), service.more_fields.begin(), service.more_fields.end());
  // Several in one value is TAP 1.0's way, which 1.1 services read too.
  std::string uploads;
  std::vector<FilePart> files;
  for (const auto& upload : query.uploads) {
    uploads += (uploads.empty() ? "" : ";") + upload.table + ",param:" + upload.table;
    files.push_back({upload.table, upload.table + ".xml", "application/x-votable+xml", upload.votable});
  }
  if (!uploads.empty()) fields.emplace_back("UPLOAD", uploads);
  fields.emplace_back("QUERY", query.adql);
  if (files.empty()) return EncodedQuery{"application/x-www-form-urlencoded", http::form_encode(fields)};
  auto form = multipart_form(fields, files);
  if (!form) return std::unexpected(std::move(form.error()));
  return EncodedQuery{std::move(form->content_type), std::move(form->body)};
}

Tap::Tap(http::Transport& transport, Executor& executor, TapService service)
    : service_(std::move(service)),
      caller_(transport, executor, service_.http),
      jobs_(caller_, service_.http.base_url + service_.async_path, service_.deletion) {}

Task<Result<http::Body>> Tap::sync(Query query, std::stop_token stop) {
  auto encoded = encode_query(service_, query);
  if (!encoded) co_return std::unexpected(std::move(encoded.error()));
  const std::string url = service_.http.base_url + service_.sync_path;
  const std::uint64_t most = service_.http.max_answer_bytes;
  auto reply = co_await caller_.post(url, std::move(encoded->content_type), std::move(encoded->body), most, stop);
  if (reply) reply = co_await caller_.follow(url, std::move(*reply), most, stop);
  if (!reply) co_return with_context(std::move(reply.error()), "sync query");
  if (auto error = judge_answer(*reply, asked_of(query), caller_.executor().wall_now()))
    co_return with_context(std::move(*error), "sync query");
  co_return std::move(reply->body);
}

Task<Result<std::string>> Tap::create(Query query, std::stop_token stop) {
  auto encoded = encode_query(service_, query);
  if (!encoded) co_return std::unexpected(std::move(encoded.error()));
  co_return co_await jobs_.create(std::move(encoded->content_type), std::move(encoded->body), asked_of(query), stop);
}

}  // namespace garner::ivoa
