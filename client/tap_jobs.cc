#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/answer_rows.h"
#include "client/exit_code.h"
#include "client/format.h"
#include "client/own_login.h"
#include "client/tap_actions.h"
#include "client/tap_wait.h"

namespace garner::client {

namespace {

using nlohmann::json;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

int list_jobs(Session& session, TapConsole& console) {
  const auto jobs = console.run(console.tap().jobs().list("", console.stop()));
  if (!jobs) return archive_fail(session, jobs.error());
  json out = {{"jobs", json::array()}};
  RowTable table{{{"job", "", false}, {"phase", "", false}, {"run_id", "", false}, {"created", "", false}}, {}, 0};
  for (const auto& job : *jobs) {
    out["jobs"].push_back({{"job", job.id},
                           {"phase", ivoa::phase_name(job.phase)},
                           {"run_id", job.run_id},
                           {"created", job.creation_time}});
    table.rows.push_back({printable(job.id, 100), std::string(ivoa::phase_name(job.phase)), printable(job.run_id, 100),
                          printable(job.creation_time, 60)});
  }
  if (session.arguments.json) {
    print_json_line(session, dumped(out));
  } else if (session.terminal.interactive()) {
    session.terminal.print(row_table_text(table, static_cast<std::size_t>(session.terminal.width())));
  } else {
    session.terminal.write("job,phase,run_id,created\n");
    for (const auto& row : table.rows)
      session.terminal.write(
          fmt::format("{},{},{},{}\n", csv_field(row[0]), row[1], csv_field(row[2]), csv_field(row[3])));
  }
  return kGood;
}

std::string parameter_of(const ivoa::Job& job, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    for (const auto& [id, value] : job.parameters) {
      const bool same = id.size() == name.size() &&
                        std::ranges::equal(id, name, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
      if (same && !value.empty()) return value;
    }
  }
  return {};
}

std::string job_text(const ivoa::Job& job) {
  std::string out;
  const auto row = [&out](std::string label, std::string_view text) {
    if (!text.empty()) out += fmt::format("{}  {}\n", pad_right(std::move(label), 11), printable_lines(text));
  };
  row("job", job.id);
  row("phase", ivoa::phase_name(job.phase));
  row("run_id", job.run_id);
  row("owner", job.owner);
  row("created", job.creation_time);
  row("started", job.start_time);
  row("ended", job.end_time);
  row("destruction", job.destruction);
  row("query", parameter_of(job, {"query"}));
  row("format", parameter_of(job, {"responseformat", "format"}));
  for (const auto& result : job.results) {
    auto text = result.id;
    if (result.rows) text += " · " + counted(*result.rows, "row", "rows");
    if (result.bytes) text += " · " + bytes_text(*result.bytes);
    row("result", text);
  }
  if (job.error) row("error", job.error->message);
  return out;
}

json job_json(const ivoa::Job& job) {
  json out = {{"job", job.id},
              {"phase", ivoa::phase_name(job.phase)},
              {"run_id", job.run_id},
              {"owner", job.owner},
              {"created", job.creation_time},
              {"started", job.start_time},
              {"ended", job.end_time},
              {"destruction", job.destruction},
              {"query", parameter_of(job, {"query"})},
              {"format", parameter_of(job, {"responseformat", "format"})},
              {"results", json::array()}};
  for (const auto& result : job.results) {
    out["results"].push_back({{"id", result.id},
                              {"rows", result.rows ? json(*result.rows) : json()},
                              {"bytes", result.bytes ? json(*result.bytes) : json()}});
  }
  if (job.error) out["error"] = job.error->message;
  return out;
}

int show_job(Session& session, TapConsole& console, const std::string& url) {
  const auto job = console.run(console.tap().jobs().look(url, console.stop()));
  if (!job) return archive_fail(session, job.error());
  if (session.arguments.json) {
    print_json_line(session, dumped(job_json(*job)));
  } else {
    session.terminal.print(job_text(*job));
  }
  return kGood;
}

int wait_job(Session& session, TapConsole& console, const std::string& url) {
  const auto outcome = wait_for_job(session, console, url, {});
  if (!outcome && outcome.error().kind == Kind::Cancelled) {
    return archive_fail(
        session, {Kind::Cancelled, "the job goes on at the archive: " + job_hint(session, "show", url), std::nullopt});
  }
  if (!outcome) return archive_fail(session, outcome.error());
  if (outcome->end != ivoa::JobEnd::Completed) return archive_fail(session, outcome->why);
  if (session.arguments.json) {
    print_json_line(session, dumped(job_json(outcome->job)));
  } else {
    session.terminal.print(
        fmt::format("{} is COMPLETED; {}\n", printable(outcome->job.id, 100), job_hint(session, "fetch", url)));
  }
  return kGood;
}

// How a job's result can be had: in its own format, or, of a VOTable, as rows.
Result<Delivery> delivery_of_job(const Session& session, const ivoa::Job& job) {
  auto own = parameter_of(job, {"responseformat", "format"});
  if (own.empty()) own = "votable";
  auto delivery = delivery_of(session.arguments);
  const bool votable = ivoa::is_votable_format(own);
  const bool rows = delivery.rendered || (delivery.format == "csv" && own != "csv");
  const bool same = delivery.format == own || (votable && ivoa::is_votable_format(delivery.format));
  if (rows && votable) {
    delivery.rendered = true;
  } else if (delivery.rendered || same) {
    delivery.rendered = false;
  } else {
    return fail(Kind::Invalid, "the job was asked for {}; its result can't be had as {}", printable(own, 60),
                delivery.format);
  }
  delivery.format = own;
  if (auto fits = check_delivery(session, delivery); !fits) return std::unexpected(std::move(fits.error()));
  return delivery;
}

int fetch_job(Session& session, TapConsole& console, const std::string& url) {
  const auto job = console.run(console.tap().jobs().look(url, console.stop()));
  if (!job) return archive_fail(session, job.error());
  if (job->phase == ivoa::Phase::Error)
    return archive_fail(session, console.run(console.tap().jobs().error(url, *job, {}, console.stop())));
  if (job->phase != ivoa::Phase::Completed) {
    return archive_fail(
        session,
        {Kind::Conflict, fmt::format("the job is {}; {}", ivoa::phase_name(job->phase), job_hint(session, "wait", url)),
         std::nullopt});
  }
  const auto delivery = delivery_of_job(session, *job);
  if (!delivery) return archive_fail(session, delivery.error());
  const auto body = console.run(console.tap().jobs().result(url, *job, {false, delivery->format}, console.stop()));
  if (!body) return archive_fail(session, body.error());
  const auto facts = examine_answer(body->bytes(), delivery->format, 0);
  bool good = false;
  const int code = hand_out(session, *delivery, body->bytes(), facts, good);
  if (!good || facts.verdict != ivoa::Verdict::Overflow) return code;
  if (!session.arguments.json)
    session.terminal.complain(
        fmt::format("garner: the archive cut the answer after {} (OVERFLOW)\n", counted(facts.rows, "row", "rows")));
  return kNotWell;
}

int delete_job(Session& session, TapConsole& console, const std::string& url) {
  if (const auto removed = console.run(console.tap().jobs().remove(url, console.stop())); !removed)
    return archive_fail(session, removed.error());
  if (session.arguments.json) {
    print_json_line(session, dumped({{"deleted", ivoa::job_id_of(url)}}));
  } else {
    session.terminal.print(fmt::format("{} is deleted\n", printable(ivoa::job_id_of(url), 100)));
  }
  return kGood;
}

}  // namespace

int tap_jobs(Session& session, const archive::Profile& profile) {
  struct Action {
    std::string_view name;
    int (*run)(Session&, TapConsole&, const std::string&);
  };
  constexpr Action kActions[] = {{"show", show_job}, {"wait", wait_job}, {"fetch", fetch_job}, {"delete", delete_job}};
  const auto& arguments = session.arguments;
  const auto& word = arguments.words;
  const bool list = word == "list" && arguments.job.empty();
  const auto* action = std::ranges::find(kActions, word, &Action::name);
  if (!list && (action == std::end(kActions) || arguments.job.empty())) {
    return archive_fail(
        session,
        {Kind::Invalid, "expected: garner tap ARCHIVE jobs list, or show, wait, fetch or delete with the ID of a job",
         std::nullopt});
  }
  TapConsole console(profile);
  const auto url = list ? Result<std::string>() : console.tap().jobs().url_of_id(arguments.job);
  if (!url) return archive_fail(session, url.error());
  if (const auto ready = use_own_login(session, console, profile); !ready) return archive_fail(session, ready.error());
  return list ? list_jobs(session, console) : action->run(session, console, *url);
}

}  // namespace garner::client
