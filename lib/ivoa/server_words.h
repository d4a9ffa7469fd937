// The server's own words out of what it answered instead of data: HTML pages, VOTable error documents (DALI 1.1 §4.4.1,
// §5.4), plain text. Reads markup by its marks, not by its grammar, since such pages are cut, appended or broken.
// What the words mean is judged elsewhere (ivoa/dali for TAP, archive/reply for product services).
// Pure; any thread; bounded by the view's own length.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace garner::ivoa {

inline constexpr std::size_t kLastBytes = 64u << 10;

// The first 8 KiB and the last 64 KiB of a body: where a server's words stand when they stand in or behind data.
std::string first_and_last(std::string_view body);

// The server's message: HTML item "Message:", else VOTable INFO QUERY_STATUS=ERROR. Unescaped, without the request's
// particulars (session, address), not yet printable. Nothing where the body has neither.
std::optional<std::string> message_of_page(std::string_view text);

// The words of old VOTable errors, <INFO name="ERROR"> (VOTable 1.0 services). Nothing where there is none.
std::optional<std::string> error_info_of(std::string_view text);

// The text without markup, blanks collapsed: what a person would read of a page.
std::string words_of(std::string_view text);

// The server's message if there is one, else what the page says; printable and short.
std::string extract_message(std::string_view body);

bool contains(std::string_view text, std::string_view part);  // ASCII letters of either case match
bool looks_like_html(std::string_view text);

}  // namespace garner::ivoa
