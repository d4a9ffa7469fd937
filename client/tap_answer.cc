#include "client/tap_answer.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "client/answer_rows.h"
#include "client/format.h"
#include "ivoa/dali.h"

namespace garner::client {

namespace {

using ivoa::Verdict;

constexpr std::size_t kRowsOnTerminal = 50;

// The bytes below gzip, block by block: services compress what was asked for plain.
Result<void> plain_bytes(std::span<const std::byte> body, const ByteSink& sink) {
  auto source = table::decompressed(table::from_memory(body));
  if (!source) return std::unexpected(std::move(source.error()));
  std::vector<std::byte> block(64u << 10);
  for (;;) {
    const auto got = (*source)->read(block);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return {};
    if (auto written = sink({reinterpret_cast<const char*>(block.data()), *got}); !written) return written;
  }
}

AnswerFacts cut(Error why) {
  if (why.kind == Kind::Malformed) why.kind = Kind::Corrupt;
  return {Verdict::Cut, std::move(why), 0};
}

// TAP+'s own: {"metadata": […], "data": [[…], …]}.
AnswerFacts examine_json(std::string_view text) {
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return cut({Kind::Corrupt, "the answer is no whole JSON", std::nullopt});
  const auto data = parsed.is_object() ? parsed.find("data") : parsed.end();
  return {Verdict::Ok, {}, parsed.is_object() && data != parsed.end() && data->is_array() ? data->size() : 0};
}

AnswerFacts examine_other(std::span<const std::byte> body, std::string_view format) {
  std::string held;
  std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  if (text.starts_with("\x1f\x8b")) {
    if (auto plain = plain_bytes(body,
                                 [&held](std::string_view more) -> Result<void> {
                                   held += more;
                                   return {};
                                 });
        !plain)
      return cut(plain.error());
    text = held;
  }
  if (format == "json") return examine_json(text);
  const auto kind = format == "fits"   ? table::Format::Fits
                    : format == "ecsv" ? table::Format::Ecsv
                                       : table::Format::Csv;
  auto summary = table::check_table(std::as_bytes(std::span(text)), kind);
  if (!summary) return cut(std::move(summary.error()));
  return {Verdict::Ok, {}, summary->rows};
}

bool to_standard_output(const Delivery& delivery) {
  return delivery.output.empty() || delivery.output == "-";
}

Result<void> write_bytes(const Session& session, const Delivery& delivery, std::span<const std::byte> body,
                         const AnswerFacts& facts, const ByteSink& sink) {
  if (!delivery.rendered) return plain_bytes(body, sink);
  if (session.arguments.json && to_standard_output(delivery))
    return rows_as_json(body, facts.verdict == Verdict::Overflow, sink);
  return rows_as_csv(body, sink);
}

void tell_of_file(Session& session, const Delivery& delivery, const AnswerFacts& facts) {
  if (session.arguments.json) {
    const nlohmann::json out = {
        {"file", delivery.output}, {"rows", facts.rows}, {"cut", facts.verdict == Verdict::Overflow}};
    session.terminal.write(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else if (session.terminal.complaints_seen()) {
    session.terminal.complain(fmt::format("{}  {}\n", delivery.output, counted(facts.rows, "row", "rows")));
  }
}

}  // namespace

AnswerFacts examine_answer(std::span<const std::byte> body, std::string_view format, std::uint64_t row_limit) {
  AnswerFacts facts;
  if (ivoa::is_votable_format(format)) {
    auto answer = ivoa::read_answer(body);
    facts = {answer.verdict, std::move(answer.why), answer.rows};
  } else {
    facts = examine_other(body, format);
  }
  facts.verdict = ivoa::with_row_limit(facts.verdict, facts.rows, row_limit);
  return facts;
}

std::string format_of_file(std::string_view path) {
  auto ending = std::filesystem::path(path).extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (ending == ".fits" || ending == ".fit") return "fits";
  if (ending == ".ecsv") return "ecsv";
  if (ending == ".json") return "json";
  if (ending == ".xml" || ending == ".vot" || ending == ".votable") return "votable";
  return {};
}

Result<void> check_delivery(const Session& session, const Delivery& delivery) {
  const bool to_stdout = to_standard_output(delivery);
  if (session.arguments.json && to_stdout && !delivery.rendered) {
    return fail(Kind::Invalid,
                "--json prints the rows in garner's own form, --format in the service's: choose one, or name a file "
                "for the latter with -o");
  }
  if (session.terminal.interactive() && to_stdout && delivery.format == "fits") {
    return fail(Kind::Invalid, "FITS is binary and standard output is a terminal; name a file with -o FILE");
  }
  std::error_code ignored;
  if (!to_stdout && std::filesystem::is_directory(delivery.output, ignored))
    return fail(Kind::Invalid, "{} is a folder; name a file", delivery.output);
  return {};
}

Result<void> deliver(Session& session, const Delivery& delivery, std::span<const std::byte> body,
                     const AnswerFacts& facts) {
  if (!to_standard_output(delivery)) {
    auto saved = save_file(delivery.output,
                           [&](const ByteSink& sink) { return write_bytes(session, delivery, body, facts, sink); });
    if (saved) tell_of_file(session, delivery, facts);
    return saved;
  }
  if (delivery.rendered && session.terminal.interactive() && !session.arguments.json) {
    const auto rows = rows_for_terminal(body, kRowsOnTerminal, facts.rows, delivery.front);
    if (!rows) return std::unexpected(rows.error());
    session.terminal.print(row_table_text(*rows, static_cast<std::size_t>(session.terminal.width())));
    return {};
  }
  return write_bytes(session, delivery, body, facts, [&session](std::string_view bytes) -> Result<void> {
    session.terminal.write(bytes);
    if (session.terminal.failed()) return fail(Kind::Internal, "standard output takes no more");
    return {};
  });
}

}  // namespace garner::client
