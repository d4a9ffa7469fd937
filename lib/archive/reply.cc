#include "archive/reply.h"

#include <algorithm>
#include <array>

#include "ivoa/kind_tables.h"
#include "ivoa/server_words.h"

namespace garner::archive {

namespace {

using ivoa::contains;
using ivoa::extract_message;
using ivoa::first_and_last;
using ivoa::kind_of_message;
using ivoa::kind_of_status;
using ivoa::kLastBytes;
using ivoa::looks_like_html;
using ivoa::message_of_page;
using ivoa::StatusRow;
using ivoa::TextRow;
using ivoa::words_of;

// First match wins: over limit, wrong request, login, quota, overload, maintenance.
constexpr std::array kMessageRows = std::to_array<TextRow>({
    {"Maximum number of Source Ids", Kind::TooLarge},
    {"Unknown retrieval type", Kind::Unsupported},
    {"Unknown release", Kind::Unsupported},
    {"Unknown data structure", Kind::Unsupported},
    {"no formatter has been found", Kind::Unsupported},
    {"is not authorized", Kind::Auth},
    {"quota exceeded", Kind::Quota},
    {"Pool empty", Kind::Overloaded},
    {"Unable to create connection", Kind::Overloaded},
    {"Unable to fetch a connection", Kind::Overloaded},
    {"Could not retrieve data from table", Kind::Overloaded},
    {"down for maintenance", Kind::Maintenance},
    {"under maintenance", Kind::Maintenance},
    {"maintenance", Kind::Maintenance},
});

// Where no text decided. First match wins.
constexpr std::array kStatusRows = std::to_array<StatusRow>({
    {401, 401, Kind::Auth},
    {403, 403, Kind::Auth},
    {407, 407, Kind::Auth},
    {408, 408, Kind::Overloaded},
    {413, 413, Kind::TooLarge},
    {425, 425, Kind::Overloaded},
    {429, 429, Kind::RateLimited},
    {400, 499, Kind::Unsupported},  // 400, 404, 405, 414 and their like: the request itself
    {500, 500, Kind::Suspect},      // unknown 500s: perhaps one of the sources asked for
    {501, 501, Kind::Unsupported},
    {507, 507, Kind::Quota},
    {530, 530, Kind::Auth},
    {550, 550, Kind::Auth},
    {502, 599, Kind::Overloaded},
});

constexpr std::string_view kServiceError = "SERVICE ERROR";

// Where a page names who asked: in the long form of a message, and in the refusal of a login. Behind it stand a quote,
// the name and a quote, which may be escaped.
constexpr std::array<std::string_view, 2> kAskerMarks = {"UwsJobOwner{id=", "User "};
constexpr std::array<std::string_view, 4> kQuotes = {"'", "&#39;", "&#x27;", "&apos;"};

bool passes_by_itself(Kind kind) {
  return kind == Kind::Overloaded || kind == Kind::Maintenance || kind == Kind::RateLimited;
}

// A zip's end record (APPNOTE 4.3.16) stands at the very end of the body.
bool ends_as_zip(std::string_view body) {
  constexpr std::size_t kEndRecord = 22;
  constexpr std::size_t kLongestComment = 65535;
  constexpr std::string_view kSignature("PK\x05\x06", 4);
  const std::string_view tail = body.substr(body.size() - std::min(body.size(), kEndRecord + kLongestComment));
  for (std::size_t at = tail.rfind(kSignature); at != tail.npos;
       at = at == 0 ? tail.npos : tail.rfind(kSignature, at - 1)) {
    if (at + kEndRecord > tail.size()) continue;
    const auto low = static_cast<unsigned char>(tail[at + 20]);
    const auto high = static_cast<unsigned char>(tail[at + 21]);
    if (at + kEndRecord + low + 256u * high == tail.size()) return true;
  }
  return false;
}

bool begins_as_zip(std::string_view body) {
  return body.starts_with(std::string_view("PK\x03\x04", 4)) || body.starts_with(std::string_view("PK\x05\x06", 4));
}

// What a reply says, in all the ways in which it may.
struct Said {
  std::string text;                    // first and last bytes
  std::optional<std::string> message;  // the server's own
  bool html = false;
  bool service_error = false;
  std::string shown;  // for people
};

Said listen(const http::Reply& reply) {
  Said said;
  said.text = first_and_last(reply.body.text());
  said.message = message_of_page(said.text);
  said.html =
      looks_like_html(said.text) || contains(reply.header("content-type").value_or("").substr(0, 100), "text/html");
  said.service_error = said.text.find(kServiceError) != std::string::npos;
  said.shown = extract_message(said.text);
  return said;
}

std::string host_of(std::string_view url) {
  const std::size_t scheme = url.find("//");
  if (scheme == url.npos) return "the same host";
  const std::string_view rest = url.substr(scheme + 2);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t user = authority.rfind('@');
  return printable(user == authority.npos ? authority : authority.substr(user + 1), 100);
}

Error redirect(const http::Reply& reply) {
  const auto target = reply.header("location");
  return {Kind::Maintenance,
          fmt::format("HTTP {}: sent on to {} instead of answered (a login page or a closed service?)", reply.status,
                      host_of(target.value_or(""))),
          std::nullopt};
}

Error made(Kind kind, int status, std::string_view words) {
  if (words.empty()) return {kind, fmt::format("HTTP {} with an empty body", status), std::nullopt};
  return {kind, fmt::format("HTTP {}: {}", status, words), std::nullopt};
}

bool is_null(std::string_view message) {
  return message.empty() || message == "null";
}

// Status 200, but no zip: what the server wrote after its status line was out, a page in front of a closed service, or
// something unasked.
Error judge_unexpected_body(const Said& said) {
  if (said.message) {
    if (is_null(*said.message)) return made(Kind::Suspect, 200, "the archive's error page says only 'null'");
    if (const auto kind = kind_of_message(kMessageRows, *said.message)) return made(*kind, 200, said.shown);
    return made(said.service_error ? Kind::Overloaded : Kind::Suspect, 200, said.shown);
  }
  if (const auto kind = kind_of_message(kMessageRows, said.text)) return made(*kind, 200, said.shown);
  if (said.service_error || contains(said.text, "Context: DataRetrieval"))
    return made(Kind::Overloaded, 200, said.shown);
  if (said.html) return made(Kind::Maintenance, 200, fmt::format("a web page where a zip was due: {}", said.shown));
  return made(
      Kind::Malformed, 200,
      fmt::format("no zip; the body begins with '{}'", printable(std::string_view(said.text).substr(0, 60), 60)));
}

std::optional<Error> judge_good_status(const http::Reply& reply) {
  const std::string_view body = reply.body.text();
  if (body.empty()) return Error{Kind::Corrupt, "empty reply", std::nullopt};
  if (!begins_as_zip(body)) return judge_unexpected_body(listen(reply));
  if (ends_as_zip(body)) return std::nullopt;
  // Begun as a zip and not ended as one: perhaps the server put its error page behind what it had sent.
  const std::string tail(body.substr(body.size() - std::min(body.size(), kLastBytes)));
  const auto message = message_of_page(tail);
  if (tail.find(kServiceError) != std::string::npos || contains(tail, "<html") || message) {
    const auto page = std::min(tail.find("<html"), tail.find(kServiceError));
    const std::string words =
        message && !message->empty() ? *message : words_of(std::string_view(tail).substr(std::min(page, tail.size())));
    return Error{Kind::Overloaded, fmt::format("HTTP 200: an error page behind part of a zip: {}", printable(words)),
                 std::nullopt};
  }
  return std::nullopt;
}

// The classes in their order of precedence, for every status but 2xx and 3xx.
Error judge_bad_status(int status, const Said& said, bool later) {
  const auto by_message = kind_of_message(kMessageRows, said.message ? *said.message : said.text);
  if (by_message && !passes_by_itself(*by_message)) return made(*by_message, status, said.shown);
  if (later && (status == 429 || status == 503)) return made(Kind::RateLimited, status, said.shown);
  if (by_message) return made(*by_message, status, said.shown);
  if (said.message && is_null(*said.message) && status == 500)
    return made(Kind::Suspect, status, "the archive's error page says only 'null'");
  if (!said.message && said.service_error && status >= 500) return made(Kind::Overloaded, status, said.shown);
  return made(kind_of_status(kStatusRows, status), status, said.shown);
}

// The text in quotes at the beginning of this one.
std::optional<std::string> quoted(std::string_view text) {
  constexpr std::size_t kLongestName = 200;
  const auto* quote = std::ranges::find_if(kQuotes, [text](std::string_view each) { return text.starts_with(each); });
  if (quote == kQuotes.end()) return std::nullopt;
  const auto rest = text.substr(quote->size(), kLongestName);
  const auto end = rest.find(*quote);
  if (end == 0 || end == rest.npos) return std::nullopt;
  return std::string(rest.substr(0, end));
}

}  // namespace

std::optional<Error> judge_reply(const http::Reply& reply, WallTime now) {
  if (reply.status == 200) return judge_good_status(reply);
  if (reply.status >= 300 && reply.status <= 399) return redirect(reply);
  if (reply.status < 400)
    return Error{Kind::Corrupt, fmt::format("HTTP {} where 200 was due", reply.status), std::nullopt};
  const auto asked = reply.header("retry-after");
  const auto retry_after = asked ? http::parse_retry_after(*asked, now) : std::nullopt;
  Error error = judge_bad_status(reply.status, listen(reply), retry_after.has_value());
  if (passes_by_itself(error.kind)) error.retry_after = retry_after;
  return error;
}

std::optional<std::string> asker_of(const http::Reply& reply) {
  if (begins_as_zip(reply.body.text())) return std::nullopt;
  const std::string text = first_and_last(reply.body.text());
  for (const auto mark : kAskerMarks) {
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) {
      if (auto name = quoted(std::string_view(text).substr(at + mark.size()))) return name;
    }
  }
  return std::nullopt;
}

}  // namespace garner::archive
