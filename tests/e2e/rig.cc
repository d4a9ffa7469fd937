#include "rig.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <regex>
#include <sstream>

namespace garner::e2e {

Rig::Rig() : garner_path(GARNER_PATH), garnerd_path(GARNERD_PATH), simulator_path(SIMULATOR_PATH) {
  std::string pattern = (fs::temp_directory_path() / "garner-e2e-XXXXXX").string();
  root_ = mkdtemp(pattern.data());
  fs::create_directories(root_ / "output");
  fs::permissions(root_, fs::perms(0755));  // tests with another user reach the socket
  fs::create_directories(root_ / "archives");
}

Rig::~Rig() {
  daemon_.kill_now();
  simulator_.kill_now();
  if (::testing::UnitTest::GetInstance()->Failed()) {
    const std::string log = daemon_log();
    fprintf(stderr, "---- garnerd.log of %s (kept)\n%s----\n", root_.c_str(),
            log.substr(log.size() - std::min<std::size_t>(log.size(), 6000)).c_str());
    return;
  }
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void Rig::start_simulator(const SimulatorOptions& options) {
  write_file(root_ / "knobs.json", options.knobs.dump());
  std::vector<std::string> arguments = {simulator_path,
                                        "--port",
                                        options.port,
                                        "--port-file",
                                        (root_ / "port").string(),
                                        "--config",
                                        (root_ / "knobs.json").string()};
  if (options.tls) arguments.insert(arguments.end(), {"--tls-cert", options.certificate, "--tls-key", options.key});
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  fs::remove(root_ / "port");
  simulator_ = Child(arguments, {}, root_ / "simulator.log");
  ASSERT_TRUE(wait_until([this] { return fs::exists(root_ / "port") || !simulator_.running(); }));
  ASSERT_TRUE(simulator_.running()) << read_file(root_ / "simulator.log");
  std::string port = read_file(root_ / "port");
  port.erase(port.find_last_not_of(" \n") + 1);
  base_url = (options.tls ? "https://localhost:" : "http://127.0.0.1:") + port;
}

std::string Rig::simulator_get(const std::string& path) {
  const Ran ran = run({"curl", "-sSfk", base_url + path});
  EXPECT_EQ(ran.exit_code, 0) << path << ": " << ran.err;
  return ran.out;
}

void Rig::simulator_post(const std::string& path, const std::string& body) {
  const Ran ran =
      run({"curl", "-sSfk", "-X", "POST", "--data-binary", "@-", base_url + path}, {}, body.empty() ? " " : body);
  EXPECT_EQ(ran.exit_code, 0) << path << ": " << ran.err;
}

std::map<std::string, int> Rig::asked(const std::string& type) {
  std::map<std::string, int> out;
  std::istringstream lines(simulator_get("/sim/asked?type=" + type));
  std::string id;
  for (int asked = 0, answered = 0; lines >> id >> asked >> answered;) out[id] = asked;
  return out;
}

std::vector<std::string> Rig::make_ids(std::size_t count, int seed) {
  const Ran ran = run({simulator_path, "ids", "--count", std::to_string(count), "--seed", std::to_string(seed)});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  std::vector<std::string> ids;
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) ids.push_back(line);
  EXPECT_EQ(ids.size(), count);
  return ids;
}

std::string Rig::product(const std::string& id, const std::string& type, const std::string& format,
                         const std::string& structure) {
  const Ran ran = run({simulator_path, "product", "--type", type, "--format", format, "--structure", structure, id});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  return ran.out;
}

void Rig::write_profile(const std::map<std::string, std::string>& replace) {
  std::string text = read_file(GARNER_GAIA_PROFILE);
  std::map<std::string, std::string> keys = {
      {"base_url", base_url}, {"retry_first_s", "0.05"}, {"retry_most_s", "0.2"}};
  for (const auto& [key, value] : replace) keys[key] = value;
  for (const auto& [key, value] : keys) {
    const std::regex line("(^|\n)( *)(# *)?" + key + ":[^\n]*");
    ASSERT_TRUE(std::regex_search(text, line)) << key << " is no key of the profile";
    text = std::regex_replace(text, line, "$1$2" + key + ": " + value, std::regex_constants::format_first_only);
  }
  write_file(root_ / "archives" / "gaia.yaml", text);
}

void Rig::write_config(const std::string& more) {
  write_file(root_ / "garnerd.yaml", "state_directory: " + (root_ / "state").string() +
                                         "\nsocket: " + (root_ / "garnerd.sock").string() + "\noutput_roots: [" +
                                         (root_ / "output").string() +
                                         "]\narchives_directory: " + (root_ / "archives").string() + "\n" + more);
}

void Rig::start_daemon(const std::map<std::string, std::string>& environment) {
  if (fs::is_empty(root_ / "archives")) write_profile();
  if (!fs::exists(root_ / "garnerd.yaml")) write_config();
  daemon_ = Child({garnerd_path, "--config", (root_ / "garnerd.yaml").string()}, environment, root_ / "garnerd.log");
  const bool answers = wait_until([this] { return !daemon_.running() || garner({"list"}).exit_code == 0; });
  ASSERT_TRUE(answers && daemon_.running()) << daemon_log();
}

std::optional<int> Rig::stop_daemon() {
  daemon_.signal(SIGTERM);
  return daemon_.wait();
}

Ran Rig::garner(std::vector<std::string> arguments, const std::string& input) {
  arguments.insert(arguments.begin(), garner_path);
  return run(arguments,
             {{"GARNER_SOCKET", (root_ / "garnerd.sock").string()},
              {"GARNER_ARCHIVES", (root_ / "archives").string()},
              {"XDG_STATE_HOME", state_home().string()}},
             input, root_);
}

Json Rig::status(const std::string& harvest) {
  const Ran ran = garner({"status", harvest, "--json"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  return ran.exit_code == 0 ? Json::parse(ran.out) : Json::object();
}

bool Rig::wait_for_state(const std::string& harvest, const std::string& state, std::chrono::seconds most) {
  std::string now;
  wait_until(
      [&] {
        const Ran ran = garner({"status", harvest, "--json"});
        if (ran.exit_code == 0) now = Json::parse(ran.out)["state"];
        return now == state || now == "finished" || now == "cancelled" || now == "blocked" || ran.exit_code == 2;
      },
      most);
  if (now != state)
    fprintf(stderr, "%s is %s, not %s: %s\n", harvest.c_str(), now.c_str(), state.c_str(),
            garner({"status", harvest, "--json"}).out.c_str());
  return now == state;
}

std::vector<std::vector<std::string>> Rig::sources(const std::string& harvest, const std::string& outcome) {
  const Ran ran = garner({"sources", harvest, "--outcome", outcome});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    auto& row = rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
    row.resize(std::max<std::size_t>(row.size(), 3));
  }
  return rows;
}

std::set<std::string> Rig::source_ids(const std::string& harvest, const std::string& outcome, const std::string& type) {
  std::set<std::string> ids;
  for (const auto& row : sources(harvest, outcome)) {
    if (type.empty() || row[1] == type) ids.insert(row[0]);
  }
  return ids;
}

void Rig::submit(const fs::path& manifest) {
  const Ran ran = garner({"submit", manifest.string()});
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
}

fs::path Rig::write_manifest(const std::string& name, const std::vector<std::string>& ids, const std::string& more) {
  std::string list;
  for (const auto& id : ids) list += id + "\n";
  write_file(root_ / (name + ".ids"), list);
  const fs::path path = root_ / (name + ".yaml");
  std::string text =
      "harvest: " + name + "\narchive: gaia\nrelease: Gaia DR3\nsources: {file: " + name + ".ids}\n" + more;
  if (text.find("output:") == std::string::npos) text += "output: {directory: " + output(name).string() + "}\n";
  write_file(path, text);
  return path;
}

}  // namespace garner::e2e
