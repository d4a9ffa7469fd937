// From the start of a daemon, killed with SIGKILL before, to its first request, with a million chunks pending.
#include "figures.h"
#include "silent_archive.h"

namespace garner::bench {

void measure_restart(const Options& options, Table& table) {
  constexpr std::uint32_t kChunk = 10;
  const std::uint64_t chunks = options.quick ? 100'000 : 1'000'000;
  const int rounds = std::max(3, options.rounds);
  const fs::path folder = fresh_folder(options, "restart");
  write_ids(folder / "ids.txt", chunks * kChunk, 5);

  SilentArchive archive;
  Daemon daemon(options, folder / "daemon", fmt::format("http://127.0.0.1:{}", archive.port()));
  daemon.start();
  daemon.wait_until_it_answers();
  daemon.submit("many", folder / "ids.txt", "zip", kChunk);
  if (!archive.wait_for_request(now_s() + 60)) give_up("garnerd asks nothing");
  const auto pending = daemon.status("many").chunks_total - daemon.status("many").chunks_done;

  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    daemon.kill();
    archive.forget();
    const double begin = now_s();
    daemon.start();
    const auto asked = archive.wait_for_request(begin + 60);
    if (!asked) give_up("the restarted garnerd asks nothing");
    times.push_back(*asked - begin);
  }
  daemon.kill();
  fs::remove_all(folder);
  table.add(fmt::format("start to first request, {} chunks pending, after SIGKILL", pending), median(times),
            Bound::AtMost, 1, "s", 3, spread(times, 3) + "; files in the page cache");
}

}  // namespace garner::bench
