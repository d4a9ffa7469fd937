// 100 million ids from `garner submit` to a harvest in the ledger. Nothing listens where the archive should be, so that
// nothing else goes on.
#include "figures.h"
#include "silent_archive.h"

namespace garner::bench {

namespace {

void ingest(const Options& options, bool sorted, double target, Table& table) {
  const std::uint64_t count = options.quick ? 5'000'000 : 100'000'000;
  const fs::path folder = fresh_folder(options, "ingest");
  const fs::path ids = folder / "ids.txt";
  progress(fmt::format("writing {} million {} ids", count / 1'000'000, sorted ? "sorted" : "shuffled"));
  std::vector<std::string> words{options.simulator, "ids", "--count", std::to_string(count), "--seed", "7"};
  if (sorted) words.push_back("--sorted");
  run(words, ids);

  Daemon daemon(options, folder / "daemon", fmt::format("http://127.0.0.1:{}", closed_port()));
  daemon.start();
  daemon.wait_until_it_answers();
  settle_disk();
  const double memory_before = daemon.process().peak_memory_mib(), cpu_before = daemon.process().cpu_s();
  const Cost cli = daemon.submit("many", ids, "zip");
  const double daemon_cpu = daemon.process().cpu_s() - cpu_before;
  const auto status = daemon.status("many");
  if (status.sources != count) give_up(fmt::format("{} of {} sources were taken", status.sources, count));
  must(daemon.client().cancel("many"));
  must(daemon.client().remove("many", false));
  const double memory = daemon.process().peak_memory_mib();

  const auto what = fmt::format("ingest of {} million {} ids", count / 1'000'000, sorted ? "sorted" : "shuffled");
  table.add(what + ": rate", static_cast<double>(count) / cli.wall_s / 1e6, Bound::AtLeast, target, "million/s", 2,
            fmt::format("{:.1f} s wall; CPU: garner {:.1f} s, garnerd {:.1f} s", cli.wall_s, cli.cpu_s, daemon_cpu));
  table.add(what + ": the daemon's peak memory (VmHWM)", memory, Bound::AtMost, 256, "MiB", 0,
            fmt::format("{:.0f} before", memory_before));
  daemon.stop();
  fs::remove_all(folder);
}

}  // namespace

void measure_ingest(const Options& options, Table& table) {
  ingest(options, true, 5, table);
  ingest(options, false, 2, table);
}

}  // namespace garner::bench
