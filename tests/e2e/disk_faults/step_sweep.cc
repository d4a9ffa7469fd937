#include "step_sweep.h"

#include <algorithm>
#include <cstdlib>

namespace garner::e2e {

std::vector<std::uint64_t> points_of_sweep(std::uint64_t steps, std::uint64_t points, const std::string& name) {
  const char* sweep = std::getenv("GARNER_SWEEP");
  const bool whole = sweep != nullptr && std::string_view(sweep) == "full";
  const std::uint64_t stride = whole ? 1 : std::max<std::uint64_t>(steps / points, 1);
  std::vector<std::uint64_t> out;
  for (std::uint64_t n = 1 + std::hash<std::string>{}(name) % stride; n < steps; n += stride) out.push_back(n);
  return out;
}

void begin_anew(Rig& rig) {
  rig.daemon().kill_now();
  for (const std::string name : {"state", "output"}) fs::remove_all(rig.root() / name);
  fs::create_directory(rig.root() / "output");
}

bool has_or_takes(Rig& rig, const std::string& harvest, const fs::path& manifest) {
  const Ran ran = rig.garner({"status", harvest});
  if (ran.exit_code == 0) return true;
  if (ran.err.find("no harvest is called") == std::string::npos) return false;  // nobody answers
  fs::remove_all(rig.output(harvest));
  return rig.garner({"submit", manifest.string()}).exit_code == 0;
}

Life live_until(Rig& rig, DiskFaults& faults, std::uint64_t n, const std::string& harvest, const fs::path& manifest,
                bool with_shadow) {
  rig.daemon().kill_now();
  faults.die_at(n);
  Life life;
  Child daemon({rig.garnerd_path, "--config", (rig.root() / "garnerd.yaml").string()}, faults.environment(with_shadow),
               rig.root() / "garnerd-dying.log");
  wait_until([&] { return !daemon.running() || rig.garner({"list"}).exit_code == 0; });
  life.known = daemon.running() && has_or_takes(rig, harvest, manifest);
  wait_until([&] {
    if (!daemon.running()) return true;
    const Ran ran = rig.garner({"status", harvest, "--json"});
    return ran.exit_code == 0 && Json::parse(ran.out)["state"] == "finished";
  });
  life.died = !daemon.running();
  daemon.kill_now();
  faults.die_at(0);
  return life;
}

}  // namespace garner::e2e
