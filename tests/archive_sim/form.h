// application/x-www-form-urlencoded fields, of a body or of a query string. The archive's clients also send blanks and
// commas unescaped; both are taken as they stand. A name given twice keeps its first value.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace garner::archive_sim {

using Form = std::map<std::string, std::string, std::less<>>;

std::string url_decode(std::string_view text);
Form parse_form(std::string_view text);

// The value of `name`, or `fallback` where it is missing.
std::string form_value(const Form& form, std::string_view name, std::string_view fallback = {});

// The value of one cookie in a Cookie header; empty where it is missing.
std::string cookie_value(std::string_view cookie_header, std::string_view name);

}  // namespace garner::archive_sim
