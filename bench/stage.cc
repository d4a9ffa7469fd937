#include "stage.h"

#include <unistd.h>

#include <thread>

#include "archive_sim/ids.h"

namespace garner::bench {

namespace {

void nap(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

std::string with_base_url(std::string profile, const std::string& url) {
  const std::string key = "\nbase_url:";
  const auto at = profile.find(key);
  if (at == std::string::npos) give_up("the archive profile has no base_url");
  return profile.replace(at, profile.find('\n', at + 1) - at, key + " " + url);
}

}  // namespace

SimulatedArchive::SimulatedArchive(const Options& options, const fs::path& folder,
                                   const std::vector<std::string>& arguments)
    : folder_(folder) {
  const fs::path port = folder / "archive.port";
  std::vector<std::string> words{options.simulator, "--port-file", port};
  words.insert(words.end(), arguments.begin(), arguments.end());
  process_ = Child(words, folder / "archive.log");
  while (!fs::exists(port)) {
    if (!process_.running()) give_up("garner-archive-sim ended: " + read_file(folder / "archive.log"));
    nap(20);
  }
  auto digits = read_file(port);
  digits.erase(digits.find_last_not_of('\n') + 1);
  url_ = "http://127.0.0.1:" + digits;
}

nlohmann::json SimulatedArchive::call(std::string_view path, std::optional<std::string_view> post) const {
  const fs::path reply = folder_ / "archive.reply";
  std::vector<std::string> words{"curl", "-sSf", "-o", reply, url_ + std::string(path)};
  if (post) words.insert(words.end(), {"--data", std::string(*post)});
  run(words, folder_ / "curl.log");
  return nlohmann::json::parse(read_file(reply), nullptr, false);
}

nlohmann::json SimulatedArchive::report() const {
  return call("/sim/report", std::nullopt);
}
void SimulatedArchive::reset() const {
  call("/sim/reset", "");
}
void SimulatedArchive::set_knobs(std::string_view json) const {
  call("/sim/knobs", json);
}

Daemon::Daemon(const Options& options, fs::path folder, const std::string& archive_url)
    : options_(options), folder_(std::move(folder)), socket_(folder_ / "garnerd.sock") {
  fs::create_directories(folder_ / "output");
  fs::create_directories(folder_ / "archives");
  write_file(folder_ / "archives/gaia.yaml", with_base_url(read_file(options.profile), archive_url));
  write_file(folder_ / "garnerd.yaml",
             fmt::format("state_directory: {0}/state\nsocket: {0}/garnerd.sock\noutput_roots: "
                         "[{0}/output]\narchives_directory: {0}/archives\n",
                         folder_.string()));
}

void Daemon::start() {
  process_ = Child({options_.garnerd, "--config", folder_ / "garnerd.yaml"}, folder_ / "garnerd.log");
}

void Daemon::wait_until_it_answers() {
  const double until = now_s() + 60;
  while (!client().daemon()) {
    if (!process_.running() || now_s() > until)
      give_up("garnerd does not answer; see " + (folder_ / "garnerd.log").string());
    nap(5);
  }
}

Cost Daemon::submit(const std::string& harvest, const fs::path& ids, std::string_view layout,
                    std::uint32_t chunk_size) const {
  return submit_manifest(harvest, layout,
                         fmt::format("sources: {{file: {}}}\nretrieval_types: RVS\nformat: votable\nchunk_size: {}\n",
                                     ids.string(), chunk_size));
}

Cost Daemon::submit_manifest(const std::string& harvest, std::string_view layout, std::string_view lines) const {
  const fs::path manifest = folder_ / (harvest + ".yaml");
  write_file(manifest, fmt::format("harvest: {}\narchive: gaia\nrelease: Gaia DR3\n{}output: {{directory: {}, layout: "
                                   "{}}}\n",
                                   harvest, lines, output(harvest).string(), layout));
  return run({options_.garner, "--socket", socket_, "submit", manifest}, folder_ / "garner.log");
}

harvest::HarvestStatus Daemon::wait_until_finished(const std::string& harvest) const {
  const double until = now_s() + 3600;
  while (true) {
    auto now = status(harvest);
    if (now.state == "finished") return now;
    if (now.state == "blocked" || now.state == "cancelled" || now_s() > until) {
      give_up(fmt::format("{} is {}: {} {}", harvest, now.state, now.waiting_for, now.last_trouble));
    }
    nap(now.pending * 5 > now.requested ? 100 : 10);  // asking costs the daemon CPU that is being measured
  }
}

void write_ids(const fs::path& path, std::uint64_t count, std::uint64_t seed) {
  std::string lines;
  lines.reserve(count * 20);
  archive_sim::each_sorted_id({count, seed, 0}, [&lines](std::uint64_t id) {
    lines += std::to_string(id);
    lines += '\n';
  });
  write_file(path, lines);
}

fs::path fresh_folder(const Options& options, std::string_view name) {
  const fs::path folder = options.work / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

void settle_disk() {
  sync();
}

}  // namespace garner::bench
