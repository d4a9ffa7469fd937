// Real processes for end-to-end tests: a simulated archive, a daemon and the CLI in a folder of their own, on loopback.
// Everything ends with the Rig. Waiting means watching a condition until a generous deadline, never a fixed time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace garner::e2e {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Ran {
  int exit_code = -1;  // 128 + signal if it was killed
  std::string out, err;
};

// Runs a program to its end.
Ran run(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {},
        const std::string& input = {}, const fs::path& directory = {});

// A process that goes on; killed if still there at the end.
class Child {
 public:
  Child() = default;
  Child(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
        const fs::path& log);
  Child(Child&& other) noexcept { *this = std::move(other); }
  Child& operator=(Child&& other) noexcept;
  ~Child();

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // Its exit code (128 + signal), or nothing if it does not end in time.
  std::optional<int> wait(std::chrono::seconds most = std::chrono::seconds(60));
  void kill_now();

 private:
  void reap(bool block);
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// True as soon as the condition holds.
bool wait_until(const std::function<bool()>& condition, std::chrono::seconds most = std::chrono::seconds(60));

std::string read_file(const fs::path& path);
void write_file(const fs::path& path, const std::string& text);
// Every file below, relative, sorted, without what lies in .garner.
std::vector<std::string> visible_files(const fs::path& directory);

struct SimulatorOptions {
  Json knobs = Json::object();
  std::vector<std::string> arguments = {};  // more of them
  bool tls = false;
  std::string certificate = {}, key = {};  // PEM files, with tls
  std::string port = "0";                  // a certain one where it must be the same again
};

class Rig {
 public:
  Rig();
  ~Rig();

  const fs::path& root() const { return root_; }
  fs::path output(const std::string& harvest) const { return root_ / "output" / harvest; }

  void start_simulator(const SimulatorOptions& options = {});
  void set_knobs(const Json& knobs) { simulator_post("/sim/knobs", knobs.dump()); }
  // Asks the simulator's own pages.
  std::string simulator_get(const std::string& path);
  void simulator_post(const std::string& path, const std::string& body);
  Json report() { return Json::parse(simulator_get("/sim/report")); }
  // source_id -> times asked.
  std::map<std::string, int> asked(const std::string& type);
  // Real-looking ids, unsorted.
  std::vector<std::string> make_ids(std::size_t count, int seed = 1);
  std::string product(const std::string& id, const std::string& type, const std::string& format,
                      const std::string& structure = "INDIVIDUAL");

  // conf/archives/gaia.yaml with the simulator's address and quick retries; `replace` are further keys, at whatever
  // depth, with their values.
  void write_profile(const std::map<std::string, std::string>& replace = {});
  // `more` stands behind the keys that every test needs.
  void write_config(const std::string& more = {});
  void start_daemon(const std::map<std::string, std::string>& environment = {});
  // SIGTERM, and its exit code.
  std::optional<int> stop_daemon();
  Child& daemon() { return daemon_; }
  Child& simulator() { return simulator_; }
  std::string daemon_log() { return read_file(root_ / "garnerd.log"); }

  // What the CLI keeps of its user.
  fs::path state_home() const { return root_ / "state-home"; }
  Ran garner(std::vector<std::string> arguments, const std::string& input = {});
  Json status(const std::string& harvest);
  // False as soon as it rests in another state.
  bool wait_for_state(const std::string& harvest, const std::string& state,
                      std::chrono::seconds most = std::chrono::seconds(90));
  // The lines of `garner sources`, cut at the tabs.
  std::vector<std::vector<std::string>> sources(const std::string& harvest, const std::string& outcome);
  std::set<std::string> source_ids(const std::string& harvest, const std::string& outcome,
                                   const std::string& type = {});
  // Submits and expects that it was taken.
  void submit(const fs::path& manifest);

  // NAME.yaml and NAME.ids in root(); returns the manifest's path.
  fs::path write_manifest(const std::string& name, const std::vector<std::string>& ids, const std::string& more);

  std::string garner_path, garnerd_path, simulator_path;
  std::string base_url;

 private:
  fs::path root_;
  Child simulator_, daemon_;
};

}  // namespace garner::e2e
