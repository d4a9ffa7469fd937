// 20,000 RVS products from the simulator, by garnerd and by the tools that people have, side by side on the same
// machine in the same run.
#include <thread>

#include "archive_sim/ids.h"
#include "figures.h"
#include "http/transport.h"
#include "primitives.h"

namespace garner::bench {

namespace {

constexpr std::size_t kChunk = 500;

// One harvest by garnerd, from `garner submit` to "finished".
struct Harvested {
  double wall_s = 0, daemon_cpu_s = 0, cli_cpu_s = 0, archive_cpu_s = 0;
  double bytes_stored = 0;
};

// One round of curl, unzip -t and sha256sum over the same replies.
struct Baseline {
  Cost curl, unzip, sha256sum;
  double wall_s() const { return curl.wall_s + unzip.wall_s + sha256sum.wall_s; }
  double cpu_s() const { return curl.cpu_s + unzip.cpu_s + sha256sum.cpu_s; }
};

// Seconds: of each call, and how much too late each pause between calls ended, which is nobody's fault but the
// machine's.
struct StatusTimes {
  std::vector<double> calls, late;
};

double quantile_ms(std::vector<double> seconds, double part) {
  if (seconds.empty()) give_up("the harvest was over before its status could be asked");
  std::ranges::sort(seconds);
  return seconds[static_cast<std::size_t>(part * static_cast<double>(seconds.size() - 1))] * 1e3;
}

class HarvestBench {
 public:
  explicit HarvestBench(const Options& options)
      : options_(options),
        folder_(fresh_folder(options, "harvest")),
        ids_(make_ids(options.quick ? 4000 : 20'000)),
        archive_(prepare()) {}

  void harvest_figure(Table& table) {
    std::vector<double> wall, cpu, archive_share;
    std::string last;
    for (int round = 0; round < options_.rounds; ++round) {
      const Harvested ours = harvest("zip");
      const Baseline theirs = baseline();
      zip_runs_.push_back(ours);
      wall.push_back(ours.wall_s / theirs.wall_s());
      cpu.push_back((ours.daemon_cpu_s + ours.cli_cpu_s) / theirs.cpu_s());
      archive_share.push_back(ours.archive_cpu_s / (ours.archive_cpu_s + ours.daemon_cpu_s + ours.cli_cpu_s));
      last = fmt::format(
          "garner {:.2f} s wall, {:.2f} s CPU; curl {:.2f}/{:.2f}, unzip -t {:.2f}/{:.2f}, sha256sum {:.2f}/{:.2f}",
          ours.wall_s, ours.daemon_cpu_s + ours.cli_cpu_s, theirs.curl.wall_s, theirs.curl.cpu_s, theirs.unzip.wall_s,
          theirs.unzip.cpu_s, theirs.sha256sum.wall_s, theirs.sha256sum.cpu_s);
      progress(fmt::format("round {}: {}", round + 1, last));
    }
    const auto what = fmt::format("harvest of {} RVS, `zip`, against curl + unzip -t + sha256sum", ids_.size());
    table.add(what + ": wall", median(wall), Bound::AtMost, 0.5, "×", 2,
              fmt::format("{}; last: {}", spread(wall, 2), last));
    table.add(what + ": CPU", median(cpu), Bound::AtMost, 0.4, "×", 2,
              fmt::format("{}; the simulator's share of garnerd's run: {:.0f} %", spread(cpu, 2),
                          100 * median(archive_share)));
  }

  void latency_figure(Table& table) {
    constexpr double kFixed = 0.3, kPerId = 0.002, kInFlight = 4;
    archive_.set_knobs(fmt::format(R"({{"latency": {{"a_s": {}, "b_s_per_id": {}, "c_s_per_kib": 0, "spread": 1}}}})",
                                   kFixed, kPerId));
    const Harvested ours = harvest("zip");
    archive_.set_knobs(R"({"latency": {"a_s": 0, "b_s_per_id": 0, "c_s_per_kib": 0, "spread": 1}})");
    const double requests = std::ceil(static_cast<double>(ids_.size()) / kChunk);
    const double least = std::ceil(requests / kInFlight) * (kFixed + kPerId * kChunk);
    table.add(
        "300 ms + 2 ms an id of latency, 4 in flight: wall against ceil(requests / 4) × latency", ours.wall_s / least,
        Bound::AtMost, 1.05, "×", 3,
        fmt::format(
            "{:.2f} s against {:.2f} s, {:.0f} requests; highest concurrency {}; the simulator's CPU share {:.0f} %",
            ours.wall_s, least, requests, highest_concurrency_,
            100 * ours.archive_cpu_s / (ours.archive_cpu_s + ours.daemon_cpu_s)));
  }

  void primitives_figure(Table& table) {
    if (zip_runs_.empty()) zip_runs_.push_back(harvest("zip"));
    if (!fs::exists(replies() / "0.zip")) baseline();
    std::vector<double> zip_cpu, tar_cpu;
    for (const auto& run : zip_runs_) zip_cpu.push_back(run.daemon_cpu_s);
    const auto primitives = measure_primitives(reply_files());
    for (int round = 0; round < options_.rounds; ++round) tar_cpu.push_back(harvest("tar.zst").daemon_cpu_s);
    const auto again =
        measure_primitives(reply_files());  // before and after, so that a busy moment does not flatter us

    const double mb = primitives.product_bytes / 1e6;
    const auto a_mb = [mb](double seconds) { return 1e3 * seconds / mb; };
    const double zip = std::min(primitives.zip_s(), again.zip_s()),
                 tar = std::min(primitives.tar_zst_s(), again.tar_zst_s());
    table.add("CPU a MB of product against its primitives, `zip`", median(zip_cpu) / zip, Bound::AtMost, 1.5, "×", 2,
              fmt::format("{:.2f} ms a MB ({}); primitives {:.2f} (inflate {:.2f}, CRC {:.2f}, SHA-256 {:.2f}, expat "
                          "{:.2f}); {:.0f} MB of products",
                          a_mb(median(zip_cpu)), spread(zip_cpu, 2) + ", s", a_mb(zip), a_mb(primitives.inflate_s),
                          a_mb(primitives.crc_s), a_mb(primitives.sha256_s), a_mb(primitives.expat_s), mb));
    table.add(
        "the same, `tar.zst`", median(tar_cpu) / tar, Bound::AtMost, 1.5, "×", 2,
        fmt::format("{:.2f} ms a MB ({}); primitives {:.2f} (zstd {:.2f}, SHA-256 {:.2f})", a_mb(median(tar_cpu)),
                    spread(tar_cpu, 2) + ", s", a_mb(tar), a_mb(primitives.zstd_s), a_mb(primitives.sha256_of_zstd_s)));
  }

  void status_figure(Table& table) {
    StatusTimes all;
    std::vector<double> tails;
    double rate = 0;
    for (int round = 0; round < options_.rounds; ++round) {
      StatusTimes one;
      rate = static_cast<double>(ids_.size()) / harvest("zip", &one).wall_s;
      tails.push_back(quantile_ms(one.calls, 0.99));
      all.calls.insert(all.calls.end(), one.calls.begin(), one.calls.end());
      all.late.insert(all.late.end(), one.late.begin(), one.late.end());
    }
    table.add("`status` p99 while harvesting at full speed", quantile_ms(all.calls, 0.99), Bound::AtMost, 5, "ms", 2,
              fmt::format("{} calls, median {:.2f}, worst {:.2f}; p99 by round {}; {:.0f} sources/s meanwhile; this "
                          "machine's own lateness, p99 of a "
                          "2 ms sleep: {:.2f} ms",
                          all.calls.size(), quantile_ms(all.calls, 0.5), quantile_ms(all.calls, 1), spread(tails, 2),
                          rate, quantile_ms(all.late, 0.99)));
  }

 private:
  static std::vector<std::uint64_t> make_ids(std::uint64_t count) {
    std::vector<std::uint64_t> ids;
    archive_sim::each_sorted_id({count, 4, 0}, [&ids](std::uint64_t id) { ids.push_back(id); });
    return ids;
  }

  SimulatedArchive prepare() {
    std::string lines;
    for (const auto id : ids_) lines += std::to_string(id) + "\n";
    write_file(folder_ / "ids.txt", lines);
    progress(fmt::format("the simulator makes {} RVS products", ids_.size()));
    SimulatedArchive archive(
        options_, folder_,
        {"--seed", "4", "--prepare", folder_ / "ids.txt", "--prepare-types", "RVS", "--prepare-format", "votable"});
    write_requests(archive.url());
    return archive;
  }

  // What garnerd asks, for curl.
  void write_requests(const std::string& url) {
    fs::create_directories(folder_ / "requests");
    fs::create_directories(replies());
    std::string config = "silent\nshow-error\nfail\nparallel\nparallel-max = 4\n";
    for (std::size_t at = 0; at < ids_.size(); at += kChunk) {
      const auto chunk = std::span(ids_).subspan(at, std::min(kChunk, ids_.size() - at));
      const auto number = std::to_string(at / kChunk);
      write_file(folder_ / "requests" / number, http::form_encode({{"VALID_DATA", "false"},
                                                                   {"ID", fmt::format("{}", fmt::join(chunk, ","))},
                                                                   {"RELEASE", "Gaia DR3"},
                                                                   {"DATA_STRUCTURE", "INDIVIDUAL"},
                                                                   {"FORMAT", "votable"},
                                                                   {"RETRIEVAL_TYPE", "RVS"},
                                                                   {"USE_ZIP_ALWAYS", "true"}}));
      if (at > 0) config += "next\n";
      config += fmt::format("url = \"{}/data-server/data\"\ndata = \"@{}/requests/{}\"\noutput = \"{}/{}.zip\"\n", url,
                            folder_.string(), number, replies().string(), number);
    }
    write_file(folder_ / "curl.config", config);
  }

  fs::path replies() const { return folder_ / "replies"; }
  std::vector<fs::path> reply_files() const {
    std::vector<fs::path> files;
    for (std::size_t at = 0; at < ids_.size(); at += kChunk)
      files.push_back(replies() / fmt::format("{}.zip", at / kChunk));
    return files;
  }

  Baseline baseline() {
    fs::remove_all(replies());
    fs::create_directories(replies());
    settle_disk();
    const auto log = folder_ / "baseline.log";
    Baseline cost;
    cost.curl = run({"curl", "--config", folder_ / "curl.config"}, log);
    cost.unzip =
        run({"sh", "-c", "for reply in \"$0\"/*.zip; do unzip -tqq \"$reply\" || exit 1; done", replies()}, log);
    cost.sha256sum = run({"sh", "-c", "sha256sum \"$0\"/*.zip >\"$0\"/SHA256SUMS", replies()}, log);
    return cost;
  }

  // With `status_times`, status is asked all the while, every 2 ms, by a thread of its own.
  Harvested harvest(std::string_view layout, StatusTimes* status_times = nullptr) {
    Daemon daemon(options_, fresh_folder(options_, "daemon"), archive_.url());
    daemon.start();
    daemon.wait_until_it_answers();
    archive_.reset();
    settle_disk();
    const double archive_cpu = archive_.cpu_s(), daemon_cpu = daemon.process().cpu_s(), begin = now_s();
    Harvested out;
    out.cli_cpu_s = daemon.submit("rvs", folder_ / "ids.txt", layout).cpu_s;
    std::jthread asker;
    if (status_times != nullptr)
      asker = std::jthread([&daemon, status_times](std::stop_token stop) { ask_status(daemon, stop, *status_times); });
    const auto status = daemon.wait_until_finished("rvs");
    out.wall_s = now_s() - begin;
    out.daemon_cpu_s = daemon.process().cpu_s() - daemon_cpu;
    out.archive_cpu_s = archive_.cpu_s() - archive_cpu;
    out.bytes_stored = static_cast<double>(status.bytes_stored);
    asker = {};
    if (status.delivered != ids_.size())
      give_up(fmt::format("{} of {} products were delivered", status.delivered, ids_.size()));
    highest_concurrency_ = archive_.report().value("highest_concurrency", 0);
    daemon.stop();
    fs::remove_all(daemon.folder());
    return out;
  }

  static void ask_status(const Daemon& daemon, const std::stop_token& stop, StatusTimes& times) {
    constexpr double kPause = 0.002;
    while (!stop.stop_requested()) {
      const double begin = now_s();
      if (daemon.status("rvs").state == "finished") return;
      const double answered = now_s();
      std::this_thread::sleep_for(std::chrono::duration<double>(kPause));
      times.calls.push_back(answered - begin);
      times.late.push_back(now_s() - answered - kPause);
    }
  }

  const Options& options_;
  const fs::path folder_;
  const std::vector<std::uint64_t> ids_;
  SimulatedArchive archive_;
  std::vector<Harvested> zip_runs_;
  int highest_concurrency_ = 0;
};

}  // namespace

void measure_harvests(const Options& options, const std::set<std::string>& wanted, Table& table) {
  HarvestBench bench(options);
  if (wanted.contains("harvest")) bench.harvest_figure(table);
  if (wanted.contains("primitives")) bench.primitives_figure(table);
  if (wanted.contains("status")) bench.status_figure(table);
  if (wanted.contains("latency")) bench.latency_figure(table);
}

}  // namespace garner::bench
