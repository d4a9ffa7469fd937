#include "client/tap_health.h"

#include <nlohmann/json.hpp>

#include "client/format.h"
#include "client/tap_answer.h"
#include "ivoa/adql.h"

namespace garner::client {

namespace {

using nlohmann::json;

// Of the table that the profile's verbs use; else of one that every service has (TAP 1.1 §4).
Result<std::string> tiny_query(const std::string& cone_table) {
  if (cone_table.empty()) return "SELECT TOP 1 table_name FROM tap_schema.tables";
  const auto table = ivoa::adql_table_name(cone_table);
  if (!table) return std::unexpected(table.error());
  return "SELECT TOP 1 ra, dec FROM " + *table;
}

Result<std::uint64_t> query_rows(TapConsole& console, const std::string& adql, Duration& took) {
  ivoa::Query query;
  query.adql = adql;
  query.format = kRenderedFormat;
  const auto begun = console.executor().now();
  const auto body = console.run(console.tap().sync(query, console.stop()));
  took = console.executor().now() - begun;
  if (!body) return std::unexpected(body.error());
  const auto facts = examine_answer(body->bytes(), query.format, 0);
  if (facts.verdict == ivoa::Verdict::Error || facts.verdict == ivoa::Verdict::Cut) return std::unexpected(facts.why);
  return facts.rows;
}

const ivoa::TapCapability* tap_of(const TapHealth& health) {
  const auto* found = health.capabilities ? health.capabilities->tap() : nullptr;
  return found == nullptr ? nullptr : &found->tap;
}

std::string availability_text(const TapHealth& health) {
  if (!health.availability) return printable_lines(health.availability.error().detail);
  std::string out = health.availability->available ? "yes" : "no";
  for (const auto& note : health.availability->notes) out += "; " + printable(note);
  return out;
}

std::string offer_text(const TapHealth& health) {
  if (!health.capabilities) return printable_lines(health.capabilities.error().detail);
  const auto* tap = tap_of(health);
  if (tap == nullptr) return "no TAP among its capabilities";
  std::string out;
  for (const auto& language : tap->languages) out += (out.empty() ? "" : ", ") + printable(language.name, 40);
  if (out.empty()) out = "TAP";
  if (const auto most = tap->most_rows()) out += ", at most " + counted(*most, "row", "rows");
  return out + (tap->uploads_inline() ? ", uploads" : ", no uploads");
}

std::string query_text(const TapHealth& health) {
  if (!health.rows) return printable_lines(health.rows.error().detail);
  return fmt::format("{} after {:.1f} s: {}", counted(*health.rows, "row", "rows"),
                     std::chrono::duration<double>(health.query_time).count(), health.adql);
}

json error_object(const Error& error) {
  return {{"kind", kind_name(error.kind)}, {"detail", error.detail}};
}

}  // namespace

bool TapHealth::good() const {
  return availability && availability->available && tap_of(*this) != nullptr && rows && *rows == 1;
}

TapHealth ask_tap(const archive::Profile& profile, const std::string& cookies) {
  TapConsole console(profile);
  console.use_session(cookies);
  auto& caller = console.tap().caller();
  TapHealth health;
  health.url = caller.service().base_url;
  health.availability = console.run(ivoa::fetch_availability(caller, console.stop()));
  health.capabilities = console.run(ivoa::fetch_capabilities(caller, console.stop()));
  auto adql = tiny_query(profile.tap.cone_table);
  if (!adql) {
    health.rows = std::unexpected(adql.error());
    return health;
  }
  health.adql = std::move(*adql);
  health.rows = query_rows(console, health.adql, health.query_time);
  health.interrupted = console.interrupted();
  return health;
}

std::string tap_health_text(const TapHealth& health) {
  const auto row = [](std::string label, std::string_view text) {
    return fmt::format("  {}  {}\n", pad_right(std::move(label), 9), text);
  };
  return row("tap", printable(health.url)) + row("available", availability_text(health)) +
         row("offers", offer_text(health)) + row("query", query_text(health)) +
         (health.good() ? "Its TAP service does well.\n" : "Its TAP service does not do well.\n");
}

std::string tap_health_json(const TapHealth& health) {
  json out = {{"url", health.url},
              {"good", health.good()},
              {"query", health.adql},
              {"query_s", std::chrono::duration<double>(health.query_time).count()}};
  out["availability"] = health.availability
                            ? json{{"available", health.availability->available}, {"notes", health.availability->notes}}
                            : json{{"error", error_object(health.availability.error())}};
  const auto* tap = tap_of(health);
  out["capabilities"] = !health.capabilities ? json{{"error", error_object(health.capabilities.error())}}
                        : tap == nullptr     ? json{{"tap", false}}
                                             : json{{"tap", true},
                                                    {"uploads", tap->uploads_inline()},
                                                    {"rows_most", tap->most_rows() ? json(*tap->most_rows()) : json()}};
  out["rows"] = health.rows ? json(*health.rows) : json();
  if (!health.rows) out["error"] = error_object(health.rows.error());
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace garner::client
