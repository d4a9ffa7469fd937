// Private to lib/control (.cc files only): how an archive is asked, as JSON. Both directions.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "harvest/run/status.h"

namespace garner::control {

// null for nothing.
nlohmann::json archive_json(const std::optional<harvest::ArchiveStatus>& status);
std::optional<harvest::ArchiveStatus> archive_from(const nlohmann::json& value);

}  // namespace garner::control
