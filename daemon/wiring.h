// The one place that knows every implementation: puts real archives, transports, layouts and the ledger behind the
// engine's interfaces.
#pragma once

#include <memory>

#include "base/uv_loop.h"
#include "base/workers.h"
#include "config.h"
#include "harvest/engine/engine.h"
#include "harvest/service/service_impl.h"

namespace garner::daemon {

harvest::World make_world(const Config& config, UvLoop& loop, Workers& workers, ledger::Ledger& ledger);
harvest::ServiceOptions make_service_options(const Config& config, std::function<void()> acted);

// A group's number by its name.
std::optional<std::uint32_t> group_number(const std::string& name);

}  // namespace garner::daemon
