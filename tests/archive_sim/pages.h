// The server's HTML: its error report (heading "SERVICE ERROR", the reason as the Message item) and its maintenance
// page.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace garner::archive_sim {

// `status` stands in the heading.
std::string error_page(unsigned status, std::string_view message);

// The message of data-server/data: the reason, what was asked by whom, and the reason again.
std::string long_message(std::string_view reason, std::string_view type, std::string_view user, std::uint64_t ordinal);

std::string maintenance_page();

// Reasons as observed.
std::string over_limit_reason(std::uint64_t max, std::uint64_t found);
std::string unknown_type_reason(std::string_view type);
std::string unknown_release_reason(std::string_view release);
std::string unknown_structure_reason(std::string_view structure);
std::string unknown_format_reason(std::string_view format);
std::string pool_empty_reason();

}  // namespace garner::archive_sim
