// Which socket the daemon is asked on: --socket, else GARNER_SOCKET, else the user's own daemon's if it is there, else
// the system's.
#pragma once

#include <string>

#include "client/terminal.h"

namespace garner::client {

inline constexpr const char* kSystemSocket = "/run/garner/garnerd.sock";

std::string socket_path(const std::string& given, const Environment& environment);

}  // namespace garner::client
