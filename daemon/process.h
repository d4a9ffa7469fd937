// The daemon's life: open, serve, reload, drain, end. run() returns the exit code.
#pragma once

#include <string>

#include "config.h"

namespace garner::daemon {

// config_path is read again on SIGHUP.
int run(Config config, const std::string& config_path);

}  // namespace garner::daemon
