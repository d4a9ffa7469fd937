#include "ivoa/dali.h"

#include <algorithm>
#include <array>

#include "ivoa/kind_tables.h"
#include "ivoa/server_words.h"
#include "table/byte_source.h"

namespace garner::ivoa {

namespace {

// First match wins. Messages about a query quote it, so what only a parser says stands first; then what looks like a
// time-out of a query but is one of the service; then limits.
constexpr std::array kMessageRows = std::to_array<TextRow>({
    {"quota exceeded", Kind::Quota},  // before all: Gaia wraps it into other errors
    {"exceeded quota", Kind::Quota},
    {"exceeds the quota", Kind::Quota},
    {"Cannot parse query", Kind::Unsupported},
    {"Could not parse your query", Kind::Unsupported},
    {"unresolved identifier", Kind::Unsupported},
    {"Was expecting", Kind::Unsupported},
    {"Incorrect ADQL", Kind::Unsupported},
    {"syntax error", Kind::Unsupported},
    {"No such field known", Kind::Unsupported},
    {"No such table known", Kind::Unsupported},
    {"Unknown column", Kind::Unsupported},
    {"Unknown table", Kind::Unsupported},
    {"Could not locate table", Kind::Unsupported},  // DaCHS, whose errors all come with 200
    {"does not support the query language", Kind::Unsupported},
    {"is not a valid value for", Kind::Unsupported},
    {"is not a valid literal for", Kind::Unsupported},
    {"Required parameter", Kind::Unsupported},
    {"must appear in the GROUP BY", Kind::Unsupported},  // PostgreSQL's, from here
    {"invalid input syntax", Kind::Unsupported},
    {"division by zero", Kind::Unsupported},
    {"Pool empty", Kind::Overloaded},
    {"Unable to create connection", Kind::Overloaded},
    {"Unable to fetch a connection", Kind::Overloaded},
    {"connection timed out", Kind::Overloaded},
    {"Connection refused", Kind::Overloaded},
    {"Connection is closed", Kind::Overloaded},
    {"conflict with recovery", Kind::Overloaded},
    {"too many connections", Kind::Overloaded},
    {"too many clients", Kind::Overloaded},
    {"database busy", Kind::Overloaded},
    {"server busy", Kind::Overloaded},
    {"server is busy", Kind::Overloaded},
    {"too many jobs", Kind::Overloaded},
    {"Could not access the jobs table", Kind::Overloaded},
    {"timed out", Kind::TooLarge},
    {"time out", Kind::TooLarge},
    {"time-out", Kind::TooLarge},
    {"timeout", Kind::TooLarge},
    {"time limit", Kind::TooLarge},
    {"took too long", Kind::TooLarge},
    {"execution time", Kind::TooLarge},
    {"execution duration", Kind::TooLarge},
    {"canceling statement", Kind::TooLarge},
    {"statement was cancel", Kind::TooLarge},
    {"job aborted", Kind::TooLarge},
    {"upload limit", Kind::TooLarge},
    {"too large", Kind::TooLarge},
    {"too many rows", Kind::TooLarge},
    {"maximum number of rows", Kind::TooLarge},
    {"is not authorized", Kind::Auth},
    {"not authenticated", Kind::Auth},
    {"permission denied", Kind::Auth},
    {"does not exist", Kind::Unsupported},  // Column, relation, function
    {"not found in schema", Kind::Unsupported},
    {"ambiguous", Kind::Unsupported},
    {"parse error", Kind::Unsupported},
    {"ParseException", Kind::Unsupported},
    {"TokenMgrError", Kind::Unsupported},
    {"no formatter has been found", Kind::Unsupported},
    {"unsupported format", Kind::Unsupported},
    {"invalid value for parameter", Kind::Unsupported},
    {"Missing parameter", Kind::Unsupported},
    {"maintenance", Kind::Maintenance},
});

// Where no words decided. First match wins.
constexpr std::array kStatusRows = std::to_array<StatusRow>({
    {200, 299, Kind::Suspect},
    {300, 399, Kind::Maintenance},  // sent elsewhere: a login page or a closed service
    {401, 401, Kind::Auth},
    {403, 403, Kind::Auth},
    {404, 404, Kind::NotFound},
    {407, 407, Kind::Auth},
    {408, 408, Kind::TooLarge},  // a sync query ran out of time
    {410, 410, Kind::NotFound},
    {413, 413, Kind::TooLarge},
    {425, 425, Kind::Overloaded},
    {429, 429, Kind::RateLimited},
    {400, 499, Kind::Unsupported},
    {500, 500, Kind::Suspect},
    {501, 501, Kind::Unsupported},
    {507, 507, Kind::Quota},
    {530, 530, Kind::Auth},
    {550, 550, Kind::Auth},
    {502, 599, Kind::Overloaded},
});

bool is_null(std::string_view message) {
  return message.empty() || message == "null" || message.ends_with(": null");
}

bool is_xml(std::string_view head) {
  const auto begin = head.find_first_not_of(" \t\r\n");
  if (begin == head.npos) return false;
  const auto start = head.substr(begin);
  return start.starts_with("<?xml") || start.starts_with("\xEF\xBB\xBF<") || contains(start.substr(0, 200), "<VOTABLE");
}

// The server's error in the start of a body that came with 200; nothing if it may be the table.
std::optional<std::string> error_in(std::string_view head, bool votable_due) {
  const bool has_rows = contains(head, "<TABLE") || contains(head, ":TABLE");
  if (votable_due && has_rows) return std::nullopt;  // its end decides
  if (auto message = message_of_page(head)) return message;
  if (auto message = error_info_of(head)) return message;
  if (votable_due) return std::nullopt;
  return words_of(head);
}

}  // namespace

bool is_votable_format(std::string_view format) {
  return contains(format, "votable") || contains(format, "text/xml") || contains(format, "application/xml");
}

Error judge_words(std::string_view message, int status, const Asked& asked) {
  const std::string words = printable(message);
  const std::string place = status == 200 ? "the service says" : fmt::format("HTTP {}", status);
  if (const auto kind = kind_of_message(kMessageRows, message))
    return {*kind, fmt::format("{}: {}", place, words), std::nullopt};
  if (is_null(message) && (status == 200 || status == 500)) {
    const auto said =
        words.empty() ? fmt::format("{}: an error without a reason", place) : fmt::format("{}: '{}'", place, words);
    if (!asked.with_upload) return {Kind::Suspect, said, std::nullopt};
    return {Kind::Quota,
            said +
                "; to a query with an uploaded table this mostly means that the upload quota shared by all anonymous "
                "users is full: log in, or "
                "ask by lists of ids in the query",
            std::nullopt};
  }
  return {kind_of_status(kStatusRows, status),
          words.empty() ? fmt::format("{} with an empty body", place) : fmt::format("{}: {}", place, words),
          std::nullopt};
}

Error judge_failure(const http::Reply& reply, const Asked& asked, WallTime now) {
  const std::string text = first_and_last(reply.body.text());
  auto message = message_of_page(text);
  if (!message) message = error_info_of(text);
  const auto retry = reply.header("retry-after");
  const auto retry_after = retry ? http::parse_retry_after(*retry, now) : std::nullopt;
  Error error = judge_words(message ? *message : words_of(text), reply.status, asked);
  // Pages in front of a service that is down say many things; a message of its own is what the service says.
  if (!message && looks_like_html(text) && reply.status < 400) error.kind = Kind::Maintenance;
  // "504 Gateway Time-out" is a proxy's page about its service, not the service about the query.
  if (!message && looks_like_html(text) && reply.status >= 502) error.kind = kind_of_status(kStatusRows, reply.status);
  const bool passes = error.kind == Kind::Overloaded || error.kind == Kind::Suspect || error.kind == Kind::Maintenance;
  if (retry_after && passes && (reply.status == 429 || reply.status == 503)) error.kind = Kind::RateLimited;
  if (passes || error.kind == Kind::RateLimited) error.retry_after = retry_after;
  return error;
}

std::string head_of(std::span<const std::byte> body, std::size_t bytes) {
  auto source = table::decompressed(table::from_memory(body));
  if (!source) return {};
  std::string head(bytes, '\0');
  std::size_t filled = 0;
  while (filled < head.size()) {
    auto got = (*source)->read(std::as_writable_bytes(std::span(head)).subspan(filled));
    if (!got || *got == 0) break;
    filled += *got;
  }
  head.resize(filled);
  return head;
}

std::optional<Error> judge_answer(const http::Reply& reply, const Asked& asked, WallTime now) {
  if (reply.status != 200) return judge_failure(reply, asked, now);
  if (reply.body.size() == 0) return Error{Kind::Corrupt, "empty reply", std::nullopt};
  const std::string head = head_of(reply.body.bytes());
  const bool votable_due = is_votable_format(asked.format);
  const bool html_due = contains(asked.format, "html");
  if (looks_like_html(head) && !html_due) {
    if (const auto message = message_of_page(head)) return judge_words(*message, 200, asked);
    const auto words = extract_message(head);
    const bool service_error = contains(head, "SERVICE ERROR");
    return Error{service_error ? Kind::Overloaded : Kind::Maintenance, "a web page where a table was due: " + words,
                 std::nullopt};
  }
  if (is_xml(head)) {
    if (asked.format.empty() || html_due) return std::nullopt;
    if (const auto message = error_in(head, votable_due)) return judge_words(*message, 200, asked);
    return std::nullopt;
  }
  // Not XML, where XML or FITS was due: plain text, the third form of an error.
  const bool fits_due = contains(asked.format, "fits");
  if (votable_due || (fits_due && !head.starts_with("SIMPLE  ="))) return judge_words(words_of(head), 200, asked);
  return std::nullopt;
}

}  // namespace garner::ivoa
