#include "client/archive_probe.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "archive/archive.h"
#include "base/task.h"
#include "control/percent.h"

namespace garner::client {

namespace {

// Hands exchanges through, with the session's cookies where there are some, and keeps those about products. A login
// has other fields and is never kept; nor is a question who we are.
class RecordingTransport final : public http::Transport {
 public:
  RecordingTransport(http::Transport& real, std::string cookies, std::vector<ExchangeRecord>& kept)
      : real_(real), cookies_(std::move(cookies)), kept_(kept) {}

  Task<Result<http::Reply>> fetch(http::Request request, std::stop_token stop) override {
    auto fields = form_fields(request.body);
    if (!cookies_.empty()) request.cookies = cookies_;
    auto reply = co_await real_.fetch(std::move(request), stop);
    const bool about_products =
        std::ranges::any_of(fields, [](const auto& field) { return field.first == "DATA_STRUCTURE"; });
    if (reply && about_products) keep(std::move(fields), *reply);
    co_return reply;
  }

 private:
  void keep(std::vector<std::pair<std::string, std::string>> fields, const http::Reply& reply) {
    ExchangeRecord record{std::move(fields),       reply.status,      {}, std::string(reply.body.text()),
                          reply.timing.first_byte, reply.timing.total};
    for (const auto& header : reply.headers) {
      if (!header.first.contains("cookie") && !header.first.contains("auth")) record.headers.push_back(header);
    }
    kept_.push_back(std::move(record));
  }

  http::Transport& real_;
  const std::string cookies_;
  std::vector<ExchangeRecord>& kept_;
};

class Collector final : public product::ProductSink {
 public:
  explicit Collector(std::vector<CameProduct>& came) : came_(came) {}
  Result<void> add(const product::Product& product) override {
    came_.push_back({std::string(product.name), product.bytes.size()});
    return {};
  }

 private:
  std::vector<CameProduct>& came_;
};

Task<void> fetch_then_stop(archive::Archive& archive, archive::ChunkRequest request, UvLoop& loop,
                           std::optional<Result<http::Body>>& out) {
  out.emplace(co_await archive.fetch(std::move(request), {}));
  loop.request_stop();
}

Result<http::Body> fetch_once(archive::Archive& archive, const archive::ChunkRequest& request, UvLoop& loop) {
  std::optional<Result<http::Body>> body;
  TaskGroup group;
  group.spawn(fetch_then_stop(archive, request, loop, body));
  loop.run();
  return std::move(*body);
}

std::optional<Error> read_products(const archive::Profile& profile, const archive::ChunkRequest& request,
                                   const http::Body& body, std::vector<CameProduct>& came) {
  const auto* release = profile.find(request.release);
  const auto* type = release == nullptr ? nullptr : release->find(request.retrieval_type);
  product::Asked asked;
  asked.release = request.release;
  asked.retrieval_type = request.retrieval_type;
  asked.structure = request.structure;
  asked.format = request.format;
  asked.ids = request.ids;
  asked.max_product_bytes = type == nullptr ? archive::RetrievalType{}.max_product_bytes : type->max_product_bytes;
  asked.budget = std::make_shared<http::MemoryBudget>(std::uint64_t{1} << 30);
  Collector collector(came);
  const auto contents = product::read_reply(body.bytes(), asked, collector);
  if (!contents) return contents.error();
  if (contents->products > 0) return std::nullopt;
  return Error{Kind::NotFound,
               "a whole, well-formed reply without any product: the archive no longer has it, or the profile's probe "
               "is out of date",
               std::nullopt};
}

bool worth_the_other_spelling(const Error& error) {
  return error.kind == Kind::Unsupported || error.kind == Kind::Suspect;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> form_fields(std::string_view body) {
  std::vector<std::pair<std::string, std::string>> fields;
  const auto decoded = [](std::string_view text) {
    std::string plain(text);
    std::ranges::replace(plain, '+', ' ');
    return control::percent_decode(plain);
  };
  while (!body.empty()) {
    const auto field = body.substr(0, body.find('&'));
    const auto equals = std::min(field.find('='), field.size());
    fields.emplace_back(decoded(field.substr(0, equals)), decoded(field.substr(std::min(equals + 1, field.size()))));
    body.remove_prefix(std::min(field.size() + 1, body.size()));
  }
  return fields;
}

ProbeResult probe_archive(const archive::Profile& profile, http::Transport& transport, UvLoop& loop,
                          const ProbeSession& session) {
  ProbeResult result;
  const auto id = parse_source_id(profile.probe_id);
  if (!id) {
    result.error = Error{Kind::Invalid, "the profile's probe: " + id.error().detail, std::nullopt};
    return result;
  }
  RecordingTransport recording(transport, session.cookies, result.exchanges);
  auto asked = profile;
  if (!session.user.empty()) asked.credential_file.clear();
  const auto archive = archive::make_gaia_products(std::move(asked), recording, loop);
  archive::ChunkRequest request;
  request.ids = {*id};
  request.release = profile.probe_release;
  request.retrieval_type = profile.probe_type;
  result.expected_name = product::individual_name(profile.probe_type, profile.probe_release, *id, request.format);
  for (const auto& spelling : profile.individual_spellings) {
    result.spelling = request.structure_spelling = spelling;
    const auto body = fetch_once(*archive, request, loop);
    result.error = body ? read_products(profile, request, *body, result.came) : std::optional<Error>(body.error());
    if (!result.error || !worth_the_other_spelling(*result.error)) break;
  }
  result.identity = session.user.empty() ? archive->identity() : session.user;
  return result;
}

Result<std::vector<std::string>> write_exchanges(const std::string& folder,
                                                 const std::vector<ExchangeRecord>& exchanges) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Kind::Invalid, "can't make the folder {}: {}", folder, error.message());
  std::vector<std::string> written;
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    const auto& exchange = exchanges[i];
    const auto stem = fmt::format("{:03}", i + 1);
    nlohmann::json out = {{"match", nlohmann::json::object()},
                          {"status", exchange.status},
                          {"headers", nlohmann::json::object()},
                          {"body_file", stem + ".body"}};
    for (const auto& [name, value] : exchange.asked) out["match"][name] = printable(value, 1000);
    out["match"].erase("ID");
    for (const auto& [name, value] : exchange.headers) out["headers"][name] = printable(value, 1000);
    const auto json = (fs::path(folder) / (stem + ".json")).string(),
               body = (fs::path(folder) / (stem + ".body")).string();
    std::ofstream(json, std::ios::binary) << out.dump(2) << '\n';
    std::ofstream bytes(body, std::ios::binary);
    bytes << exchange.body;
    if (!bytes.flush() || !fs::exists(json)) return fail(Kind::Invalid, "can't write {}", body);
    written.push_back(json);
  }
  return written;
}

}  // namespace garner::client
