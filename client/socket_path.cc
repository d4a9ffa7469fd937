#include "client/socket_path.h"

#include <unistd.h>

namespace garner::client {

std::string socket_path(const std::string& given, const Environment& environment) {
  if (!given.empty()) return given;
  if (const auto named = environment("GARNER_SOCKET"); named && !named->empty()) return *named;
  if (const auto runtime = environment("XDG_RUNTIME_DIR"); runtime && !runtime->empty()) {
    auto own = *runtime + "/garner/garnerd.sock";
    if (::access(own.c_str(), F_OK) == 0) return own;
  }
  return kSystemSocket;
}

}  // namespace garner::client
