#include "soak.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <fstream>

#include "weather.h"

namespace garner::soak {

namespace {

constexpr std::size_t kUnderWay = 6;
constexpr std::size_t kSources = 400;
// Fewer than a harvest has chunks: its second look meets none.
constexpr std::uint64_t kAnswersWithGaps = 5;
constexpr std::chrono::minutes kSettleMost{15};

void pass(std::uint64_t milliseconds) {
  poll(nullptr, 0, static_cast<int>(milliseconds));
}

std::uint64_t peak_memory_kib(pid_t pid) {
  std::ifstream lines(fmt::format("/proc/{}/status", pid));
  for (std::string key; lines >> key;)
    if (key == "VmHWM:") {
      std::uint64_t kib = 0;
      lines >> kib;
      return kib;
    }
  return 0;
}

std::uint64_t sum(const Json& status, std::initializer_list<const char*> keys) {
  std::uint64_t total = 0;
  for (const char* key : keys) total += status.at(key).get<std::uint64_t>();
  return total;
}

}  // namespace

void Soak::SetUp() {
  printf("seed %llu (--seed %llu makes the same choices)\n", static_cast<unsigned long long>(options.seed),
         static_cast<unsigned long long>(options.seed));
  random_.seed(options.seed);
  begun_ = std::chrono::steady_clock::now();
  knobs = sky_knobs();
  knobs["seed"] = 1;
  // Answers that may be bad count as attempts: so many in a row are no accident, even in this weather.
  const auto credentials = rig.root() / "credentials";
  e2e::write_file(credentials, fmt::format("{}\n{}\n", kUser, kPassword));
  fs::permissions(credentials, fs::perms(0600));
  start({}, {},
        {{"attempts_most", "12"}, {"first_byte_s", "2"}, {"stall_s", "2"}, {"credential_file", credentials.string()}});
  rig.set_knobs(stormy());
}

// Open now, closed for the minute after next, and open again.
std::string Soak::hours() const {
  const std::time_t now = std::time(nullptr);
  const auto clock = [now](int minutes) {
    const std::time_t then = now + std::time_t{60} * minutes;
    std::tm utc{};
    gmtime_r(&then, &utc);
    return fmt::format("{:02}:{:02}", utc.tm_hour, utc.tm_min);
  };
  return fmt::format("window: [\"{}-{}\", \"{}-{}\"]\ntime_zone: UTC\n", clock(-5), clock(1), clock(2), clock(12 * 60));
}

void Soak::submit_next() {
  const auto& shapes = all_shapes();
  Harvest harvest{.shape = &shapes[submitted_ % shapes.size()], .name = {}, .ids = {}, .poison = {}};
  const Shape& shape = *harvest.shape;
  harvest.name = fmt::format("{}-{}", shape.name, submitted_++);
  const std::string keys =
      shape.manifest + output_key(harvest.name, shape.layout) + (shape.windowed ? hours() : std::string());
  if (shape.kind == Kind::Query || shape.by_query) {
    if (shape.by_query) {
      const auto ids = sky().ids_in(fmt::format("{} WHERE {}", kSourceTable, kBright));
      harvest.ids.assign(ids.begin(), ids.end());
    }
    rig.submit(manifest(harvest.name, keys));
  } else {
    harvest.ids = ids_of_sky(kSources * 2);
    std::ranges::shuffle(harvest.ids, random_);
    harvest.ids.resize(kSources);
    // Ids of its own, so that nobody asks for them but its chunks, and then its second look.
    if (shape.left_out) {
      harvest.ids = rig.make_ids(kSources, static_cast<int>(5000 + submitted_));
      const auto so_far = rig.report()["faults"].value("left_out", std::uint64_t{0});
      rig.set_knobs(left_out(harvest.ids, so_far + kAnswersWithGaps));
    }
    // Also such as TAP does not know.
    if (shape.kind == Kind::Rows)
      for (auto& id : unknown_ids(50)) harvest.ids.push_back(std::move(id));
    if (shape.poisoned) {
      const auto poison = rig.make_ids(1, static_cast<int>(1000 + submitted_));
      harvest.ids.push_back(poison[0]);
      harvest.poison.insert(poison[0]);
      poison_.insert(poison[0]);
      Json weather = stormy();
      weather["faults"]["null_500"]["ids"] = poison_;
      rig.set_knobs({{"faults", {{"null_500", weather["faults"]["null_500"]}}}});
    }
    rig.submit(rig.write_manifest(harvest.name, harvest.ids, keys));
  }
  under_way_.push_back(std::move(harvest));
}

void Soak::top_up() {
  while (under_way_.size() < kUnderWay && !HasFatalFailure()) submit_next();
}

void Soak::start_and_look() {
  rig.start_daemon();
  if (HasFatalFailure()) return;
  for (Harvest& harvest : under_way_) {
    const Json status = rig.status(harvest.name);
    if (status.empty()) {
      ++tally_.lost;
      continue;
    }
    EXPECT_EQ(status["requested"].get<std::uint64_t>(), sum(status, {"pending", "delivered", "absent", "failed"}))
        << status.dump();
    const std::uint64_t delivered = status["delivered"];
    EXPECT_GE(delivered, harvest.delivered) << harvest.name << ": delivered before the daemon ended, and not since";
    if (delivered < harvest.delivered) tally_.lost += harvest.delivered - delivered;
    harvest.delivered = delivered;
  }
}

void Soak::kill() {
  ++happened_["killed"];
  most_memory_kib_ = std::max(most_memory_kib_, peak_memory_kib(rig.daemon().pid()));
  rig.daemon().signal(SIGKILL);
  EXPECT_EQ(rig.daemon().wait(), 128 + SIGKILL);
  if (below(4) == 0) {  // once more, while it is taking up what it was at
    ++happened_["killed at its start"];
    rig.start_daemon();
    pass(below(100));
    rig.daemon().signal(SIGKILL);
    rig.daemon().wait();
  }
  start_and_look();
}

void Soak::stop_and_start() {
  ++happened_["stopped"];
  EXPECT_EQ(rig.stop_daemon(), 0);
  start_and_look();
}

void Soak::pause_or_resume() {
  if (under_way_.empty()) return;
  auto harvest = std::next(under_way_.begin(), static_cast<std::ptrdiff_t>(below(under_way_.size())));
  const std::string verb = harvest->paused ? "resume" : "pause";
  if (rig.garner({verb, harvest->name}).exit_code != 0) return;  // it may be at its end
  harvest->paused = !harvest->paused;
  ++happened_[verb + "d"];
}

void Soak::outage() {
  ++happened_["outages"];
  rig.simulator().signal(SIGSTOP);
  pass(500 + below(3000));
  rig.simulator().signal(SIGCONT);
}

void Soak::overload() {
  ++happened_["overloads"];
  rig.set_knobs(overloaded());
  pass(500 + below(2000));
  rig.set_knobs(calm());
  Json weather = stormy();
  weather["faults"]["null_500"]["ids"] = poison_;
  rig.set_knobs(weather);
}

void Soak::harm() {
  ++happened_["harmful replies in turn"];
  rig.set_knobs(hostile(harms_++));
  const Json so_far = rig.report()["tap"]["faults"];
  const auto one_more = [&so_far](const char* fault) { return so_far.value(fault, std::uint64_t{0}) + 1; };
  rig.set_knobs(miscounted(one_more("lost_rows"), one_more("wrong_count")));
}

void Soak::lose_jobs() {
  ++happened_["jobs lost at the archive"];
  rig.simulator_post("/sim/expire_jobs", "");
  for (const Json& job : jobs())
    if (job["deleted"] == false) jobs_lost_.insert(job["job"]);
}

void Soak::cancel_one() {
  if (under_way_.empty()) return;
  auto harvest = std::next(under_way_.begin(), static_cast<std::ptrdiff_t>(below(under_way_.size())));
  if (rig.garner({"cancel", harvest->name}).exit_code != 0) return;
  ++happened_["cancelled"];
  remove(*harvest);
  under_way_.erase(harvest);
}

void Soak::happen() {
  const std::uint64_t dice = below(100);
  if (dice < 50) return kill();
  if (dice < 57) return stop_and_start();
  if (dice < 72) return pause_or_resume();
  if (dice < 80) {
    ++happened_["reloaded"];
    return rig.daemon().signal(SIGHUP);
  }
  if (dice < 83) return harm();
  if (dice < 87) return outage();
  if (dice < 91) return overload();
  if (dice < 97) return lose_jobs();
  cancel_one();
}

// What an operator would do about it is done; true if there is nothing more to come.
bool Soak::at_rest(Harvest& harvest, const Json& status) {
  const std::string state = status["state"];
  if (state == "finished") return true;
  if (state == "blocked") {
    ++happened_["blocked and asked again"];
    rig.garner({"retry", harvest.name, "--outcome", "pending"});
  }
  return false;
}

void Soak::look() {
  for (auto harvest = under_way_.begin(); harvest != under_way_.end();) {
    const Json status = rig.status(harvest->name);
    if (status.empty()) {
      ++tally_.lost;
      harvest = under_way_.erase(harvest);
      continue;
    }
    harvest->delivered = status["delivered"];
    if (!at_rest(*harvest, status)) {
      ++harvest;
      continue;
    }
    for (const Json& type : status["types"]) found_again_ += type["second_look_found"].get<std::uint64_t>();
    check(*harvest);
    remove(*harvest);
    harvest = under_way_.erase(harvest);
  }
}

void Soak::storm() {
  const auto end = std::chrono::steady_clock::now() + options.time;
  while (std::chrono::steady_clock::now() < end && !HasFatalFailure()) {
    top_up();
    pass(100 + below(2000));
    if (HasFatalFailure()) return;
    happen();
    if (!HasFatalFailure()) look();
  }
}

void Soak::settle() {
  rig.set_knobs(calm());
  rig.set_knobs({{"faults", {{"null_500", {{"ids", poison_}}}}}});
  for (Harvest& harvest : under_way_)
    if (std::exchange(harvest.paused, false)) rig.garner({"resume", harvest.name});
  const bool all_done = e2e::wait_until(
      [this] {
        look();
        return under_way_.empty();
      },
      kSettleMost);
  EXPECT_TRUE(all_done) << under_way_.size() << " harvests do not come to their end: "
                        << (under_way_.empty() ? "" : rig.status(under_way_.front().name).dump());
  for (const Json& job : jobs())
    if (job["runs"] != 0 && !jobs_lost_.contains(job["job"]))
      EXPECT_EQ(job["deleted"], true) << "a job is left: " << job.dump().substr(0, 300);
  EXPECT_EQ(rig.stop_daemon(), 0);
}

void Soak::print_figures() {
  const Json report = rig.report();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun_);
  printf("%lld s, of which %lld s of storm\n", static_cast<long long>(seconds.count()),
         static_cast<long long>(options.time.count()));
  for (const auto& [what, times] : happened_) printf("  %-26s %6d\n", what.c_str(), times);
  printf("harvests checked: %llu\n", static_cast<unsigned long long>(tally_.harvests));
  for (const auto& [shape, times] : finished_) printf("  %-26s %6d\n", shape.c_str(), times);
  printf("outcomes %llu, files %llu\n", static_cast<unsigned long long>(tally_.outcomes),
         static_cast<unsigned long long>(tally_.files));
  printf("logins %llu, found by second looks %llu\n", report["logins"].get<unsigned long long>(),
         static_cast<unsigned long long>(found_again_));
  printf("requests: %llu of products, %llu of TAP, %llu jobs run; the daemon took %llu MiB at most\n",
         report["requests"].get<unsigned long long>(), report["tap"]["requests"].get<unsigned long long>(),
         report["tap"]["jobs_run"].get<unsigned long long>(), static_cast<unsigned long long>(most_memory_kib_ >> 10));
  std::map<std::string, std::uint64_t> faults = report["faults"];
  for (const auto& [fault, times] : report["tap"]["faults"].items())
    faults["tap " + fault] += times.get<std::uint64_t>();
  for (const auto& [fault, times] : faults)
    printf("  %-26s %6llu\n", fault.c_str(), static_cast<unsigned long long>(times));
  printf("lost %llu, doubled %llu, wrong %llu\n", static_cast<unsigned long long>(tally_.lost),
         static_cast<unsigned long long>(tally_.doubled), static_cast<unsigned long long>(tally_.wrong));
}

}  // namespace garner::soak
