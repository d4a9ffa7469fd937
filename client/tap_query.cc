#include <charconv>
#include <cstdio>

#include "client/exit_code.h"
#include "client/format.h"
#include "client/own_login.h"
#include "client/tap_actions.h"
#include "client/tap_upload.h"
#include "client/tap_wait.h"

namespace garner::client {

namespace {

constexpr std::size_t kLongestQuery = 16u << 20;

// What is said where rows are missing, and whether that was not asked for.
struct CutNote {
  std::string text;
  bool unasked = true;
};

CutNote cut_note(const Question& question, const AnswerFacts& facts, std::uint64_t sync_rows_most) {
  const auto rows = counted(facts.rows, "row", "rows");
  if (question.query.maxrec && facts.rows == *question.query.maxrec)
    return {fmt::format("cut after {} as --maxrec says; there may be more", rows), false};
  if (!question.asynchronous && facts.rows == sync_rows_most) {
    return {
        fmt::format("{}, as many as the archive gives in one sync answer: most likely there are more; {} brings them",
                    rows, question.by_job)};
  }
  if (!question.asynchronous)
    return {fmt::format("the archive cut the answer after {} (OVERFLOW); {} may bring all", rows, question.by_job)};
  return {fmt::format(
      "the archive cut the answer after {} (OVERFLOW); ask for less at a time, by ranges of an indexed column", rows)};
}

void note(Session& session, const std::string& text) {
  if (!session.arguments.json) session.terminal.complain("garner: " + text + "\n");
}

std::uint64_t row_limit(const Question& question, std::uint64_t sync_rows_most) {
  const bool can_say_overflow = ivoa::is_votable_format(question.query.format);
  const auto own = can_say_overflow ? 0 : question.query.maxrec.value_or(0);
  if (question.asynchronous || sync_rows_most == 0) return own;
  return own == 0 ? sync_rows_most : std::min(own, sync_rows_most);
}

int conclude(Session& session, const archive::Profile& profile, const Question& question,
             std::span<const std::byte> body, bool& good) {
  const auto facts = examine_answer(body, question.query.format, row_limit(question, profile.tap.sync_rows_most));
  const int code = hand_out(session, question.delivery, body, facts, good);
  if (!good || code != kGood) return code;
  if (facts.verdict == ivoa::Verdict::Overflow) {
    const auto told = cut_note(question, facts, profile.tap.sync_rows_most);
    note(session, told.text);
    return told.unasked ? kNotWell : kGood;
  }
  if (question.top != 0 && facts.rows == question.top)
    note(session,
         fmt::format("the nearest {}, as --limit says; there may be more", counted(facts.rows, "row", "rows")));
  return kGood;
}

int answer_now(Session& session, TapConsole& console, const archive::Profile& profile, const Question& question) {
  auto body = console.run(console.tap().sync(question.query, console.stop()));
  if (!body) {
    if (body.error().kind == Kind::TooLarge) body.error().detail += "; " + question.by_job + " has more time and rows";
    return archive_fail(session, body.error());
  }
  bool good = false;
  return conclude(session, profile, question, body->bytes(), good);
}

int interrupted(Session& session, const std::string& job_url) {
  const auto text = fmt::format("the job goes on at the archive: {}", job_hint(session, "show", job_url));
  return archive_fail(session, {Kind::Cancelled, text, std::nullopt});
}

int answer_by_job(Session& session, TapConsole& console, const archive::Profile& profile, const Question& question) {
  const auto asked = ivoa::Tap::asked_of(question.query);
  const auto url = console.run(console.tap().create(question.query, console.stop()));
  if (!url) return archive_fail(session, url.error());
  note(session, fmt::format("job {} made; find it again by: {}", printable(ivoa::job_id_of(*url), 100),
                            job_hint(session, "show", *url)));
  const auto outcome = wait_for_job(session, console, *url, asked);
  if (!outcome && outcome.error().kind == Kind::Cancelled) return interrupted(session, *url);
  if (!outcome) return archive_fail(session, outcome.error());
  if (outcome->end != ivoa::JobEnd::Completed) return archive_fail(session, outcome->why);
  const auto body = console.run(console.tap().jobs().result(*url, outcome->job, asked, console.stop()));
  if (!body && body.error().kind == Kind::Cancelled) return interrupted(session, *url);
  if (!body) {
    note(session, fmt::format("the job stays: {}", job_hint(session, "fetch", *url)));
    return archive_fail(session, body.error());
  }
  bool good = false;
  const int code = conclude(session, profile, question, body->bytes(), good);
  if (!good) return code;
  if (const auto removed = console.run(console.tap().jobs().remove(*url, console.stop())); !removed) {
    note(session, fmt::format("the job could not be deleted ({}); {}", printable(removed.error().detail),
                              job_hint(session, "delete", *url)));
  }
  return code;
}

Result<std::string> query_text(const std::string& words) {
  if (words.empty())
    return fail(Kind::Invalid, "garner tap ARCHIVE query needs the query in ADQL, or - to read it from standard input");
  if (words != "-") return words;
  std::string text(kLongestQuery + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stdin));
  if (text.size() > kLongestQuery)
    return fail(Kind::Invalid, "the query on standard input is longer than {} bytes", kLongestQuery);
  return text;
}

Result<std::optional<std::uint64_t>> parse_maxrec(const std::string& text) {
  if (text.empty()) return std::optional<std::uint64_t>();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return fail(Kind::Invalid, "--maxrec: expected a number of rows, found '{}'", printable(text, 40));
  return std::optional(value);
}

Result<Question> question_of(const Session& session) {
  const auto& arguments = session.arguments;
  Question question;
  question.asynchronous = arguments.asynchronous;
  question.delivery = delivery_of(arguments);
  if (auto fits = check_delivery(session, question.delivery); !fits) return std::unexpected(std::move(fits.error()));
  auto adql = query_text(arguments.words);
  if (!adql) return std::unexpected(std::move(adql.error()));
  auto maxrec = parse_maxrec(arguments.maxrec);
  if (!maxrec) return std::unexpected(std::move(maxrec.error()));
  auto uploads = read_uploads(arguments.uploads);
  if (!uploads) return std::unexpected(std::move(uploads.error()));
  question.query.adql = std::move(*adql);
  question.query.format = question.delivery.format;
  question.query.maxrec = *maxrec;
  question.query.uploads = std::move(*uploads);
  return question;
}

}  // namespace

Delivery delivery_of(const Arguments& arguments) {
  Delivery delivery;
  delivery.output = arguments.output;
  delivery.format = !arguments.format.empty() ? arguments.format : format_of_file(arguments.output);
  delivery.rendered = delivery.format.empty();
  if (delivery.rendered) delivery.format = kRenderedFormat;
  return delivery;
}

int hand_out(Session& session, const Delivery& delivery, std::span<const std::byte> body, const AnswerFacts& facts,
             bool& good) {
  good = false;
  if (facts.verdict == ivoa::Verdict::Error || facts.verdict == ivoa::Verdict::Cut)
    return archive_fail(session, facts.why);
  if (auto delivered = deliver(session, delivery, body, facts); !delivered)
    return archive_fail(session, delivered.error());
  session.terminal.flush();
  good = !session.terminal.failed();
  return good ? kGood : kNotWell;
}

int answer_question(Session& session, const archive::Profile& profile, Question question) {
  TapConsole console(profile);
  if (const auto ready = use_own_login(session, console, profile); !ready) return archive_fail(session, ready.error());
  return question.asynchronous ? answer_by_job(session, console, profile, question)
                               : answer_now(session, console, profile, question);
}

int tap_query(Session& session, const archive::Profile& profile) {
  auto question = question_of(session);
  if (!question) return archive_fail(session, question.error());
  return answer_question(session, profile, std::move(*question));
}

}  // namespace garner::client
