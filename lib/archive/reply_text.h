// Private to lib/archive: what stands in the pages with which an archive's servers answer instead of data.
// Pure; bounded by the view's own length.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace garner::archive {

inline constexpr std::size_t kLastBytes = 64u << 10;

// The first 8 KiB and the last 64 KiB of a body: where a server's words stand when they stand in or behind data.
std::string first_and_last(std::string_view body);

// The server's message: HTML item "Message:", else VOTable INFO QUERY_STATUS=ERROR. Unescaped, without the request's
// particulars (session, address), not yet printable. Nothing where the body has neither.
std::optional<std::string> message_of_page(std::string_view text);

// The text without markup, blanks collapsed: what a person would read of a page.
std::string words_of(std::string_view text);

bool contains(std::string_view text, std::string_view part);  // ASCII letters of either case match
bool looks_like_html(std::string_view text);

}  // namespace garner::archive
