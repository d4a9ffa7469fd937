#include "tap_rig.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "disk.h"

namespace garner::e2e {

void TapRig::start(const Json& tap, const Json& more, std::map<std::string, std::string> profile) {
  if (!more.empty()) knobs.update(more);
  if (!tap.empty()) knobs["tap"] = tap;
  rig.start_simulator({.knobs = knobs});
  profile.insert({{"poll_first_s", "0.05"}, {"poll_most_s", "0.2"}});
  rig.write_profile(profile);
  rig.start_daemon();
}

const TrueSky& TapRig::sky() {
  if (!sky_) sky_ = std::make_unique<TrueSky>(knobs);
  return *sky_;
}

std::vector<std::string> TapRig::ids_of_sky(std::size_t count) {
  auto ids = rig.make_ids(knobs["sky_sources"]);
  EXPECT_LE(count, ids.size());
  ids.resize(count);
  return ids;
}

std::vector<std::string> TapRig::unknown_ids(std::size_t count) {
  std::vector<std::string> ids;
  std::istringstream lines(rig.simulator_get(fmt::format("/sim/ids?n={}&seed=78&absent=1", count)));
  for (std::string line; std::getline(lines, line);) ids.push_back(line);
  EXPECT_EQ(ids.size(), count);
  return ids;
}

fs::path TapRig::manifest(const std::string& name, const std::string& rest) {
  const fs::path path = rig.root() / (name + ".yaml");
  std::string text = "harvest: " + name + "\narchive: gaia\nrelease: Gaia DR3\n" + rest;
  if (text.find("output:") == std::string::npos) text += "output: {directory: " + rig.output(name).string() + "}\n";
  write_file(path, text);
  return path;
}

void TapRig::finish(const fs::path& manifest, const std::string& name) {
  rig.submit(manifest);
  if (HasFatalFailure()) return;
  ASSERT_TRUE(rig.wait_for_state(name, "finished"));
}

std::vector<Json> TapRig::lines_of_json(const std::string& page) {
  std::vector<Json> out;
  std::istringstream lines(rig.simulator_get(page));
  for (std::string line; std::getline(lines, line);) out.push_back(Json::parse(line));
  return out;
}

std::size_t TapRig::requests(const std::string& endpoint) {
  return tap_report()["requests_by_endpoint"].value(endpoint, std::size_t{0});
}

void TapRig::expect_rows(const std::string& name, const std::string& folder, const std::string& adql) {
  SCOPED_TRACE(name + "/" + folder);
  const Cells truth = sky().ask(adql);
  expect_same_rows(truth, read_harvest(rig.output(name), folder, truth.kinds));
}

void TapRig::expect_outcomes(const std::string& name, const std::string& table, const std::vector<std::string>& ids) {
  SCOPED_TRACE(name + "/" + table);
  const auto have = sky().ids_in(table + " WHERE source_id IN " + in_list(ids));
  std::set<std::string> absent(ids.begin(), ids.end());
  for (const auto& id : have) absent.erase(id);
  EXPECT_TRUE(rig.source_ids(name, "delivered", table) == have);
  EXPECT_TRUE(rig.source_ids(name, "absent", table) == absent);
}

// The last one may go after the end is recorded.
void TapRig::expect_no_job_is_left() {
  wait_until([this] {
    return std::ranges::all_of(jobs(), [](const Json& job) { return job["runs"] == 0 || job["deleted"] == true; });
  });
  for (const Json& job : jobs())
    if (job["runs"] != 0) EXPECT_EQ(job["deleted"], true) << job.dump().substr(0, 300);
}

void TapRig::expect_jobs_ran_once_and_are_gone() {
  expect_no_job_is_left();
  std::set<std::string> ran;
  for (const Json& job : jobs()) {
    if (job["runs"] == 0) continue;  // the daemon was killed before it was written down: it never runs
    EXPECT_NE(job["run_id"], "");
    const std::string what = job["run_id"].get<std::string>() + " " + job["query"].get<std::string>();
    EXPECT_TRUE(ran.insert(what).second) << "two jobs ran " << what.substr(0, 300);
  }
}

std::string in_list(const std::vector<std::string>& ids) {
  return fmt::format("({})", fmt::join(ids, ","));
}

}  // namespace garner::e2e
