// Rows of a TAP table for a million ids, by IN lists of a thousand: whether anything but the archive's latency counts.
#include "figures.h"

namespace garner::bench {

void measure_rows(const Options& options, Table& table) {
  constexpr double kLatency = 0.3, kInFlight = 4;
  constexpr std::uint64_t kIdsAList = 1000, kSeed = 1;
  const std::uint64_t ids = options.quick ? 20'000 : 1'000'000;
  const fs::path folder = fresh_folder(options, "rows");
  write_ids(folder / "ids.txt", ids, kSeed);
  write_file(folder / "knobs.json",
             fmt::format(R"({{"sky_sources": {}, "sky_seed": {}, "tap": {{"latency": {{"a_s": {}}}}}}})", ids, kSeed,
                         kLatency));
  SimulatedArchive archive(options, folder, {"--config", folder / "knobs.json"});
  Daemon daemon(options, folder / "daemon", archive.url());
  daemon.start();
  daemon.wait_until_it_answers();
  settle_disk();

  const double archive_cpu = archive.cpu_s(), daemon_cpu = daemon.process().cpu_s(), begin = now_s();
  daemon.submit_manifest(
      "rows", "tar.zst",
      fmt::format("kind: rows\nsources: {{file: {}}}\ntables: {{table: gaiadr3.gaia_source, columns: [ra, dec, "
                  "parallax, pmra, pmdec, phot_g_mean_mag]}}\nupload: never\nmode: sync\nchunk_size: {}\n",
                  (folder / "ids.txt").string(), kIdsAList));
  const double submitted = now_s() - begin;
  const auto status = daemon.wait_until_finished("rows");
  const double wall = now_s() - begin, daemon_s = daemon.process().cpu_s() - daemon_cpu,
               archive_s = archive.cpu_s() - archive_cpu;
  const auto concurrency = archive.report().at("tap").value("highest_concurrency", 0);
  if (status.delivered != ids) give_up(fmt::format("rows of {} of {} sources were delivered", status.delivered, ids));
  const double requests = std::ceil(static_cast<double>(ids) / kIdsAList);
  const double least = std::ceil(requests / kInFlight) * kLatency;
  table.add(fmt::format("`rows` for {} ids by IN lists of {}, sync, 300 ms a request, 4 in flight: wall against "
                        "ceil(requests / 4) × latency",
                        ids, kIdsAList),
            wall / least, Bound::AtMost, 1.05, "×", 3,
            fmt::format("{:.2f} s against {:.2f} s, {:.0f} requests, at most {} at a time; `garner submit` {:.2f} s of "
                        "it; garnerd {:.1f} s of "
                        "CPU, the simulator {:.1f}",
                        wall, least, requests, concurrency, submitted, daemon_s, archive_s));
  daemon.stop();
  fs::remove_all(folder);
}

}  // namespace garner::bench
