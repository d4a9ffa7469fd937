// What the end-to-end tests of kinds rows and query share: an archive with a small sky, what that sky truly holds, and
// what the archive was asked.
#pragma once

#include <gtest/gtest.h>

#include "true_sky.h"

namespace garner::e2e {

class TapRig : public ::testing::Test {
 protected:
  static constexpr std::size_t kSky = 6000;

  // Simulator and daemon. `tap`: the knobs of TAP; `more`: other knobs; `profile`: as Rig::write_profile().
  void start(const Json& tap = Json::object(), const Json& more = Json::object(),
             std::map<std::string, std::string> profile = {});
  void tap_knobs(const Json& tap) { rig.set_knobs({{"tap", tap}}); }
  const TrueSky& sky();

  // Of the sky, unsorted.
  std::vector<std::string> ids_of_sky(std::size_t count);
  // Ids that no table of the archive has: of another sky, and such as DataLink does not know either.
  std::vector<std::string> ids_of_another_sky(std::size_t count) { return rig.make_ids(count, 77); }
  std::vector<std::string> unknown_ids(std::size_t count);

  // NAME.yaml with harvest, archive, release, and output where `rest` has none; without sources.
  fs::path manifest(const std::string& name, const std::string& rest);
  // Submits it and expects that it comes to its end.
  void finish(const fs::path& manifest, const std::string& name);
  std::string output_key(const std::string& name, const std::string& rest) const {
    return "output: {directory: " + rig.output(name).string() + ", " + rest + "}\n";
  }

  Json tap_report() { return rig.report()["tap"]; }
  std::vector<Json> queries() { return lines_of_json("/sim/queries"); }
  std::vector<Json> jobs() { return lines_of_json("/sim/jobs"); }
  // To one of the archive's endpoints: "sync", "create", "result", …
  std::size_t requests(const std::string& endpoint);

  // What lies in the harvest's folder is the answer to `adql`, cell by cell.
  void expect_rows(const std::string& name, const std::string& folder, const std::string& adql);
  // Exactly these ids of the list have rows in the table, and all others of it are absent.
  void expect_outcomes(const std::string& name, const std::string& table, const std::vector<std::string>& ids);
  void expect_no_job_is_left();
  // Nor was a question run by two jobs.
  void expect_jobs_ran_once_and_are_gone();

  Rig rig;
  Json knobs = {{"sky_sources", kSky}};

 private:
  std::vector<Json> lines_of_json(const std::string& page);
  std::unique_ptr<TrueSky> sky_;
};

// "(1,2,3)"
std::string in_list(const std::vector<std::string>& ids);

}  // namespace garner::e2e
