#include "client/tap_console.h"

#include <cstdlib>

namespace garner::client {

namespace {

std::string temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

ivoa::TapService tap_service(const archive::Profile& profile, std::function<std::string()> cookies) {
  ivoa::TapService service;
  service.http.base_url = profile.base_url + profile.tap.path;
  service.http.timeouts = profile.timeouts;
  service.http.cookies = std::move(cookies);
  service.http.spool_directory = temporary_folder();
  service.format_field = "FORMAT";  // as Gaia has it
  service.deletion = ivoa::JobDeletion::PostJobIds;
  return service;
}

}  // namespace

TapConsole::TapConsole(const archive::Profile& profile)
    : ArchiveConsole(profile),
      tap_(std::make_unique<ivoa::Tap>(transport(), executor(), tap_service(profile, [this] { return cookies_; }))) {}

}  // namespace garner::client
