// What a figure plays on: the programs under test, a folder of its own, a simulated archive and a daemon that asks it.
// One thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "control/client.h"
#include "process.h"

namespace garner::bench {

struct Options {
  fs::path garner, garnerd, simulator;  // the programs
  fs::path profile;                     // conf/archives/gaia.yaml
  fs::path work;                        // emptied at the start of each figure
  bool quick = false;                   // sizes a tenth or less: to see that it runs, not to judge by
  int rounds = 3;
};

class SimulatedArchive {
 public:
  // Returns when it listens, which it does once everything is made that the arguments ask to be made beforehand.
  SimulatedArchive(const Options& options, const fs::path& folder, const std::vector<std::string>& arguments);

  const std::string& url() const { return url_; }
  double cpu_s() const { return process_.cpu_s(); }
  nlohmann::json report() const;
  void reset() const;
  void set_knobs(std::string_view json) const;

 private:
  nlohmann::json call(std::string_view path, std::optional<std::string_view> post) const;

  fs::path folder_;
  Child process_;
  std::string url_;
};

// A daemon with an empty state. The folder holds everything of it: state, output, logs, manifests.
class Daemon {
 public:
  Daemon(const Options& options, fs::path folder, const std::string& archive_url);

  // Returns as soon as the process exists.
  void start();
  void wait_until_it_answers();
  void kill() { process_.end(9); }
  void stop() { process_.end(15); }

  // Runs `garner submit`; what that took.
  Cost submit(const std::string& harvest, const fs::path& ids, std::string_view layout,
              std::uint32_t chunk_size = 500) const;
  // A manifest's lines behind those that all have: harvest, archive, release, output.
  Cost submit_manifest(const std::string& harvest, std::string_view layout, std::string_view lines) const;
  harvest::HarvestStatus status(const std::string& harvest) const { return must(client().status(harvest)); }
  // Asks now and then, near the end every 10 ms; gives up if the harvest is blocked or does not end within an hour.
  harvest::HarvestStatus wait_until_finished(const std::string& harvest) const;

  control::Client client() const { return control::Client(socket_); }
  const Child& process() const { return process_; }
  fs::path output(const std::string& harvest) const { return folder_ / "output" / harvest; }
  const fs::path& folder() const { return folder_; }

 private:
  const Options& options_;
  fs::path folder_;
  std::string socket_;
  Child process_;
};

// So many ids of that sky, ascending, a line each.
void write_ids(const fs::path& path, std::uint64_t count, std::uint64_t seed);
// An empty folder below options.work.
fs::path fresh_folder(const Options& options, std::string_view name);
// So that nobody pays for another's dirty pages.
void settle_disk();

}  // namespace garner::bench
