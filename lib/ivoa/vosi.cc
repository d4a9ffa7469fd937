// Availability, and fetching what the other documents hold.
#include "ivoa/vosi.h"

#include <algorithm>

#include "ivoa/dali.h"
#include "ivoa/xml.h"

namespace garner::ivoa {

namespace {

class AvailabilityHandler final : public XmlHandler {
 public:
  Availability read;

  Result<void> start(const XmlPath& path, const XmlAttributes&) override {
    if (path.size() == 1 && path[0] != "availability")
      return fail(Kind::Malformed, "the root is <{}>, not <availability>", printable(path[0], 60));
    return {};
  }
  Result<void> end(const XmlPath& path, std::string_view text) override {
    constexpr std::size_t kMostNotes = 100;
    if (path.size() != 2) return {};
    if (path[1] == "available") read.available = text == "true" || text == "1";
    if (path[1] == "upSince") read.up_since = text;
    if (path[1] == "downAt") read.down_at = text;
    if (path[1] == "backAt") read.back_at = text;
    if (path[1] == "note" && !text.empty() && read.notes.size() < kMostNotes) read.notes.emplace_back(text);
    return {};
  }
};

Task<Result<http::Reply>> fetch_document(Caller& caller, std::string url, std::string what, std::stop_token stop) {
  auto reply = co_await caller.get(std::move(url), stop);
  if (!reply) co_return with_context(std::move(reply.error()), "{}", what);
  if (reply->status != 200) co_return with_context(judge_failure(*reply, {}, caller.executor().wall_now()), "{}", what);
  co_return reply;
}

// Names are compared as ADQL does: ignoring case, and without quotes.
bool same_name(std::string_view a, std::string_view b) {
  std::string left(a), right(b);
  for (auto* text : {&left, &right}) {
    std::erase(*text, '"');
    std::ranges::transform(*text, text->begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  }
  return left == right;
}

}  // namespace

Result<Availability> parse_availability(std::string_view document) {
  AvailabilityHandler handler;
  if (auto read = read_xml(document, handler); !read) return with_context(std::move(read.error()), "availability");
  return std::move(handler.read);
}

Task<Result<Availability>> fetch_availability(Caller& caller, std::stop_token stop) {
  auto reply = co_await fetch_document(caller, caller.service().base_url + "/availability", "availability", stop);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return parse_availability(reply->body.text());
}

Task<Result<Capabilities>> fetch_capabilities(Caller& caller, std::stop_token stop) {
  auto reply = co_await fetch_document(caller, caller.service().base_url + "/capabilities", "capabilities", stop);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return parse_capabilities(reply->body.text());
}

Task<Result<std::vector<TableInfo>>> fetch_table_names(Caller& caller, TablesDialect dialect, std::stop_token stop) {
  const std::string_view least = dialect == TablesDialect::Vosi ? "?detail=min" : "?only_tables=true";
  auto reply =
      co_await fetch_document(caller, caller.service().base_url + "/tables" + std::string(least), "tables", stop);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  std::vector<TableInfo> names;
  auto read = read_tables(reply->body.text(), [&names](TableInfo table) {
    table.columns.clear();
    names.push_back(std::move(table));
    return true;
  });
  if (!read) co_return std::unexpected(std::move(read.error()));
  co_return names;
}

Task<Result<TableInfo>> fetch_table(Caller& caller, TablesDialect dialect, std::string full_name,
                                    std::stop_token stop) {
  const bool plain = !full_name.empty() && std::ranges::all_of(full_name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '.' ||
           c == '-';
  });
  if (!plain) co_return fail(Kind::Invalid, "'{}' is no table's name", printable(full_name, 100));
  const std::string where = dialect == TablesDialect::Vosi ? "/tables/" + full_name : "/tables?tables=" + full_name;
  auto reply =
      co_await fetch_document(caller, caller.service().base_url + where, fmt::format("table {}", full_name), stop);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  std::optional<TableInfo> found;
  auto read = read_tables(reply->body.text(), [&](TableInfo table) {
    if (same_name(table.full_name(), full_name) || same_name(table.name, full_name)) found = std::move(table);
    return !found;
  });
  if (!read) co_return std::unexpected(std::move(read.error()));
  if (!found) co_return fail(Kind::NotFound, "the service has no table '{}'", full_name);
  co_return std::move(*found);
}

}  // namespace garner::ivoa
