// The job resources: UWS 1.0 as the archive has it, UWS 1.1 for the standards-only service.
#include <algorithm>
#include <cctype>
#include <ctime>

#include <fmt/format.h>

#include "archive_sim/adql/query.h"
#include "archive_sim/tap/tap_call.h"

namespace garner::archive_sim {
namespace {

using Wall = std::chrono::system_clock;

constexpr std::string_view kNamespaces =
    " xmlns:uws=\"http://www.ivoa.net/xml/UWS/v1.0\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
    "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

// 2016-11-17T13:33:50.755+0000, or with Z.
std::string time_text(Wall::time_point at, bool gaia) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  return fmt::format("{}.{:03}{}", std::string_view(text, n), ms % 1000, gaia ? "+0000" : "Z");
}

Wall::time_point after(Wall::time_point at, double seconds) {
  return at + std::chrono::duration_cast<Wall::duration>(std::chrono::duration<double>(seconds));
}

HttpReply xml(std::string text) {
  return text_reply(200, "text/xml;charset=UTF-8", fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", text));
}

bool blocks_wait(std::string_view phase) {
  return phase == "PENDING" || phase == "QUEUED" || phase == "EXECUTING";
}

std::string cdata(std::string_view text) {
  return fmt::format("<![CDATA[{}]]>", text);
}

}  // namespace

HttpReply TapCall::jobs_or_create() {
  if (path_ != "/async" && path_ != "/async/") return job_resource();
  if (http_.method == "POST") return counted("create", &TapCall::create);
  return counted("jobs", &TapCall::list);
}

HttpReply TapCall::create() {
  const TapKnobs& k = knobs_.tap;
  TapQuestion question;
  if (auto refused = read_question(fields_, true, question)) {
    // A wrong query is told when the job runs; what cannot be stored is refused at once.
    if (question.query.empty() || fields_.has("UPLOAD")) return *std::move(refused);
  }
  Job job;
  job.gaia = gaia_;
  job.owner = user(true);
  job.run_id = fields_.get("RUNID").substr(0, 64);
  job.name = fields_.get("JOBNAME");
  job.uploads = std::move(question.uploads);
  job.created = Wall::now();
  job.execution_duration_s = k.execution_duration_s;
  job.destruction_s = k.destruction_s;
  for (const auto& [name, value] : fields_.values)
    if (name != "PHASE" && name != "RUNID" && name != "JOBNAME") job.parameters.emplace_back(name, value);
  job.id = server_.jobs.add(job, k.job_ids == "uuid", knobs_.seed);
  TapReport::JobRecord record{job.id, job.run_id, job.owner, question.query, 0, 0, 0, false};
  for (const auto& [name, table] : job.uploads) record.upload_rows += table->rows();
  server_.report.job_created(std::move(record));
  const bool ignored = k.creation_run == "ignored" || (k.creation_run != "honoured" && fields_.has("UPLOAD"));
  if (fields_.get("PHASE") == "RUN") server_.report.job_asked_to_run(job.id);
  if (fields_.get("PHASE") == "RUN" && !ignored) start(job);
  return redirect(job_url(job));
}

// Runs the query now and draws the timeline that the job will seem to have.
void TapCall::start(Job& job) {
  const TapKnobs& k = knobs_.tap;
  if (job.runs_lost < k.lost_runs) {
    ++job.runs_lost;
    server_.jobs.put(job);
    return;
  }
  if (!server_.jobs.claim(job.id)) return;
  job.claimed = true;
  TapFields fields;
  fields.values = job.parameters;
  std::erase_if(fields.values, [](const auto& pair) { return pair.first == "UPLOAD"; });
  TapQuestion question;
  question.job_id = job.id;
  if (auto refused = read_question(fields, true, question)) {
    job.answer.error = "Incorrect parameters: format, MAXREC or LANG";
  } else {
    question.uploads = job.uploads;
    job.answer = server_.engine.run(question, knobs_);
  }
  job.started = true;
  job.start = Job::Steady::now();
  job.start_wall = Wall::now();
  job.last_phase = job.answer.error.empty() ? "COMPLETED" : "ERROR";
  job.error = job.answer.error;
  job.error_type = "fatal";
  const bool over = job.answer.execution_s > job.execution_duration_s && job.execution_duration_s > 0;
  if (over) job.last_phase = "ABORTED";
  const double execution_s = over ? job.execution_duration_s : job.answer.execution_s;
  job.timeline = k.phase_script;
  if (job.timeline.empty()) job.timeline = {{"QUEUED", k.queued_s}, {"EXECUTING", execution_s}};
  for (auto& [phase, seconds] : job.timeline) seconds *= k.time_scale;
  const std::uint64_t number = server_.jobs.next_start();
  if (!k.end_phase.empty() && (k.end_phase_jobs == 0 || number <= k.end_phase_jobs) &&
      question.query.find(k.end_phase_contains) != std::string::npos) {
    job.last_phase = k.end_phase;
    if (k.end_phase == "ERROR") job.error = k.error_message;
    job.error_type = k.error_type;
  }
  server_.jobs.put(job);
  server_.report.job_run(job.id, server_.jobs.running());
  TapReport::Query ran{"async",
                       job.id,
                       job.run_id,
                       job.owner,
                       question.query,
                       job.error.empty() ? "OK" : job.error,
                       job.error.empty() ? job.answer.encoded.rows : 0,
                       0};
  for (const auto& [name, table] : job.uploads) ran.upload_rows += table->rows();
  if (job.answer.overflow && job.error.empty()) ran.outcome = "OVERFLOW";
  if (job.last_phase == "ABORTED") ran.outcome = "ABORTED";
  server_.report.ran(std::move(ran));
}

HttpReply TapCall::list() {
  wait(std::max(knobs_.tap.list_delay_s, knobs_.tap.poll_latency_s));
  std::vector<Job> jobs = server_.jobs.list(user(false), gaia_);
  const auto now = Job::Steady::now();
  if (!gaia_) {
    std::vector<std::string> phases;
    for (const auto& [name, value] : fields_.values)
      if (name == "PHASE") phases.push_back(value);
    const std::string since = fields_.get("AFTER");
    std::erase_if(jobs, [&](const Job& job) {
      const std::string phase = job.phase(now);
      const bool wanted = phases.empty() ? phase != "ARCHIVED" : std::ranges::find(phases, phase) != phases.end();
      return !wanted || (!since.empty() && time_text(job.created, false) <= since);
    });
    const std::size_t last = static_cast<std::size_t>(std::strtoull(fields_.get("LAST", "0").c_str(), nullptr, 10));
    if (last > 0 && jobs.size() > last) jobs.erase(jobs.begin(), jobs.end() - static_cast<std::ptrdiff_t>(last));
  }
  std::string out = gaia_ ? fmt::format("<uws:jobs {} total=\"{}\">\n", kNamespaces, jobs.size())
                          : fmt::format("<uws:jobs version=\"1.1\"{}>\n", kNamespaces);
  for (const Job& job : jobs) {
    out += fmt::format("<uws:jobref id=\"{}\" xlink:href=\"{}\"{}><uws:phase>{}</uws:phase>", job.id, job_url(job),
                       gaia_ ? "" : " xlink:type=\"simple\"", job.phase(now));
    if (!gaia_) {
      if (!job.run_id.empty()) out += fmt::format("<uws:runId>{}</uws:runId>", xml_escaped(job.run_id));
      out += fmt::format("<uws:ownerId>{}</uws:ownerId><uws:creationTime>{}</uws:creationTime>", job.owner,
                         time_text(job.created, false));
    }
    out += "</uws:jobref>\n";
  }
  return xml(out + "</uws:jobs>\n");
}

HttpReply TapCall::search() {
  const std::vector<Job> jobs = server_.jobs.list(user(false), true);
  std::string out = fmt::format("<uws:jobs {} total=\"{}\">\n", kNamespaces, jobs.size());
  for (const Job& job : jobs) out += job_xml(job);
  return xml(out + "</uws:jobs>\n");
}

HttpReply TapCall::delete_jobs() {
  std::string removed;
  std::string list = fields_.get("JOB_IDS") + ",";
  for (std::size_t at = 0, end = 0; (end = list.find(',', at)) != std::string::npos; at = end + 1) {
    const std::string id = list.substr(at, end - at);
    const auto job = server_.jobs.find(id);
    if (!job || job->owner != user(false) || !server_.jobs.remove(id)) continue;
    server_.report.job_deleted(id);
    removed += fmt::format("{}\"{}\"", removed.empty() ? "" : ", ", id);
  }
  return text_reply(200, "application/json", fmt::format("{{\"removed\": [{}]}}\n", removed));
}

HttpReply TapCall::job_resource() {
  const auto slash = path_.find('/', 7);
  const std::string id = path_.substr(7, slash - 7);
  below_ = slash == std::string::npos ? "" : path_.substr(slash + 1);
  const auto found = server_.jobs.find(id);
  if (!found || found->gaia != gaia_) {
    server_.report.begin(below_ == "phase" ? "phase" : "job");
    return error(404, fmt::format("Job '{}' not found", id.substr(0, 100)));
  }
  job_ = *found;
  if (job_.owner != "anonymous" && job_.owner != user(false)) {
    server_.report.begin("refused");
    return error(403, fmt::format("User '{}' is not authorized.", user(false)));
  }
  const bool post = http_.method == "POST";
  if (http_.method == "DELETE" || (post && fields_.get("ACTION") == "DELETE"))
    return counted("delete", &TapCall::destroy);
  if (post && below_ == "phase") return counted("run", &TapCall::set_phase);
  if (post && fields_.has("PHASE")) return counted("run", &TapCall::set_phase);
  if (post) return counted("parameters", &TapCall::change);
  if (below_.empty()) return counted("job", &TapCall::show);
  if (below_ == "phase") return counted("phase", &TapCall::phase);
  if (below_.starts_with("results/")) return counted("result", &TapCall::result);
  if (below_.starts_with("error")) return counted("error", &TapCall::job_error);
  return counted("job", &TapCall::detail);
}

HttpReply TapCall::destroy() {
  if (server_.jobs.remove(job_.id)) server_.report.job_deleted(job_.id);
  return redirect(base_ + "/async");
}

HttpReply TapCall::set_phase() {
  const std::string asked = fields_.get("PHASE"), now = job_.phase(Job::Steady::now());
  if (asked == "RUN") server_.report.job_asked_to_run(job_.id);
  if (asked == "RUN" && now == "PENDING") {
    start(job_);
  } else if (asked == "RUN" && now == "HELD") {
    const auto held = std::ranges::find(job_.timeline, "HELD", [](const auto& pair) { return pair.first; });
    job_.timeline.erase(job_.timeline.begin(), held + 1);
    job_.start = Job::Steady::now();
    server_.jobs.put(job_);
  } else if (asked == "ABORT") {
    if (now != "COMPLETED" && now != "ERROR" && now != "ARCHIVED") {
      job_.timeline.clear();
      job_.last_phase = "ABORTED";
      server_.jobs.put(job_);
    }
  } else if (asked != "RUN") {
    return error(400, fmt::format("Unknown phase: \"{}\"", asked));
  }
  return redirect(job_url(job_));
}

// Parameters, and what may be chosen of a job: the server only shortens its times.
HttpReply TapCall::change() {
  for (const auto& [name, value] : fields_.values) {
    if (name == "EXECUTIONDURATION") {
      const double wanted = std::strtod(value.c_str(), nullptr);
      if (wanted > 0 && wanted < job_.execution_duration_s) job_.execution_duration_s = wanted;
    } else if (name == "RUNID") {
      job_.run_id = value.substr(0, 64);
    } else if (name != "DESTRUCTION") {
      if (job_.started) return error(403, "The job is not PENDING any more");
      job_.parameters.emplace_back(name, value);
    }
  }
  if (fields_.has("UPLOAD")) {
    auto uploads = read_uploads(fields_, {knobs_.tap.upload_max_rows, knobs_.tap.upload_max_bytes});
    if (const auto* text = std::get_if<std::string>(&uploads)) return error(400, *text);
    for (auto& [name, table] : std::get<Uploads>(uploads)) job_.uploads[name] = std::move(table);
  }
  server_.jobs.put(job_);
  return redirect(job_url(job_));
}

// UWS 1.1 §2.2.1.2: WAIT blocks while the phase is the one it was (or the one that PHASE names), and only in the phases
// from which a job goes on by itself or by RUN.
HttpReply TapCall::show() {
  const std::string text = fields_.get("WAIT");
  if (!gaia_ && knobs_.tap.wait && !text.empty()) {
    double seconds = std::strtod(text.c_str(), nullptr);
    if (seconds < 0 || seconds > knobs_.tap.wait_cap_s) seconds = knobs_.tap.wait_cap_s;
    const auto until = Clock::now() + std::chrono::duration<double>(seconds);
    const std::string at_first = job_.phase(Job::Steady::now()), from = fields_.get("PHASE", at_first);
    while (Clock::now() < until) {
      const auto job = server_.jobs.find(job_.id);
      if (!job) return error(404, fmt::format("Job '{}' not found", job_.id));
      job_ = *job;
      const std::string now = job_.phase(Job::Steady::now());
      if (now != from || !blocks_wait(now) || !patience_.wait(0.01)) break;
    }
  }
  return xml(job_xml(job_));
}

HttpReply TapCall::phase() {
  return text_reply(200, "text/plain", job_.phase(Job::Steady::now()));
}

HttpReply TapCall::result() {
  const std::string phase = job_.phase(Job::Steady::now());
  if (phase != "COMPLETED" || !job_.answer.error.empty())
    return error(404, fmt::format("Job '{}' has no result: its phase is {}", job_.id, phase));
  if (below_ == "results/result" && knobs_.tap.result_redirect) return redirect(job_url(job_) + "/results/data");
  TapFields fields;
  fields.values = job_.parameters;
  std::erase_if(fields.values, [](const auto& pair) { return pair.first == "UPLOAD"; });
  TapQuestion question;
  if (auto refused = read_question(fields, true, question)) return *std::move(refused);
  question.job_id = job_.id;
  question.uploads = job_.uploads;
  return rows(question, job_.answer);
}

HttpReply TapCall::job_error() {
  if (job_.phase(Job::Steady::now()) != "ERROR") return error(404, fmt::format("Job '{}' has no error", job_.id));
  if (gaia_ && below_ == "error") return redirect(job_url(job_) + "/error/details");
  return error_document(200, job_.error);
}

HttpReply TapCall::detail() {
  const auto plain = [](std::string text) { return text_reply(200, "text/plain", std::move(text)); };
  if (below_ == "executionduration") return plain(fmt::format("{:.0f}", job_.execution_duration_s));
  if (below_ == "destruction") return plain(time_text(after(job_.created, job_.destruction_s), gaia_));
  if (below_ == "owner") return plain(job_.owner);
  if (below_ == "quote") return plain(gaia_ ? "-1" : "");
  const std::string whole = job_xml(job_);
  for (const std::string_view part : {"parameters", "results"}) {
    if (below_ != part) continue;
    const auto from = whole.find(fmt::format("<uws:{}>", part)) + part.size() + 6;
    const auto to = whole.find(fmt::format("</uws:{}>", part));
    return xml(fmt::format("<uws:{0}{1}>{2}</uws:{0}>\n", part, kNamespaces, whole.substr(from, to - from)));
  }
  return error(404, fmt::format("Not found: {}", below_.substr(0, 100)));
}

std::string TapCall::job_xml(const Job& job) const {
  const auto now = Job::Steady::now();
  const std::string phase = job.phase(now);
  const bool ended = job.started && phase == job.last_phase;
  std::string out = fmt::format("<uws:job{}{}>\n", gaia_ ? "" : " version=\"1.1\"", kNamespaces);
  const auto add = [&](std::string_view name, std::string_view value) {
    out += value.empty() ? fmt::format("\t<uws:{} xsi:nil=\"true\"/>\n", name)
                         : fmt::format("\t<uws:{0}>{1}</uws:{0}>\n", name, value);
  };
  const std::string start = job.started ? time_text(job.start_wall, gaia_) : "";
  const std::string end = ended ? time_text(after(job.start_wall, job.length_s()), gaia_) : "";
  const std::string duration = fmt::format("{:.0f}", job.execution_duration_s);
  const std::string created = time_text(job.created, gaia_),
                    gone = time_text(after(job.created, job.destruction_s), gaia_);
  add("jobId", cdata(job.id));
  add("runId", job.run_id.empty() ? "" : xml_escaped(job.run_id));
  add("ownerId", cdata(job.owner));
  add("phase", phase);
  add("quote", gaia_ ? "-1" : "");
  if (!gaia_) add("creationTime", created);
  add("startTime", start);
  add("endTime", end);
  add("executionDuration", duration);
  add("destruction", gone);
  if (gaia_) {
    add("creationTime", created);
    add("locationId", fmt::format("{}/2026/11/21/{}", job.owner, job.id));
    add("name", cdata(job.name));
  }
  out += "\t<uws:parameters>\n";
  for (const auto& [name, value] : job.parameters)
    out += fmt::format("\t\t<uws:parameter id=\"{}\">{}</uws:parameter>\n",
                       xml_escaped(gaia_ ? adql::lower(name) : name), xml_escaped(value));
  out += "\t</uws:parameters>\n\t<uws:results>\n";
  if (phase == "COMPLETED")
    out += fmt::format(
        "\t\t<uws:result id=\"result\" xlink:type=\"simple\" xlink:href=\"{}/results/result\" {}=\"{}\" "
        "rows=\"{}\"/>\n",
        job_url(job), gaia_ ? "mime" : "mime-type", "application/x-votable+xml", job.answer.encoded.rows);
  out += "\t</uws:results>\n";
  if (phase == "ERROR")
    out += fmt::format("\t<uws:errorSummary type=\"{}\" {}=\"true\"><uws:message>{}</uws:message></uws:errorSummary>\n",
                       gaia_ && job.error_type == "fatal" ? "FATAL" : job.error_type,
                       gaia_ ? "hasDetails" : "hasDetail", xml_escaped(job.error));
  else if (gaia_)
    add("errorSummary", "");
  return out + "</uws:job>\n";
}

}  // namespace garner::archive_sim
