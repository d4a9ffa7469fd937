#include "client/stored_login.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/private_file.h"
#include "client/save_file.h"
#include "http/url.h"

namespace garner::client {

namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kLargestFile = 64u << 10;

// XDG Base Directory Specification 0.8: a relative path is none.
Result<std::string> state_home(const Environment& environment) {
  if (const auto named = environment("XDG_STATE_HOME"); named && named->starts_with('/')) return *named;
  const auto home = environment("HOME").value_or("");
  if (!home.starts_with('/'))
    return fail(Kind::Invalid, "neither XDG_STATE_HOME nor HOME tells where the login is kept");
  return home + "/.local/state";
}

Result<std::string> path_of(const Environment& environment, const std::string& archive) {
  auto home = state_home(environment);
  if (!home) return home;
  return *home + "/garner/sessions/" + archive;
}

Result<void> make_private_folders(const std::string& folder) {
  for (auto slash = folder.find('/', 1); slash != folder.npos; slash = folder.find('/', slash + 1))
    if (::mkdir(folder.substr(0, slash).c_str(), 0700) != 0 && errno != EEXIST)
      return fail_errno(errno, folder.substr(0, slash));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(errno, folder);
  if (::chmod(folder.c_str(), 0700) != 0) return fail_errno(errno, folder);
  return {};
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_line(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::optional<StoredLogin> parse(const std::string& text) {
  const auto document = json::parse(text, nullptr, false);
  if (!document.is_object() || document.value("version", json()) != kVersion) return std::nullopt;
  StoredLogin login{text_at(document, "origin"), text_at(document, "user"), text_at(document, "since"), {}};
  const auto sessions = document.value("sessions", json());
  if (!sessions.is_object() || sessions.empty() || login.origin.empty() || login.user.empty()) return std::nullopt;
  for (const auto& [context, cookies] : sessions.items()) {
    if (!cookies.is_string() || !is_line(cookies.get<std::string>())) return std::nullopt;
    login.cookies[context] = cookies.get<std::string>();
  }
  return login;
}

}  // namespace

Result<std::optional<StoredLogin>> load_login(const Environment& environment, const std::string& archive) {
  const auto path = path_of(environment, archive);
  if (!path) return std::optional<StoredLogin>();  // nowhere to keep one
  const auto text = read_private_file(*path, PrivateFile::Ours, kLargestFile);
  if (!text)
    return fail(Kind::Auth, "the login in {}: {}; make it anew: garner login {}", *path, text.error().detail, archive);
  if (!*text) return std::optional<StoredLogin>();
  auto login = parse(**text);
  if (!login)
    return fail(Kind::Auth, "the login in {} is not as it was written; make it anew: garner login {}", *path, archive);
  return login;
}

Result<void> save_login(const Environment& environment, const std::string& archive, const StoredLogin& login) {
  const auto path = path_of(environment, archive);
  if (!path) return std::unexpected(path.error());
  if (auto made = make_private_folders(path->substr(0, path->rfind('/'))); !made) return made;
  const json document = {{"version", kVersion},
                         {"origin", login.origin},
                         {"user", login.user},
                         {"since", login.since},
                         {"sessions", login.cookies}};
  const auto text = document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  return save_file(*path, [&text](const ByteSink& sink) { return sink(text); }, 0600);
}

Result<bool> delete_login(const Environment& environment, const std::string& archive) {
  const auto path = path_of(environment, archive);
  if (!path) return false;
  if (::unlink(path->c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return fail_errno(errno, "deleting " + *path);
}

Result<void> belongs_to(const StoredLogin& login, const archive::Profile& profile) {
  if (http::origin_of(profile.base_url) == login.origin) return {};
  return fail(Kind::Auth,
              "you are logged in at {}, but the profile {} now speaks of {}, where your session is not sent; log in "
              "there: garner login {}",
              printable(login.origin, 200), profile.name, printable(profile.base_url, 200), profile.name);
}

}  // namespace garner::client
