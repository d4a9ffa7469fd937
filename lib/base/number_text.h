// Numbers and sizes as people read them, wherever the project writes to them. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace garner {

std::string thousands(std::uint64_t number);                                             // 1,203,117
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);  // "1 chunk", "4,814 chunks"
std::string bytes_text(std::uint64_t bytes);  // 812 B, 8.9 GB, 812 GB (powers of 1000)

}  // namespace garner
