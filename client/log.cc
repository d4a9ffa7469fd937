#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <thread>

#include "client/format.h"
#include "client/verb.h"
#include "control/log_messages.h"

namespace garner::client {

namespace {

constexpr std::size_t kLinesDefault = 50, kChunkLinesDefault = 20, kLinesMost = 10'000;

// Local time and whose, the date too: nights have two.
std::string time_text(std::int64_t at_s) {
  const auto when = static_cast<std::time_t>(at_s);
  std::tm local{};
  localtime_r(&when, &local);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &local));
}

std::string asked_text(const harvest::LogLine& line) {
  const auto& attempt = *line.entry.attempt;
  std::string text = fmt::format("{} chunk {}", line.retrieval_type, attempt.block);
  if (attempt.route != ledger::Route::Products) text += fmt::format(" ({})", route_name(attempt.route));
  if (attempt.ids == 1 && attempt.first.value != 0)
    text += fmt::format(", id {}", attempt.first.value);
  else if (attempt.ids > 0)
    text += ", " + counted(attempt.ids, "id", "ids");
  return text + ": ";
}

std::string line_text(const harvest::LogLine& line) {
  const auto& entry = line.entry;
  std::string text = time_text(entry.at_s) + "  ";
  if (entry.attempt) text += asked_text(line);
  text += printable(entry.text, 1000);
  if (!entry.next.empty()) text += "; " + printable(entry.next, 1000);
  return text + "\n";
}

Result<std::optional<std::uint64_t>> number_in(const char* option, const std::string& text, std::uint64_t least,
                                               std::uint64_t most) {
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    return garner::fail(Kind::Invalid, "{} '{}': expected a number from {} to {}", option, printable(text, 40), least,
                        thousands(most));
  return number;
}

Result<harvest::LogQuestion> question_of(const Arguments& arguments) {
  harvest::LogQuestion question;
  question.retrieval_type = arguments.retrieval_type;
  const auto chunk = number_in("--chunk", arguments.chunk, 0, UINT32_MAX);
  if (!chunk) return std::unexpected(chunk.error());
  if (*chunk) question.chunk = static_cast<std::uint32_t>(**chunk);
  if (!arguments.source_id.empty()) {
    if (question.chunk)
      return garner::fail(Kind::Invalid, "--chunk and --source: a source lies in one chunk; give one of the two");
    const auto id = parse_source_id(arguments.source_id);
    if (!id) return with_context(id.error(), "--source");
    question.source = *id;
  }
  const auto last = number_in("--last", arguments.last, 1, kLinesMost);
  if (!last) return std::unexpected(last.error());
  const bool of_one = question.chunk || question.source;
  question.most = static_cast<std::size_t>(last->value_or(of_one ? kChunkLinesDefault : kLinesDefault));
  return question;
}

void show(Session& session, const harvest::LogPage& page) {
  for (const auto& line : page.lines) {
    if (session.arguments.json)
      session.terminal.write(control::log_line_json(line) + "\n");
    else
      session.terminal.print(line_text(line));
  }
  session.terminal.flush();
}

int run_log(Session& session) {
  auto question = question_of(session.arguments);
  if (!question) return session.fail(question.error());
  auto page = session.client.log(session.arguments.harvest, *question);
  if (!page) return session.fail(page.error());
  show(session, *page);
  if (!session.arguments.json) {
    if (page->lines.empty() && !session.arguments.follow && page->about.empty())
      session.terminal.print("Nothing has happened yet.\n");
    if (page->lines.empty() && !page->about.empty())
      session.terminal.print("No request for it failed (a chunk that comes at once leaves no line here).\n");
    for (const auto& line : page->about) session.terminal.print("now  " + printable(line, 2000) + "\n");
  }
  while (session.arguments.follow && !session.terminal.failed()) {
    session.terminal.flush();
    std::this_thread::sleep_for(session.pace.poll);
    if (!page->lines.empty()) question->after = page->lines.back().entry.order;
    question->most = kLinesMost;
    page = session.client.log(session.arguments.harvest, *question);
    if (!page) return session.fail(page.error());
    show(session, *page);
  }
  return kGood;
}

}  // namespace

const Verb& log_verb() {
  static const Verb kVerb = {
      "log",
      "What happened to a harvest, a chunk or a source",
      R"(The last events and failed requests of a harvest, newest last: who paused it, what it waited for, what the archive
said, what was done about it. Of a chunk or a source: its failed requests and how it stands now. Requests that were
good at once have no line. With --json a JSON object a line.

Examples:
  garner log rvs-bright
  garner log rvs-bright --follow
  garner log rvs-bright --chunk 1139
  garner log rvs-bright --source 5937083312263887616 --type RVS
  garner log rvs-bright --last 1000 --json | jq -r 'select(.against == "archive").text' | sort | uniq -c)",
      {{"HARVEST", "its name", &Arguments::harvest, true},
       {"--chunk", "one chunk's requests only", &Arguments::chunk, false, {}, "N"},
       {"--source", "those in which this source was asked for", &Arguments::source_id, false, {}, "ID"},
       {"--type", "of this retrieval_type only", &Arguments::retrieval_type, false, {}, "TYPE"},
       {"--last", "so many lines (50; of a chunk or source 20)", &Arguments::last, false, {}, "N"},
       {"--follow", "go on with what comes, until Ctrl-C", &Arguments::follow}},
      run_log};
  return kVerb;
}

}  // namespace garner::client
