#include "client/tap_console.h"

#include <cstdlib>

#include "archive/tap_service.h"

namespace garner::client {

namespace {

std::string temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

ivoa::TapService console_service(const archive::Profile& profile, std::function<std::string()> cookies) {
  ivoa::TapService service = archive::tap_service(profile);
  service.http.cookies = std::move(cookies);
  service.http.spool_directory = temporary_folder();
  return service;
}

}  // namespace

TapConsole::TapConsole(const archive::Profile& profile)
    : ArchiveConsole(profile),
      tap_(std::make_unique<ivoa::Tap>(transport(), executor(),
                                       console_service(profile, [this] { return cookies_; }))) {}

}  // namespace garner::client
