#include "archive/credentials.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/private_file.h"

namespace garner::archive {

namespace {

constexpr std::string_view kFromSystemd = "systemd:";
constexpr std::size_t kLongestFile = 4096;

Result<std::string> path_of(const std::string& credential_file) {
  if (!credential_file.starts_with(kFromSystemd)) return credential_file;
  const std::string name = credential_file.substr(kFromSystemd.size());
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory == '\0') {
    return fail(
        Kind::Auth,
        "credential_file is '{}', but systemd passed no credentials: add LoadCredential={}:/path/to/file to the unit",
        credential_file, name);
  }
  return fmt::format("{}/{}", directory, name);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<Credentials> parse_credentials(std::string_view text) {
  const bool too_long = text.size() > kLongestFile;
  Credentials credentials;
  credentials.user = take_line(text);
  credentials.password = take_line(text);
  if (too_long || credentials.user.empty() || credentials.password.empty() || !text.empty())
    return fail(Kind::Invalid, "expected two lines, the user name and the password");
  return credentials;
}

Result<Credentials> read_credentials(const std::string& credential_file, std::string_view what) {
  const auto path = path_of(credential_file);
  if (!path) return std::unexpected(path.error());
  const auto rule =
      credential_file.starts_with(kFromSystemd) ? PrivateFile::GuardedByItsFolder : PrivateFile::OfItsOwner;
  const auto text = read_private_file(*path, rule, kLongestFile + 1);
  if (!text) return with_context(text.error(), "{} {}", what, *path);
  if (!*text) return fail(Kind::Auth, "{} {}: {}", what, *path, std::strerror(ENOENT));
  auto credentials = parse_credentials(**text);
  if (!credentials) return fail(Kind::Auth, "{} {}: {}", what, *path, credentials.error().detail);
  return credentials;
}

}  // namespace garner::archive
