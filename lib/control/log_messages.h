// The journal and the histogram of a harvest as JSON; docs/control-api.md lists every key. As messages.h.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "harvest/service/service.h"

namespace garner::control {

// One line of a log, without a final newline; what the client prints with --json, too.
std::string log_line_json(const harvest::LogLine& line);
std::string log_json(const harvest::LogPage& page);  // {"lines": […], "about": […]}
Result<harvest::LogPage> parse_log(std::string_view json);

nlohmann::json reasons_to_json(std::span<const harvest::ReasonStatus> reasons);
std::vector<harvest::ReasonStatus> reasons_from_json(const nlohmann::json& rows);

}  // namespace garner::control
