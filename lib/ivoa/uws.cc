#include "ivoa/uws.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "ivoa/xml.h"

namespace garner::ivoa {

namespace {

constexpr std::array<std::pair<std::string_view, Phase>, 10> kPhases{{{"PENDING", Phase::Pending},
                                                                      {"QUEUED", Phase::Queued},
                                                                      {"EXECUTING", Phase::Executing},
                                                                      {"SUSPENDED", Phase::Suspended},
                                                                      {"HELD", Phase::Held},
                                                                      {"COMPLETED", Phase::Completed},
                                                                      {"ERROR", Phase::Error},
                                                                      {"ABORTED", Phase::Aborted},
                                                                      {"ARCHIVED", Phase::Archived},
                                                                      {"UNKNOWN", Phase::Unknown}}};
// A job quotes its query, which may hold a long list of ids.
constexpr XmlLimits kLimits{.max_text = 64u << 20};
constexpr std::size_t kMostJobs = 1'000'000;
constexpr std::size_t kMostEntries = 10'000;  // parameters, results, jobInfo leaves of one job

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_true(std::string_view text) {
  return text == "true" || text == "1" || text == "TRUE";
}

// One handler for jobs and lists: a full job is given to `take`.
class JobsHandler final : public XmlHandler {
 public:
  explicit JobsHandler(bool keep_details) : keep_details_(keep_details) {}

  struct Found {
    Job job;
    std::string href;
  };
  std::vector<Found> found;

  Result<void> start(const XmlPath& path, const XmlAttributes& attributes) override {
    const std::string& name = path.back();
    if (path.size() == 1) {
      if (name != "job" && name != "jobs")
        return fail(Kind::Malformed, "the document's root is <{}>, not <job> or <jobs>", printable(name, 60));
      version_1_1_ = attributes.text("version").starts_with("1.1");
    }
    if ((path.size() == 1 && name == "job") ||
        (path.size() == 2 && path[0] == "jobs" && (name == "job" || name == "jobref"))) {
      if (found.size() >= kMostJobs) return fail(Kind::TooLarge, "more than {} jobs", kMostJobs);
      found.emplace_back();
      found.back().job.version_1_1 = version_1_1_ || attributes.text("version").starts_with("1.1");
      found.back().job.id = attributes.text("id");
      found.back().href = attributes.text("href");
      base_ = path.size();
      return {};
    }
    if (found.empty() || path.size() <= base_) return {};
    return start_inside(path, attributes);
  }

  Result<void> end(const XmlPath& path, std::string_view text) override {
    if (found.empty() || path.size() <= base_) return {};
    Job& job = found.back().job;
    const std::string& name = path.back();
    const std::size_t depth = path.size() - base_;
    if (depth == 1) set_field(job, name, text);
    if (!keep_details_) return {};
    if (depth == 2 && path[base_] == "parameters" && name == "parameter" && !job.parameters.empty())
      job.parameters.back().second = text;
    if (depth == 2 && path[base_] == "errorSummary" && name == "message" && job.error) job.error->message = text;
    if (depth >= 2 && path[base_] == "jobInfo" && path.size() == deepest_ && job.info.size() < kMostEntries)
      job.info.emplace_back(name, text);
    return {};
  }

 private:
  Result<void> start_inside(const XmlPath& path, const XmlAttributes& attributes) {
    if (!keep_details_) return {};
    Job& job = found.back().job;
    const std::string& name = path.back();
    const std::size_t depth = path.size() - base_;
    deepest_ = path.size();
    if (job.parameters.size() >= kMostEntries || job.results.size() >= kMostEntries) {
      return fail(Kind::TooLarge, "a job with more than {} parameters or results", kMostEntries);
    }
    if (depth == 1 && name == "errorSummary" && !is_true(attributes.text("nil"))) {
      const std::string detail =
          attributes.text("hasDetail") + attributes.text("hasDetails");  // Gaia writes the second
      std::string type = attributes.text("type");
      std::ranges::transform(type, type.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
      job.error = ErrorSummary{{}, type == "transient", is_true(detail)};
    }
    if (depth == 2 && path[base_] == "parameters" && name == "parameter")
      job.parameters.emplace_back(attributes.text("id"), std::string());
    if (depth == 2 && path[base_] == "results" && name == "result") {
      const std::string mime = attributes.text("mime-type");
      job.results.push_back({attributes.text("id"), attributes.text("href"),
                             mime.empty() ? attributes.text("mime") : mime, number(attributes.text("size")),
                             number(attributes.text("rows"))});
    }
    return {};
  }

  static void set_field(Job& job, const std::string& name, std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, std::string Job::*>, 8> kFields{
        {{"jobId", &Job::id},
         {"runId", &Job::run_id},
         {"ownerId", &Job::owner},
         {"quote", &Job::quote},
         {"creationTime", &Job::creation_time},
         {"startTime", &Job::start_time},
         {"endTime", &Job::end_time},
         {"destruction", &Job::destruction}}};
    for (const auto& [field, member] : kFields) {
      if (name == field && !text.empty()) job.*member = text;
    }
    if (name == "phase") job.phase = parse_phase(text);
    if (name == "executionDuration") job.execution_duration_s = number(text);
  }

  const bool keep_details_;
  bool version_1_1_ = false;
  std::size_t base_ = 0;     // depth of the job at hand
  std::size_t deepest_ = 0;  // of the element started last: a leaf when it ends
};

}  // namespace

Phase parse_phase(std::string_view word) {
  const auto begin = word.find_first_not_of(" \t\r\n");
  if (begin == word.npos) return Phase::Unknown;
  std::string upper(word.substr(begin, word.find_last_not_of(" \t\r\n") - begin + 1));
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const auto row = std::ranges::find_if(kPhases, [&upper](const auto& each) { return each.first == upper; });
  return row == kPhases.end() ? Phase::Unknown : row->second;
}

std::string_view phase_name(Phase phase) {
  const auto row = std::ranges::find_if(kPhases, [phase](const auto& each) { return each.second == phase; });
  return row == kPhases.end() ? "UNKNOWN" : row->first;
}

bool is_alive(Phase phase) {
  return phase == Phase::Queued || phase == Phase::Executing || phase == Phase::Suspended || phase == Phase::Unknown;
}

Result<Job> parse_job(std::string_view document, std::string_view id) {
  JobsHandler handler(true);
  if (auto read = read_xml(document, handler, kLimits); !read)
    return with_context(std::move(read.error()), "job document");
  auto& found = handler.found;
  if (found.empty()) return fail(Kind::Malformed, "job document: it holds no job");
  if (found.size() == 1) return std::move(found[0].job);
  const auto wanted = std::ranges::find_if(found, [id](const auto& each) { return each.job.id == id; });
  if (id.empty() || wanted == found.end()) {
    return fail(Kind::Malformed, "job document: it holds {} jobs, but not the one asked for ('{}')", found.size(),
                printable(id, 100));
  }
  return std::move(wanted->job);
}

Result<std::vector<JobRef>> parse_job_list(std::string_view document) {
  JobsHandler handler(false);
  if (auto read = read_xml(document, handler, kLimits); !read) return with_context(std::move(read.error()), "job list");
  std::vector<JobRef> refs;
  refs.reserve(handler.found.size());
  for (auto& each : handler.found) {
    refs.push_back({std::move(each.job.id), std::move(each.href), each.job.phase, std::move(each.job.run_id),
                    std::move(each.job.owner), std::move(each.job.creation_time)});
  }
  return refs;
}

namespace {

// `digits` digits at the front, taken off.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, status] = std::from_chars(text.data(), text.data() + digits, value);
  if (status != std::errc{} || end != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// Seconds east of UTC; the text must end with the zone.
std::optional<std::chrono::minutes> take_zone(std::string_view text) {
  if (text.empty() || text == "Z") return std::chrono::minutes(0);
  const bool east = text.front() == '+';
  if (!east && text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  take(text, ':');
  const auto minutes = text.empty() ? std::optional(0) : take_number(text, 2);
  if (!hours || !minutes || !text.empty() || *hours > 14 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return east ? offset : -offset;
}

// A WallTime counts nanoseconds in 64 bits, from 1677 to 2262.
bool is_countable(std::chrono::year year) {
  return year > std::chrono::year(1677) && year < std::chrono::year(2262);
}

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
  namespace c = std::chrono;
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !(take(text, 'T') || take(text, ' '))) return std::nullopt;
  const c::year_month_day date{c::year(*year), c::month(static_cast<unsigned>(*month)),
                               c::day(static_cast<unsigned>(*day))};
  const auto hour = take_number(text, 2);
  if (!date.ok() || !is_countable(date.year()) || !hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *hour > 24 || *minute > 59 || *second > 60) return std::nullopt;
  c::milliseconds fraction{0};
  if (take(text, '.')) {
    int scale = 100;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      fraction += c::milliseconds((text.front() - '0') * scale);
      scale /= 10;
      text.remove_prefix(1);
    }
  }
  const auto zone = take_zone(text);
  if (!zone) return std::nullopt;
  return WallTime(c::sys_days(date).time_since_epoch() + c::hours(*hour) + c::minutes(*minute) + c::seconds(*second) +
                  fraction - *zone);
}

}  // namespace garner::ivoa
