// What a service tells about itself (VOSI 1.1; TAPRegExt 1.0 for limits and formats; VODataService 1.1 for tables, with
// ESA's attributes). Documents are parsed leniently: what is missing or makes no sense stays empty, advertised limits
// are hints. Parsers: pure, any thread. Fetching: the loop's thread. Errors: Malformed, Corrupt, TooLarge, Maintenance
// (a web page), and judge_failure()'s.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ivoa/caller.h"

namespace garner::ivoa {

// ---- availability

struct Availability {
  bool available = false;
  std::string up_since, down_at, back_at;  // as written: real services write impossible dates
  std::vector<std::string> notes;
};

Result<Availability> parse_availability(std::string_view document);

// ---- capabilities

struct Interface {
  std::string type;  // "vs:ParamHTTP", without its prefix
  std::string role, version;
  std::vector<std::string> access_urls;
  std::vector<std::string> security_methods;  // standardIDs; "" is anonymous. None at all: anonymous too
};

struct OutputFormat {
  std::string id;  // "ivo://ivoa.net/std/TAPRegExt#output-votable-binary2"; may be empty
  std::string mime_type;
  std::vector<std::string> aliases;
};

struct Limit {
  std::optional<std::uint64_t> by_default, hard;
  bool in_bytes = false;  // else rows
};

struct Language {
  std::string name;
  std::vector<std::string> versions;
};

// What a TableAccess capability adds.
struct TapCapability {
  std::vector<Language> languages;
  std::vector<OutputFormat> formats;
  std::vector<std::string> upload_methods;          // "inline", "http", "https", "ftp"
  std::vector<Limit> output_limits, upload_limits;  // a service may give rows and bytes
  std::optional<std::uint64_t> retention_s, execution_s, retention_hard_s, execution_hard_s;

  bool uploads_inline() const;
  // The hard one, else the default one; nothing where none is told.
  std::optional<std::uint64_t> most_rows() const;
  std::optional<std::uint64_t> most_upload_bytes() const;
  std::optional<std::uint64_t> most_upload_rows() const;
};

struct Capability {
  std::string standard_id;
  std::vector<Interface> interfaces;
  TapCapability tap;  // empty for others
};

struct Capabilities {
  std::vector<Capability> all;
  // By standardID, ignoring case and what follows a '#' that `standard_id` does not have.
  const Capability* find(std::string_view standard_id) const;
  const Capability* tap() const { return find("ivo://ivoa.net/std/TAP"); }
};

Result<Capabilities> parse_capabilities(std::string_view document);

// ---- tables

struct TableColumn {
  std::string name, description, unit, ucd, utype;
  std::string datatype;  // "VARCHAR", "BIGINT", "double"
  std::string arraysize;
  bool indexed = false, primary = false;
};

struct TableInfo {
  std::string schema, name, title, description, type;  // name as the service writes it, with or without the schema
  std::optional<std::uint64_t> rows, bytes;            // nrows, or ESA's size and size_bytes: hints
  std::vector<TableColumn> columns;                    // none in a listing without detail

  // "schema.table", as queries say it.
  std::string full_name() const;
};

// Tables one by one as they end, so that memory is bounded by one table. False from `take` ends the reading, well.
using TableSink = std::function<bool(TableInfo)>;
Result<void> read_tables(std::string_view document, const TableSink& take);
Result<std::vector<TableInfo>> parse_tables(std::string_view document);

// ---- fetching

Task<Result<Availability>> fetch_availability(Caller& caller, std::stop_token stop);
Task<Result<Capabilities>> fetch_capabilities(Caller& caller, std::stop_token stop);

// VOSI 1.1: detail=min and …/tables/NAME; ESA's TAP+: only_tables=true and tables=NAME. A service ignores what it does
// not know and answers with everything, which is well too.
enum class TablesDialect { Vosi, TapPlus };
// Without columns where the service can leave them out.
Task<Result<std::vector<TableInfo>>> fetch_table_names(Caller& caller, TablesDialect dialect, std::stop_token stop);
// One table with its columns. NotFound where the service has none of this name.
Task<Result<TableInfo>> fetch_table(Caller& caller, TablesDialect dialect, std::string full_name, std::stop_token stop);

}  // namespace garner::ivoa
