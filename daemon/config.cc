#include "config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "base/strict_yaml.h"

namespace garner::daemon {

namespace {

constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "info", "warning", "error"};
constexpr std::array<log::Level, 4> kLogLevelOf = {log::Level::Debug, log::Level::Info, log::Level::Warning,
                                                   log::Level::Error};

// An XDG base directory (XDG Base Directory Specification 0.8): its variable, or below the home directory.
std::string xdg(const char* variable, const char* below_home) {
  const char* value = std::getenv(variable);
  if (value != nullptr && value[0] == '/') return value;
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "/tmp") + below_home;
}

std::string default_archives_directory() {
  const std::string own =
      geteuid() == 0 ? "/etc/garner/archives" : xdg("XDG_CONFIG_HOME", "/.config") + "/garner/archives";
  std::error_code ignored;
  return std::filesystem::is_directory(own, ignored) ? own : GARNER_ARCHIVES_DIRECTORY;
}

void absolute_path(const yaml::Map& root, std::string_view key, std::string& value) {
  const auto node = root.find(key);
  if (!node) return;
  const auto text = node->as_string();
  if (!text) return;
  if (text->empty() || text->front() != '/') node->problem("expected an absolute path");
  value = *text;
}

void read_output_roots(const yaml::Map& root, Config& config) {
  const auto node = root.required("output_roots");
  if (!node) return;
  config.output_roots = node->as_strings();
  if (config.output_roots.empty()) node->problem("name at least one directory below which harvests may write");
  for (const auto& path : config.output_roots) {
    if (path.empty() || path.front() != '/') node->problem(fmt::format("'{}' is no absolute path", printable(path)));
  }
}

void read_in_flight(const yaml::Map& root, Config& config) {
  const auto map = root.map("in_flight");
  if (!map) return;
  for (const auto& archive : map->keys()) {
    if (const auto most = map->integer(archive, 1, 64))
      config.in_flight_most[archive] = static_cast<std::uint32_t>(*most);
  }
}

void read_limits(const yaml::Map& root, Config& config) {
  const auto map = root.map("limits");
  if (!map) return;
  for (const auto& archive : map->keys()) {
    const auto limits = map->map(archive);
    if (!limits) continue;
    config.rate_limits[archive] = read_rate_limits(*limits);
    limits->refuse_unknown_keys();
  }
}

// "2 GB", "2 GiB", "5 %", or 0.
std::optional<policy::DiskMark> parse_mark(std::string_view text) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr std::array<Unit, 9> units = {{{"", 1},
                                          {"B", 1},
                                          {"MB", 1e6},
                                          {"GB", 1e9},
                                          {"TB", 1e12},
                                          {"MiB", 0x1p20},
                                          {"GiB", 0x1p30},
                                          {"TiB", 0x1p40},
                                          {"kB", 1e3}}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(number >= 0 && number < 1e6)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text == "%") return number <= 90 ? std::optional(policy::DiskMark{0, number}) : std::nullopt;
  const auto unit = std::ranges::find(units, text, &Unit::name);
  if (unit == units.end() || (unit->name.empty() && number != 0)) return std::nullopt;
  return policy::DiskMark{static_cast<std::uint64_t>(number * unit->bytes), 0};
}

std::optional<policy::DiskMark> read_mark(const yaml::Map& map, std::string_view key) {
  const auto node = map.find(key);
  if (!node) return std::nullopt;
  const auto text = node->as_string();
  if (!text) return std::nullopt;
  auto mark = parse_mark(*text);
  if (!mark)
    node->problem(fmt::format("'{}': expected a size or a share, such as 5 GB, 5 GiB or 2 % (90 % at most), or 0",
                              printable(*text)));
  return mark;
}

void read_disk(const yaml::Map& root, Config& config) {
  const auto map = root.map("disk");
  if (!map) return;
  auto& [low, resume, look_every, try_again] = config.watermarks;
  low = read_mark(*map, "low");
  resume = read_mark(*map, "resume");
  look_every = std::chrono::seconds(map->integer("look_every_s", 1, 3600).value_or(look_every.count()));
  try_again = std::chrono::seconds(map->integer("try_again_s", 1, 3600).value_or(try_again.count()));
  const bool alike = low && resume && (low->percent > 0) == (resume->percent > 0);
  if (alike && (resume->percent < low->percent || resume->bytes < low->bytes))
    map->find("resume")->problem("expected no less than low");
  map->refuse_unknown_keys();
}

}  // namespace

Config default_config() {
  Config config;
  const bool system = geteuid() == 0;
  config.state_directory = system ? "/var/lib/garner" : xdg("XDG_STATE_HOME", "/.local/state") + "/garner";
  config.socket = (system ? "/run" : xdg("XDG_RUNTIME_DIR", "/.local/state")) + "/garner/garnerd.sock";
  config.archives_directory = default_archives_directory();
  return config;
}

std::string default_config_path() {
  return geteuid() == 0 ? "/etc/garner/garnerd.yaml" : xdg("XDG_CONFIG_HOME", "/.config") + "/garner/garnerd.yaml";
}

Result<Config> read_config(const std::string& path) {
  auto text = yaml::read_text_file(path);
  if (!text) return std::unexpected(text.error());
  return parse_config(*text, path);
}

Result<Config> parse_config(std::string_view text, const std::string& file_name) {
  auto document = yaml::Document::parse(text, file_name);
  if (!document) return std::unexpected(document.error());
  const yaml::Map root = (*document)->root();
  Config config = default_config();
  absolute_path(root, "state_directory", config.state_directory);
  absolute_path(root, "socket", config.socket);
  absolute_path(root, "archives_directory", config.archives_directory);
  config.group = root.string("group").value_or("");
  read_output_roots(root, config);
  config.workers = static_cast<unsigned>(root.integer("workers", 0, 256).value_or(0));
  config.reply_memory_mib = static_cast<std::uint64_t>(root.integer("reply_memory_mib", 8, 65'536).value_or(96));
  config.drain = std::chrono::seconds(root.integer("drain_s", 0, 3600).value_or(30));
  read_in_flight(root, config);
  read_limits(root, config);
  read_disk(root, config);
  if (const auto level = root.choice("log_level", kLogLevels)) {
    config.log_level =
        kLogLevelOf[static_cast<std::size_t>(std::ranges::find(kLogLevels, *level) - kLogLevels.begin())];
  }
  root.refuse_unknown_keys();
  if (auto verdict = (*document)->verdict(); !verdict) return std::unexpected(verdict.error());
  return config;
}

}  // namespace garner::daemon
