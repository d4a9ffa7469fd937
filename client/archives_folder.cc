#include "client/archives_folder.h"

#include <filesystem>

namespace garner::client {

std::string archives_directory(const Session& session) {
  if (!session.arguments.archives_directory.empty()) return session.arguments.archives_directory;
  if (const auto named = session.environment("GARNER_ARCHIVES"); named && !named->empty()) return *named;
  std::error_code ignored;
  // The user's own before the system's (XDG Base Directory Specification 0.8).
  const auto own =
      session.environment("XDG_CONFIG_HOME").value_or(session.environment("HOME").value_or("") + "/.config") +
      "/garner/archives";
  if (std::filesystem::is_directory(own, ignored)) return own;
  const std::string of_the_system = "/etc/garner/archives";
  if (std::filesystem::is_directory(of_the_system, ignored)) return of_the_system;
  return GARNER_ARCHIVES_DIRECTORY;
}

}  // namespace garner::client
