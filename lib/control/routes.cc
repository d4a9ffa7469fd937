#include "control/routes.h"

#include <charconv>

#include "control/log_messages.h"
#include "control/metrics.h"
#include "control/percent.h"
#include "control/sources_page.h"

namespace garner::control {

namespace {

constexpr std::uint64_t kLogLinesMost = 10'000;

std::string query_value(const ApiRequest& request, const char* key) {
  const auto found = request.query.find(key);
  return found == request.query.end() ? std::string() : found->second;
}

ApiReply json_reply(std::string json) {
  return {200, std::move(json) + "\n", "application/json", {}};
}

template <class T>
ApiReply reply_of(const Result<T>& result, std::string (*to_json)(const T&)) {
  return result ? json_reply(to_json(*result)) : error_reply(result.error());
}

ApiReply get_daemon(const ApiContext& context, const ApiRequest&, const std::string&) {
  return json_reply(daemon_json(context.daemon));
}

ApiReply get_harvests(const ApiContext& context, const ApiRequest&, const std::string&) {
  return json_reply(statuses_json(context.service.list()));
}

ApiReply get_harvest(const ApiContext& context, const ApiRequest&, const std::string& name) {
  return reply_of(context.service.status(name), status_json);
}

ApiReply post_pause(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  return reply_of(context.service.pause(request.peer, name), status_json);
}

ApiReply post_resume(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  return reply_of(context.service.resume(request.peer, name), status_json);
}

ApiReply post_cancel(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  return reply_of(context.service.cancel(request.peer, name), status_json);
}

ApiReply post_retry(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  const auto text = query_value(request, "outcome");
  const auto outcome = parse_outcome(text.empty() ? "failed" : text);
  if (!outcome || *outcome == ledger::Outcome::Delivered) {
    return error_reply({Kind::Invalid,
                        fmt::format("outcome '{}': expected failed, absent or pending", printable(text, 40)),
                        std::nullopt});
  }
  const auto products = context.service.retry(request.peer, name, *outcome);
  return products ? json_reply(retry_json(*products)) : error_reply(products.error());
}

ApiReply delete_harvest(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  const auto text = query_value(request, "delete_data");
  if (!text.empty() && text != "true" && text != "false") {
    return error_reply(
        {Kind::Invalid, fmt::format("delete_data '{}': expected true or false", printable(text, 40)), std::nullopt});
  }
  const auto removed = context.service.remove(request.peer, name, text == "true");
  return removed ? json_reply("{}") : error_reply(removed.error());
}

// A number in the query; nothing where the key is not there.
Result<std::optional<std::uint64_t>> number_of(const ApiRequest& request, const char* key, std::uint64_t least,
                                               std::uint64_t most) {
  const auto text = query_value(request, key);
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    return fail(Kind::Invalid, "{} '{}': expected a number from {} to {}", key, printable(text, 40), least, most);
  return number;
}

ApiReply get_sources(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  const auto outcome = query_value(request, "outcome");
  if (outcome != "refused" && !parse_outcome(outcome)) {
    return error_reply(
        {Kind::Invalid,
         fmt::format("outcome '{}': expected delivered, absent, failed, pending or refused", printable(outcome, 40)),
         std::nullopt});
  }
  const auto rows = number_of(request, "rows", 1, kSourcesPageMost);
  if (!rows) return error_reply(rows.error());
  const auto page = context.service.sources(name, outcome, query_value(request, "cursor"),
                                            static_cast<std::size_t>(rows->value_or(kSourcesPageDefault)));
  if (!page) return error_reply(page.error());
  ApiReply reply{200, sources_tsv(*page), "text/tab-separated-values; charset=utf-8", {}};
  if (!page->next.empty()) reply.headers.emplace_back("X-Garner-Next", percent_encode(page->next));
  return reply;
}

ApiReply get_log(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  harvest::LogQuestion question;
  const auto chunk = number_of(request, "chunk", 0, UINT32_MAX);
  const auto after = number_of(request, "after", 0, UINT64_MAX);
  const auto rows = number_of(request, "rows", 1, kLogLinesMost);
  for (const auto* number : {&chunk, &after, &rows}) {
    if (!*number) return error_reply(number->error());
  }
  if (*chunk) question.chunk = static_cast<std::uint32_t>(**chunk);
  question.after = after->value_or(0);
  question.most = static_cast<std::size_t>(rows->value_or(question.most));
  question.retrieval_type = query_value(request, "retrieval_type");
  if (const auto text = query_value(request, "source_id"); !text.empty()) {
    const auto id = parse_source_id(text);
    if (!id) return error_reply({Kind::Invalid, "source_id: " + id.error().detail, std::nullopt});
    question.source = *id;
  }
  return reply_of(context.service.log(name, question), log_json);
}

ApiReply post_receipt(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  const auto format = query_value(request, "format");
  if (!format.empty() && format != "json" && format != "markdown") {
    return error_reply(
        {Kind::Invalid, fmt::format("format '{}': expected json or markdown", printable(format, 40)), std::nullopt});
  }
  auto receipt = context.service.receipt(request.peer, name);
  if (!receipt) return error_reply(receipt.error());
  const bool markdown = format == "markdown";
  ApiReply reply{200,
                 std::move(markdown ? receipt->markdown : receipt->json),
                 markdown ? "text/markdown; charset=utf-8" : "application/json",
                 {}};
  reply.headers.emplace_back("X-Garner-Kept", receipt->kept ? "true" : "false");
  return reply;
}

ApiReply get_product(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  const auto id = parse_source_id(query_value(request, "source_id"));
  if (!id) return error_reply({Kind::Invalid, "source_id: " + id.error().detail, std::nullopt});
  auto product = context.service.product(name, *id, query_value(request, "retrieval_type"));
  if (!product) return error_reply(product.error());
  ApiReply reply{200, std::move(product->bytes), "application/octet-stream", {}, std::move(product->share)};
  reply.headers.emplace_back("X-Garner-File", percent_encode(product->file_name));
  reply.headers.emplace_back("X-Garner-Retrieval-Type", percent_encode(product->retrieval_type));
  reply.headers.emplace_back("X-Garner-Whole-Table", product->whole_table ? "true" : "false");
  return reply;
}

ApiReply post_verify(const ApiContext& context, const ApiRequest& request, const std::string& name) {
  const auto text = query_value(request, "repair");
  if (!text.empty() && text != "true" && text != "false") {
    return error_reply(
        {Kind::Invalid, fmt::format("repair '{}': expected true or false", printable(text, 40)), std::nullopt});
  }
  const auto cursor = query_value(request, "cursor");
  return reply_of(
      text == "true" ? context.service.repair(request.peer, name, cursor) : context.service.verify(name, cursor),
      verify_json);
}

ApiReply get_metrics(const ApiContext& context, const ApiRequest&, const std::string&) {
  return {200, metrics_text(context.daemon, context.service.list()), "text/plain; version=0.0.4; charset=utf-8", {}};
}

constexpr Route kRoutes[] = {
    {"GET", "/v1/daemon", get_daemon},
    {"GET", "/v1/harvests", get_harvests},
    {"POST", "/v1/harvests", nullptr},
    {"POST", "/v1/plan", nullptr, true},
    {"GET", "/v1/harvests/NAME", get_harvest},
    {"DELETE", "/v1/harvests/NAME", delete_harvest},
    {"POST", "/v1/harvests/NAME/pause", post_pause},
    {"POST", "/v1/harvests/NAME/resume", post_resume},
    {"POST", "/v1/harvests/NAME/cancel", post_cancel},
    {"POST", "/v1/harvests/NAME/retry", post_retry},
    {"GET", "/v1/harvests/NAME/sources", get_sources},
    {"GET", "/v1/harvests/NAME/log", get_log},
    {"POST", "/v1/harvests/NAME/receipt", post_receipt},
    {"GET", "/v1/harvests/NAME/product", get_product},
    {"POST", "/v1/harvests/NAME/verify", post_verify},
    {"GET", "/metrics", get_metrics},
};

// What stands in NAME's place; nothing if the path does not fit. Patterns without NAME give an empty text.
std::optional<std::string> fit(std::string_view pattern, std::string_view path) {
  const auto place = pattern.find("NAME");
  if (place == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
  const auto before = pattern.substr(0, place), behind = pattern.substr(place + 4);
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind))
    return std::nullopt;
  const auto name = path.substr(before.size(), path.size() - before.size() - behind.size());
  if (name.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(name);
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

Result<Matched> match(std::string_view method, std::string_view path) {
  std::string allowed;
  for (const auto& route : kRoutes) {
    auto name = fit(route.pattern, path);
    if (!name) continue;
    if (route.method == method) return Matched{&route, std::move(*name)};
    allowed += allowed.empty() ? "" : ", ";
    allowed += route.method;
  }
  if (!allowed.empty())
    return fail(Kind::Unsupported, "{} takes {}, not {}", printable(path, 100), allowed, printable(method, 20));
  return fail(Kind::NotFound, "no such path in this API: {}", printable(path, 100));
}

ApiReply error_reply(const Error& error) {
  return {http_status(error.kind), error_json(error) + "\n", "application/json", {}};
}

ApiReply answer(const ApiContext& context, const ApiRequest& request) {
  auto matched = match(request.method, request.path);
  if (!matched) {
    auto reply = error_reply(matched.error());
    if (matched.error().kind == Kind::Unsupported) reply.status = 405;
    return reply;
  }
  return matched->route->handler(context, request, matched->harvest);
}

}  // namespace garner::control
