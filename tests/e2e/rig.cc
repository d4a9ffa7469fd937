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
  fs::create_directories(root_ / "archives");
}

Rig::~Rig() {
  daemon_.kill_now();
  simulator_.kill_now();
  if (::testing::Test::HasFailure()) {
    fprintf(stderr, "---- garnerd.log of %s (kept)\n%s----\n", root_.c_str(), daemon_log().substr(0, 8000).c_str());
    return;
  }
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void Rig::start_simulator(const SimulatorOptions& options) {
  write_file(root_ / "knobs.json", options.knobs.dump());
  std::vector<std::string> arguments = {simulator_path, "--port", "0", "--port-file", (root_ / "port").string(), "--config", (root_ / "knobs.json").string()};
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
  const Ran ran = run({"curl", "-sSfk", "-X", "POST", "--data-binary", "@-", base_url + path}, {}, body.empty() ? " " : body);
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

std::string Rig::product(const std::string& id, const std::string& type, const std::string& format, const std::string& structure) {
  const Ran ran = run({simulator_path, "product", "--type", type, "--format", format, "--structure", structure, id});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  return ran.out;
}

void Rig::write_profile(const std::map<std::string, std::string>& replace) {
  std::string text = read_file(GARNER_GAIA_PROFILE);
  std::map<std::string, std::string> keys = {{"base_url", base_url}, {"retry_first_ms", "50"}, {"retry_most_ms", "200"}};
  for (const auto& [key, value] : replace) keys[key] = value;
  for (const auto& [key, value] : keys) {
    const std::regex line("(^|\n)( *)(# *)?" + key + ":[^\n]*");
    ASSERT_TRUE(std::regex_search(text, line)) << key << " is no key of the profile";
    text = std::regex_replace(text, line, "$1$2" + key + ": " + value, std::regex_constants::format_first_only);
  }
  write_file(root_ / "archives" / "gaia.yaml", text);
}

void Rig::write_config(const std::string& more) {
  write_file(root_ / "garnerd.yaml", "state_directory: " + (root_ / "state").string() + "\nsocket: " + (root_ / "garnerd.sock").string() +
                                         "\noutput_roots: [" + (root_ / "output").string() + "]\narchives_directory: " +
                                         (root_ / "archives").string() + "\n" + more);
}

void Rig::start_daemon(const std::map<std::string, std::string>& environment) {
  if (!fs::exists(root_ / "archives" / "gaia.yaml")) write_profile();
  if (!fs::exists(root_ / "garnerd.yaml")) write_config();
  daemon_ = Child({garnerd_path, "--config", (root_ / "garnerd.yaml").string()}, environment, root_ / "garnerd.log");
  const bool answers = wait_until([this] { return !daemon_.running() || garner({"list"}).exit_code == 0; });
  ASSERT_TRUE(answers && daemon_.running()) << daemon_log();
}

Ran Rig::garner(std::vector<std::string> arguments, const std::string& input) {
  arguments.insert(arguments.begin(), garner_path);
  return run(arguments, {{"GARNER_SOCKET", (root_ / "garnerd.sock").string()}, {"GARNER_ARCHIVES", (root_ / "archives").string()}}, input, root_);
}

Json Rig::status(const std::string& harvest) {
  const Ran ran = garner({"status", harvest, "--json"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  return Json::parse(ran.out, nullptr, false);
}

bool Rig::wait_for_state(const std::string& harvest, const std::string& state, std::chrono::seconds most) {
  return wait_until(
      [&] {
        const Ran ran = garner({"status", harvest, "--json"});
        return ran.exit_code == 0 && Json::parse(ran.out)["state"] == state;
      },
      most);
}

fs::path Rig::write_manifest(const std::string& name, const std::vector<std::string>& ids, const std::string& more) {
  std::string list;
  for (const auto& id : ids) list += id + "\n";
  write_file(root_ / (name + ".ids"), list);
  const fs::path path = root_ / (name + ".yaml");
  std::string text = "harvest: " + name + "\narchive: gaia\nrelease: Gaia DR3\nsources: {file: " + name + ".ids}\n" + more;
  if (text.find("output:") == std::string::npos) text += "output: {directory: " + output(name).string() + "}\n";
  write_file(path, text);
  return path;
}

void expect_account(Rig& rig, const std::string& harvest) {
  const Json status = rig.status(harvest);
  const auto count = [&](const char* key) { return status[key].get<std::uint64_t>(); };
  EXPECT_EQ(count("requested"), count("pending") + count("delivered") + count("absent") + count("failed"));
  const Ran verified = rig.garner({"verify", harvest});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  if (count("delivered") == 0) return;
  const Ran sums = run({"sha256sum", "--quiet", "-c", "SHA256SUMS"}, {}, {}, rig.output(harvest));
  EXPECT_EQ(sums.exit_code, 0) << sums.out << sums.err;
  const Ran catalogue = run({"zstdcat", (rig.output(harvest) / "CATALOGUE.csv.zst").string()});
  EXPECT_EQ(catalogue.exit_code, 0) << catalogue.err;
  // Every visible file is either listed in the sums or one of those that lie beside the data.
  std::map<std::string, bool> listed;
  std::istringstream lines(read_file(rig.output(harvest) / "SHA256SUMS"));
  for (std::string line; std::getline(lines, line);) listed[line.substr(66)] = true;
  for (const auto& file : visible_files(rig.output(harvest))) {
    const bool beside = file == "SHA256SUMS" || file == "CATALOGUE.csv.zst" || file == "MANIFEST.yaml" || file == "CREDIT.txt";
    EXPECT_TRUE(beside || listed.contains(file)) << file << " is on disk but in no checksum list";
  }
}

}  // namespace garner::e2e
