// Which word may have been meant by one that nobody knows. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace garner {

// The one of `words` that was probably meant; empty if none is near.
std::string_view nearest_word(std::string_view text, std::span<const std::string_view> words);
// "; did you mean 'release'?", or nothing.
std::string did_you_mean(std::string_view text, std::span<const std::string_view> words);

}  // namespace garner
