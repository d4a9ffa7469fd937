// A TAP service on the stage: one table of rows by source_id, one by the values of a partition's column. It outlives
// the engines that ask it, so that a job goes on through their crashes. Answers are VOTables; limits cut them as
// archives do: sync silently, jobs by OVERFLOW.
#pragma once

#include <map>
#include <random>
#include <set>

#include "../support/virtual_loop.h"
#include "archive/archive.h"

namespace garner::testing {

struct StageTap {
  // Rows of a source, and of a value of the partition's column; null: of the rows without a value.
  std::function<int(std::uint64_t id)> rows_of_source = [](std::uint64_t) { return 1; };
  std::function<int(std::int64_t value)> rows_of_value = [](std::int64_t) { return 1; };
  int null_rows = 0;
  std::function<bool(std::uint64_t id)> flag_of = [](std::uint64_t) { return true; };
  std::size_t sync_rows_most = 2000, job_rows_most = 1'000'000;
  std::uint64_t count_lies_by = 0;
  bool uploads_refused = false;
  std::string wrong_word = "wrong";  // a query that holds it is called wrong
  // Trouble, asked at each step of a question; nothing: none.
  std::function<std::optional<Error>()> weather = [] { return std::nullopt; };
  Duration latency = std::chrono::seconds(1), job_time = std::chrono::minutes(10);

  struct Job {
    archive::TapQuestion question;
    int runs = 0;
    SteadyTime ready;
    bool gone = false;
  };
  std::map<std::string, Job> jobs;
  int syncs = 0, counts = 0, uploads = 0, cuts = 0, running = 0, highest_running = 0;

  static Result<http::Body> body_of(const std::string& text) {
    http::Body body(std::make_shared<http::MemoryBudget>(64 << 20), {}, 64 << 20);
    if (auto added = body.append(std::as_bytes(std::span(text))); !added) return std::unexpected(added.error());
    if (auto ended = body.finish(); !ended) return std::unexpected(ended.error());
    return body;
  }

  static std::string votable(const std::string& fields, const std::vector<std::string>& rows, bool overflow) {
    std::string out = "<VOTABLE><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" value=\"OK\"/><TABLE>" + fields +
                      "<DATA><TABLEDATA>";
    for (const auto& row : rows) out += "<TR>" + row + "</TR>";
    out += "</TABLEDATA></DATA></TABLE>";
    if (overflow) out += "<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>";
    return out + "</RESOURCE></VOTABLE>";
  }

  static std::string field(const std::string& name, const std::string& type) {
    return "<FIELD name=\"" + name + "\" datatype=\"" + type + "\"/>";
  }

  static std::vector<std::uint64_t> listed(const std::string& adql) {
    std::vector<std::uint64_t> ids;
    auto at = adql.find("IN (");
    if (at == adql.npos) return ids;
    const char* next = adql.c_str() + at + 4;
    for (char* end = nullptr; *next != ')'; next = *end == ',' ? end + 1 : end)
      ids.push_back(std::strtoull(next, &end, 10));
    return ids;
  }

  // The answer as a service gives it under a limit of rows.
  std::string answer(const archive::TapQuestion& question, std::size_t most, bool says_overflow) {
    const std::string& adql = question.adql;
    std::vector<std::string> rows;
    std::string fields = field("row_id", "long");
    std::vector<std::uint64_t> ids = listed(adql);
    for (const SourceId id : question.upload) ids.push_back(id.value);
    const bool flags = adql.find("has_") != adql.npos;
    if (!ids.empty()) {
      fields = field("source_id", "long") + (flags ? field("has_it", "boolean") : "");
      for (const auto id : ids) {
        const auto cells = "<TD>" + std::to_string(id) + "</TD>" +
                           (flags ? std::string("<TD>") + (flag_of(id) ? "true" : "false") + "</TD>" : "");
        for (int i = flags ? 1 : rows_of_source(id); i > 0; --i) rows.push_back(cells);
      }
    } else {
      long long first = 0, last = -1;
      if (const auto at = adql.find("BETWEEN "); at != adql.npos)
        std::sscanf(adql.c_str() + at, "BETWEEN %lld AND %lld", &first, &last);
      for (long long value = first; value <= last; ++value) {
        for (int i = 0; i < rows_of_value(value); ++i)
          rows.push_back("<TD>" + std::to_string(value * 100 + i + 1) + "</TD>");
      }
      if (adql.find("IS NULL") != adql.npos) {
        for (int i = 0; i < null_rows; ++i) rows.push_back("<TD>" + std::to_string(900'000'000 + i) + "</TD>");
      }
    }
    if (adql.starts_with("SELECT COUNT(")) {
      ++counts;
      return votable(field("n", "long"), {"<TD>" + std::to_string(rows.size() + count_lies_by) + "</TD>"}, false);
    }
    const bool cut = rows.size() > most;
    if (cut) rows.resize(most);
    cuts += cut ? 1 : 0;
    return votable(fields, rows, cut && says_overflow);
  }

  std::optional<Error> refusal(const archive::TapQuestion& question) {
    if (question.adql.find(wrong_word) != question.adql.npos)
      return Error{Kind::Unsupported, "Cannot parse query", std::nullopt};
    if (!question.upload.empty() && uploads_refused) return Error{Kind::Quota, "DB quota exceeded", std::nullopt};
    return weather();
  }

  Task<archive::TapReply> ask(Executor& executor, archive::TapQuestion question, std::stop_token stop) {
    auto waited = co_await sleep_for(executor, latency, stop);
    if (!waited) co_return archive::TapReply{std::unexpected(waited.error()), question.job};
    if (!question.upload.empty()) ++uploads;
    if (!question.by_job && question.job.empty()) {
      ++syncs;
      if (auto error = refusal(question)) co_return archive::TapReply{std::unexpected(*error)};
      co_return archive::TapReply{body_of(answer(question, sync_rows_most, false))};
    }
    std::string url = question.job;
    if (url.empty()) {
      if (auto error = refusal(question)) co_return archive::TapReply{std::unexpected(*error)};
      url = "http://stage/async/" + std::to_string(jobs.size() + 1);
      jobs[url].question = question;
      if (question.record_job) {
        auto recorded = co_await question.record_job(url);
        if (!recorded) co_return archive::TapReply{std::unexpected(recorded.error())};
      }
    }
    Job& job = jobs.at(url);
    if (job.gone) co_return archive::TapReply{std::unexpected(Error{Kind::Transient, "gone", std::nullopt})};
    if (job.runs == 0) {
      ++job.runs;
      job.ready = executor.now() + job_time;
    }
    highest_running = std::max(highest_running, ++running);
    auto trouble = weather();
    question.looked(trouble ? Result<void>(std::unexpected(std::move(*trouble))) : Result<void>{});
    waited =
        co_await sleep_for(executor, std::max<Duration>(job.ready - executor.now(), std::chrono::seconds(1)), stop);
    --running;
    if (waited) waited = co_await question.turn();
    if (waited) waited = co_await sleep_for(executor, latency, stop);
    if (!waited) co_return archive::TapReply{std::unexpected(waited.error()), url};
    if (auto error = weather()) co_return archive::TapReply{std::unexpected(*error), url};
    co_return archive::TapReply{body_of(answer(job.question, job_rows_most, true)), url};
  }
};

}  // namespace garner::testing
