#include "real_server/harvests.h"

#include <fmt/format.h>

#include <cstdlib>
#include <regex>

#include "disk.h"
#include "real_server/sources.h"

namespace garner::real_server {

namespace fs = std::filesystem;

namespace {

std::string tap_url() {
  const char* url = std::getenv("GARNER_REAL_TAP");
  return url == nullptr ? "" : url;
}

std::string fetched(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"curl", "-sSf", "--noproxy", "*"});
  const e2e::Ran ran = e2e::run(arguments);
  EXPECT_EQ(ran.exit_code, 0) << arguments.back() << ": " << ran.err;
  return ran.out;
}

}  // namespace

void Harvests::SetUp() {
  if (tap_url().empty()) GTEST_SKIP() << "GARNER_REAL_TAP names no TAP service; ./dev test --real-server";
  jobs_before_ = jobs();
}

void Harvests::start(const std::string& tap) {
  const std::string url = tap_url();
  const auto path = url.find('/', url.find("://") + 3);
  ASSERT_NE(path, url.npos) << url;
  std::string keys = tap.empty() ? "" : tap + ", ";
  if (tap.find("maxrec") == tap.npos) keys += "maxrec: 100000, ";
  e2e::write_file(rig.root() / "archives" / "dachs.yaml",
                  fmt::format("name: dachs\nkind: tap\ntitle: A real server\nbase_url: {}\npaths: {{tap: {}}}\n"
                              "tap: {{{}cone_table: gaia.source, poll_first_s: 0.1, poll_most_s: 0.5}}\n"
                              "manners: {{retry_first_s: 0.05, retry_most_s: 0.2}}\n",
                              url.substr(0, path), url.substr(path), keys));
  rig.start_daemon();
}

fs::path Harvests::manifest(const std::string& name, const std::string& rest) {
  const fs::path path = rig.root() / (name + ".yaml");
  std::string text = "harvest: " + name + "\narchive: dachs\n" + rest;
  if (text.find("output:") == std::string::npos) text += output_key(name, "tar.zst");
  e2e::write_file(path, text);
  return path;
}

std::string Harvests::output_key(const std::string& name, const std::string& layout) const {
  return fmt::format("output: {{directory: {}, layout: {}}}\n", rig.output(name).string(), layout);
}

void Harvests::finish(const fs::path& manifest, const std::string& name) {
  rig.submit(manifest);
  if (HasFatalFailure()) return;
  ASSERT_TRUE(rig.wait_for_state(name, "finished"));
  e2e::expect_account(rig, name);
  EXPECT_EQ(jobs(), jobs_before_);
}

const Cells& Harvests::exported() {
  static const Cells cells = [] {
    Cells all = e2e::read_cells(fetched({"-d", "REQUEST=doQuery&LANG=ADQL&RESPONSEFORMAT=votable/b2&MAXREC=1000000",
                                         "--data-urlencode", "QUERY=SELECT * FROM gaia.source", tap_url() + "/sync"}),
                                {});
    EXPECT_EQ(all.rows.size(), kSources);
    return all;
  }();
  return cells;
}

std::vector<std::string> Harvests::every(std::size_t step) {
  std::vector<std::string> ids;
  const std::size_t at = exported().column("source_id");
  for (std::size_t row = 0; row < exported().rows.size(); row += step) ids.push_back(*exported().rows[row][at]);
  return ids;
}

Cells Harvests::rows_of(const std::set<std::string>& ids, const std::vector<std::string>& columns) {
  const Cells& all = exported();
  const std::size_t id = all.column("source_id");
  Cells out;
  std::vector<std::size_t> places;
  for (const auto& name : columns) places.push_back(all.column(name));
  for (const std::size_t place : places) {
    out.names.push_back(all.names[place]);
    out.kinds.push_back(all.kinds[place]);
  }
  for (const auto& row : all.rows) {
    if (!ids.contains(*row[id])) continue;
    auto& some = out.rows.emplace_back();
    for (const std::size_t place : places) some.push_back(row[place]);
  }
  return out;
}

void Harvests::expect_rows(const std::string& name, const std::string& folder, const Cells& truth) {
  SCOPED_TRACE(name + "/" + folder);
  e2e::expect_same_rows(truth, e2e::read_harvest(rig.output(name), folder, truth.kinds));
}

void Harvests::expect_same(const std::set<std::string>& found, const std::set<std::string>& due) {
  EXPECT_EQ(found.size(), due.size());
  EXPECT_TRUE(found == due);
}

std::map<std::string, std::string> Harvests::jobs() {
  const std::string list = fetched({tap_url() + "/async"});
  static const std::regex job("<uws:jobref id=\"([^\"]+)\".*?<uws:phase>([A-Z]+)<");
  std::map<std::string, std::string> out;
  for (std::sregex_iterator at(list.begin(), list.end(), job), end; at != end; ++at) out[(*at)[1]] = (*at)[2];
  return out;
}

std::string Harvests::make_job(const std::string& adql) {
  const std::string url = fetched({"-o", "/dev/null", "-w", "%{redirect_url}", "-d",
                                   "REQUEST=doQuery&LANG=ADQL&RESPONSEFORMAT=votable&PHASE=RUN", "--data-urlencode",
                                   "QUERY=" + adql, tap_url() + "/async"});
  return url.substr(url.rfind('/') + 1);
}

}  // namespace garner::real_server
