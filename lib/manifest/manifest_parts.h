// Private to lib/manifest: the parts of a manifest and what their readers share. Each reader records its problems in
// the document and goes on.
#pragma once

#include <initializer_list>

#include "base/strict_yaml.h"
#include "manifest/manifest.h"

namespace garner::manifest {

inline constexpr std::size_t kLongestName = 64;
inline constexpr std::size_t kLongestPath = 4096;

inline constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
inline constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
inline constexpr std::string_view kDigits = "0123456789";

bool consists_of(std::string_view text, std::initializer_list<std::string_view> alphabets);
bool has_control_character(std::string_view text);
std::string upper_case(std::string text);
std::string lower_case(std::string text);

// "schema.table" or "table", of plain identifiers; a problem at the value otherwise (words.cc).
std::optional<std::string> read_table_name(const yaml::Node& node);
std::optional<std::string> read_column_name(const yaml::Node& node);
std::optional<std::string> read_qualified_column(const yaml::Node& node);  // perhaps with a table's alias
// A query's text; a problem at the value if it can't be one.
std::string read_adql(const yaml::Node& node);

Sources read_sources(const yaml::Map& root, std::string_view release);

// When it may run, and how fast (read_timing.cc).
Timing read_timing(const yaml::Map& root);

// Of a combination that is not allowed, compressed or not; for people.
std::string why_not_together(const Manifest& manifest);

// The keys of the manifest's kind into it, and a problem for each key of another kind (read_kinds.cc).
void read_keys_of_kind(const yaml::Map& root, Manifest& manifest);
// Where the kind is none: none of its keys is an unknown one.
void pass_keys_of_kinds(const yaml::Map& root);
// Kind query's partition.
Partition read_partition(const yaml::Node& node);

}  // namespace garner::manifest
