#include "ivoa/votable_verdict.h"

#include "ivoa/dali.h"
#include "ivoa/server_words.h"

namespace garner::ivoa {

namespace {

Answer failed(Error why, std::uint64_t rows) {
  return {Verdict::Error, std::move(why), rows};
}

// Of a whole document, whose status is not ERROR.
Answer verdict_of_status(std::string_view status, std::uint64_t rows) {
  if (status == "OK" || status.empty()) return {Verdict::Ok, {}, rows};
  if (status == "OVERFLOW") return {Verdict::Overflow, {}, rows};
  return failed({Kind::Suspect, "the service says QUERY_STATUS " + printable(status, 60), std::nullopt}, rows);
}

// Behind half an answer may stand the reason why there is no more (a second document, an HTML page).
Answer cut(Error why, std::uint64_t rows, std::string_view body) {
  constexpr std::size_t kTail = 64u << 10;
  const std::string_view tail = body.substr(body.size() - std::min(body.size(), kTail));
  if (const auto message = message_of_page(tail)) {
    const Error judged = judge_words(*message, 200, {});
    why.detail = fmt::format("{}; behind the cut stands: {}", why.detail, printable(*message));
    if (judged.kind == Kind::TooLarge || judged.kind == Kind::Overloaded || judged.kind == Kind::Quota)
      why.kind = judged.kind;
  }
  if (why.kind == Kind::Malformed) why.kind = Kind::Corrupt;
  return {Verdict::Cut, std::move(why), rows};
}

}  // namespace

Answer verdict_of(const table::ConvertedTable& converted) {
  const auto status = converted.parameters.find("QUERY_STATUS");
  if (status == converted.parameters.end()) return {Verdict::Ok, {}, converted.rows};
  if (status->second == "ERROR") {
    const std::string words = converted.status_text.empty() ? "without a text" : printable(converted.status_text);
    return failed(judge_words(words, 200, {}), converted.rows);
  }
  return verdict_of_status(status->second, converted.rows);
}

Answer verdict_at_end(const table::TableReader& reader, const Result<bool>& end, std::uint64_t rows,
                      std::string_view body) {
  const auto status = reader.parameters().find("QUERY_STATUS");
  const bool told = status != reader.parameters().end();
  if (end) {
    if (*end) return {Verdict::Cut, {Kind::Internal, "asked for the verdict before the end"}, rows};
    return told ? verdict_of_status(status->second, rows) : Answer{Verdict::Ok, {}, rows};
  }
  if (told && status->second == "ERROR" && end.error().kind == Kind::Malformed) {
    constexpr std::string_view kOurs = "QUERY_STATUS ERROR: ";
    const std::string& detail = end.error().detail;
    const auto at = detail.find(kOurs);
    if (at != detail.npos)
      return failed(judge_words(std::string_view(detail).substr(at + kOurs.size()), 200, {}), rows);
  }
  return cut(end.error(), rows, body);
}

Answer read_answer(std::span<const std::byte> body, const table::Limits& limits) {
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  const std::string head = head_of(body);
  if (looks_like_html(head)) {
    const auto message = message_of_page(head);
    if (message) return failed(judge_words(*message, 200, {}), 0);
    return {Verdict::Cut, {Kind::Maintenance, "a web page where a table was due: " + extract_message(head)}, 0};
  }
  auto source = table::decompressed(table::from_memory(body));
  if (!source) return cut(std::move(source.error()), 0, text);
  table::OpenOptions options{.format = table::Format::VOTable, .wanted = {""}, .limits = limits};
  auto reader = table::open_table(std::move(*source), options);
  if (!reader) {
    // No reader, no parameters: an error document holds no TABLE.
    if (const auto message = message_of_page(head)) return failed(judge_words(*message, 200, {}), 0);
    if (const auto message = error_info_of(head)) return failed(judge_words(*message, 200, {}), 0);
    return cut(std::move(reader.error()), 0, text);
  }
  std::uint64_t rows = 0;
  for (;;) {
    const auto more = (*reader)->next_row();
    if (!more || !*more) return verdict_at_end(**reader, more, rows, text);
    ++rows;
  }
}

Verdict with_row_limit(Verdict verdict, std::uint64_t rows, std::uint64_t row_limit) {
  return verdict == Verdict::Ok && row_limit != 0 && rows == row_limit ? Verdict::Overflow : verdict;
}

}  // namespace garner::ivoa
