// An archive profile out of its YAML, every problem with its place.
#include <algorithm>
#include <array>
#include <cmath>

#include "archive/origin.h"
#include "archive/profile.h"
#include "base/source_id.h"
#include "base/strict_yaml.h"

namespace garner::archive {

namespace {

constexpr std::int64_t kLargestProduct = std::int64_t{16} << 30;
constexpr std::int64_t kDay_s = 86'400;
constexpr std::size_t kLongestText = 4096;

constexpr std::array<std::string_view, 2> kKinds = {"gaia", "tap"};
constexpr std::array<std::string_view, 3> kUploads = {"always", "logged_in", "never"};

bool is_line(std::string_view text) {
  return text.size() <= kLongestText &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// A text of one line; problems otherwise. Empty where the key is not there.
std::string read_line(const yaml::Map& map, std::string_view key, bool required = false) {
  const auto text = required ? map.required_string(key) : map.string(key);
  if (!text) return {};
  if (!is_line(*text)) map.find(key)->problem("must be one line without control characters");
  if (required && text->empty()) map.find(key)->problem("must not be empty");
  return *text;
}

std::string read_absolute_path(const yaml::Map& map, std::string_view key) {
  auto path = read_line(map, key);
  if (!path.empty() && !path.starts_with('/')) map.find(key)->problem("must be an absolute path, or empty");
  return path;
}

std::string read_name(const yaml::Map& map) {
  auto name = read_line(map, "name", true);
  const bool good = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
  if (!good || name.starts_with('.'))
    map.find("name")->problem("may hold letters, digits, '-', '_' and '.', no '.' first");
  return name;
}

std::string read_base_url(const yaml::Map& root) {
  auto url = root.required_string("base_url").value_or("");
  if (const auto node = root.find("base_url"); node && !parse_origin(url)) {
    node->problem(fmt::format("expected http(s)://host[:port] without a path or a slash at its end, found '{}'",
                              printable(url, 120)));
  }
  return url;
}

void read_paths(const yaml::Map& root, Profile& profile) {
  profile.data_path = "/data-server/data";
  profile.login_path = "/data-server/login";
  profile.logout_path = "/data-server/logout";
  profile.tap.path = profile.kind == "gaia" ? "/tap-server/tap" : "/tap";
  profile.tap.login_path = "/tap-server/login";
  profile.tap.logout_path = "/tap-server/logout";
  const auto paths = root.map("paths");
  if (!paths) return;
  const auto read = [&paths](std::string_view key, std::string& path) {
    if (!paths->find(key)) return;
    path = read_line(*paths, key, true);
    if (!path.starts_with('/') || path.find_first_of(" ?#") != path.npos)
      paths->find(key)->problem("must begin with '/' and hold no blank, '?' or '#'");
  };
  read("data", profile.data_path);
  read("login", profile.login_path);
  read("logout", profile.logout_path);
  read("tap", profile.tap.path);
  read("tap_login", profile.tap.login_path);
  read("tap_logout", profile.tap.logout_path);
  paths->refuse_unknown_keys();
}

template <class Number>
void read_count(const yaml::Map& map, std::string_view key, std::int64_t least, std::int64_t most, Number& value) {
  if (const auto read = map.integer(key, least, most)) value = static_cast<Number>(*read);
}

void read_milliseconds(const yaml::Map& map, std::string_view key, std::chrono::milliseconds& value) {
  if (const auto seconds = map.number(key, 0.001, static_cast<double>(kDay_s))) {
    value = std::chrono::milliseconds(std::llround(*seconds * 1000));
  }
}

void read_seconds(const yaml::Map& map, std::string_view key, std::chrono::seconds& value) {
  if (const auto seconds = map.integer(key, 1, 7 * kDay_s)) value = std::chrono::seconds(*seconds);
}

void read_manners(const yaml::Map& root, Manners& manners) {
  const auto map = root.map("manners");
  if (!map) return;
  read_count(*map, "ids_per_request_most", 1, 5000, manners.ids_per_request_most);
  manners.ids_per_request = std::min(manners.ids_per_request, manners.ids_per_request_most);
  read_count(*map, "ids_per_request", 1, manners.ids_per_request_most, manners.ids_per_request);
  read_count(*map, "in_flight_most", 1, 64, manners.in_flight_most);
  read_count(*map, "in_flight_least", 1, manners.in_flight_most, manners.in_flight_least);
  read_count(*map, "jobs_at_once", 1, 64, manners.jobs_at_once);
  read_count(*map, "attempts_most", 1, 100, manners.attempts_most);
  read_milliseconds(*map, "retry_first_s", manners.retry_first);
  read_milliseconds(*map, "retry_most_s", manners.retry_most);
  if (manners.retry_most < manners.retry_first) map->problem("retry_most_s is less than retry_first_s");
  manners.sources_per_s_slow = map->number("sources_per_s_slow", 0.001, 1e9).value_or(manners.sources_per_s_slow);
  manners.sources_per_s_fast = map->number("sources_per_s_fast", 0.001, 1e9).value_or(manners.sources_per_s_fast);
  if (manners.sources_per_s_fast < manners.sources_per_s_slow)
    map->problem("sources_per_s_fast is less than sources_per_s_slow");
  manners.limits = read_rate_limits(*map);
  map->refuse_unknown_keys();
}

void read_tap(const yaml::Map& root, bool is_gaia, TapFacts& tap) {
  tap.cone_table = is_gaia ? "gaiadr3.gaia_source" : "";
  if (!is_gaia) tap.sync_rows_most = 0;
  const auto map = root.map("tap");
  if (!map) return;
  read_count(*map, "sync_rows_most", 0, 1'000'000'000, tap.sync_rows_most);
  read_count(*map, "maxrec", 0, 1'000'000'000, tap.maxrec);
  read_count(*map, "job_rows_most", 0, 1'000'000'000, tap.job_rows_most);
  if (const auto uploads = map->choice("uploads", kUploads)) {
    tap.uploads = *uploads == "always"  ? TapFacts::Uploads::Always
                  : *uploads == "never" ? TapFacts::Uploads::Never
                                        : TapFacts::Uploads::LoggedIn;
  }
  read_count(*map, "ids_per_list", 1, 5000, tap.ids_per_list);
  read_count(*map, "ids_per_upload", 1, 1'000'000, tap.ids_per_upload);
  read_milliseconds(*map, "poll_first_s", tap.poll_first);
  read_milliseconds(*map, "poll_most_s", tap.poll_most);
  if (map->find("cone_table")) tap.cone_table = read_line(*map, "cone_table", true);
  map->refuse_unknown_keys();
}

void read_timeouts(const yaml::Map& root, http::Timeouts& timeouts) {
  const auto map = root.map("timeouts");
  if (!map) return;
  read_seconds(*map, "connect_s", timeouts.connect);
  read_seconds(*map, "first_byte_s", timeouts.first_byte);
  read_seconds(*map, "stall_s", timeouts.stall);
  read_count(*map, "stall_bytes_per_s", 1, 1'000'000'000, timeouts.stall_bytes_per_s);
  read_seconds(*map, "total_s", timeouts.total);
  map->refuse_unknown_keys();
}

void read_structures(const yaml::Map& root, Profile& profile) {
  const auto map = root.map("data_structures");
  if (!map) return;
  const auto read = [&map](std::string_view key, DataStructure structure, std::vector<std::string>& spellings) {
    const auto node = map->find(key);
    if (!node) return;
    spellings = node->as_strings();
    if (spellings.empty()) node->problem("name one spelling at least");
    for (const auto& spelling : spellings) {
      if (parse_data_structure(spelling) != structure)
        node->problem(fmt::format("'{}' is no spelling of it", printable(spelling, 40)));
    }
  };
  read("individual", DataStructure::Individual, profile.individual_spellings);
  read("raw", DataStructure::Raw, profile.raw_spellings);
  map->refuse_unknown_keys();
}

std::optional<RetrievalType> read_retrieval_type(const yaml::Node& node) {
  const auto map = node.as_map();
  if (!map) return std::nullopt;
  RetrievalType type;
  type.name = read_line(*map, "name", true);
  const bool good = std::ranges::all_of(
      type.name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
  if (!good || type.name == "ALL") map->find("name")->problem("expected capital letters, digits and '_', and not ALL");
  type.flag = read_line(*map, "flag");
  read_count(*map, "typical_bytes", 1, kLargestProduct, type.typical_bytes);
  read_count(*map, "max_product_bytes", 1, kLargestProduct, type.max_product_bytes);
  map->refuse_unknown_keys();
  return type;
}

std::optional<Release> read_release(const yaml::Node& node) {
  const auto map = node.as_map();
  if (!map) return std::nullopt;
  Release release;
  release.name = read_line(*map, "name", true);
  release.source_table = read_line(*map, "source_table");
  if (const auto types = map->required("retrieval_types")) {
    for (const auto& item : types->items()) {
      auto type = read_retrieval_type(item);
      if (!type) continue;
      if (release.find(type->name) != nullptr) item.problem(fmt::format("'{}' stands twice", type->name));
      release.retrieval_types.push_back(std::move(*type));
    }
    if (types->shape() == yaml::Node::Shape::Sequence && release.retrieval_types.empty())
      types->problem("name one type at least");
  }
  map->refuse_unknown_keys();
  return release;
}

void read_releases(const yaml::Map& root, Profile& profile) {
  const auto list = profile.kind == "gaia" ? root.required("releases") : root.find("releases");
  if (!list) return;
  for (const auto& item : list->items()) {
    auto release = read_release(item);
    if (!release) continue;
    if (profile.find(release->name) != nullptr) item.problem(fmt::format("'{}' stands twice", release->name));
    profile.releases.push_back(std::move(*release));
  }
  if (list->shape() == yaml::Node::Shape::Sequence && profile.releases.empty())
    list->problem("name one release at least");
}

void read_probe(const yaml::Map& root, Profile& profile) {
  const auto map = root.map("probe");
  if (!map) return;
  profile.probe_id = read_line(*map, "source_id", true);
  profile.probe_type = read_line(*map, "retrieval_type", true);
  profile.probe_release = read_line(*map, "release", true);
  if (const auto id = parse_source_id(profile.probe_id); !id && map->find("source_id"))
    map->find("source_id")->problem(id.error().detail);
  const Release* const release = profile.find(profile.probe_release);
  if (map->find("release") && release == nullptr) map->find("release")->problem("is none of 'releases'");
  if (release != nullptr && map->find("retrieval_type") && release->find(profile.probe_type) == nullptr) {
    map->find("retrieval_type")->problem("is no type of that release");
  }
  map->refuse_unknown_keys();
}

void read_access(const yaml::Map& root, Profile& profile) {
  profile.user_agent_contact = read_line(root, "user_agent_contact");
  profile.ca_file = read_absolute_path(root, "ca_file");
  profile.proxy = read_line(root, "proxy");
  if (!profile.proxy.empty() && profile.proxy.find("://") == profile.proxy.npos) {
    root.find("proxy")->problem("expected scheme://host:port, such as http://proxy.example.org:3128");
  }
  if (const auto confirm = root.integer("session_confirm_s", 0, 7 * kDay_s))
    profile.session_confirm = std::chrono::seconds(*confirm);
  profile.credential_file = read_line(root, "credential_file");
  if (profile.credential_file.empty()) return;
  const bool from_systemd = profile.credential_file.starts_with("systemd:") && profile.credential_file.size() > 8 &&
                            profile.credential_file.find('/') == std::string::npos;
  if (!from_systemd && !profile.credential_file.starts_with('/')) {
    root.find("credential_file")->problem("expected an absolute path, or \"systemd:NAME\"");
  }
  if (profile.kind != "gaia")
    root.find("credential_file")->problem("goes with kind gaia only: it has a login of its own");
  const auto origin = parse_origin(profile.base_url);
  if (origin && !origin->https && !origin->is_loopback()) {
    root.find("credential_file")->problem("a password is never sent over plain http; base_url must be https");
  }
}

}  // namespace

Result<Profile> parse_profile(std::string_view text, const std::string& file_name) {
  const auto document = yaml::Document::parse(text, file_name);
  if (!document) return std::unexpected(document.error());
  const auto root = (*document)->root();
  Profile profile;
  profile.name = read_name(root);
  profile.title = read_line(root, "title");
  if (profile.title.empty()) profile.title = profile.name;
  root.required("kind");
  profile.kind = root.choice("kind", kKinds).value_or("gaia");
  profile.base_url = read_base_url(root);
  read_paths(root, profile);
  read_access(root, profile);
  read_manners(root, profile.manners);
  read_tap(root, profile.kind == "gaia", profile.tap);
  read_timeouts(root, profile.timeouts);
  read_structures(root, profile);
  read_releases(root, profile);
  read_probe(root, profile);
  profile.credit = root.string("credit").value_or("");
  root.refuse_unknown_keys();
  if (const auto verdict = (*document)->verdict(); !verdict) return std::unexpected(verdict.error());
  return profile;
}

}  // namespace garner::archive
