// GET /metrics: every harvest's counters in the Prometheus text format 0.0.4. A pure function of the statuses.
#pragma once

#include <span>
#include <string>

#include "control/messages.h"

namespace garner::control {

std::string metrics_text(const DaemonInfo& daemon, std::span<const harvest::HarvestStatus> harvests);

}  // namespace garner::control
