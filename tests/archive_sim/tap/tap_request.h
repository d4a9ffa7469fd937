// The parameters of a TAP request, form-encoded or multipart, and its inline tables. Names are case-insensitive, values
// are not; a name given twice keeps both values (DALI 1.1 §2). Pure functions; bounded by the server's body limit.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "archive_sim/http_server.h"
#include "archive_sim/tap/static_relation.h"

namespace garner::archive_sim {

struct TapFields {
  std::vector<std::pair<std::string, std::string>> values;  // names in upper case, in the order given
  std::map<std::string, std::string, std::less<>> files;    // multipart parts, by name as written

  std::string get(std::string_view upper_name, std::string_view fallback = {}) const;
  bool has(std::string_view upper_name) const;
};

// The query string's parameters, then the body's.
TapFields parse_tap_fields(const HttpRequest& request);

using Uploads = std::map<std::string, std::shared_ptr<const StaticRelation>, std::less<>>;  // by lower-case table name

struct UploadLimits {
  std::uint64_t max_rows = 0;  // 0: none
  std::uint64_t max_bytes = 0;
};

// UPLOAD=name,param:part[;name,param:part...]. A text says what is wrong.
std::variant<Uploads, std::string> read_uploads(const TapFields& fields, const UploadLimits& limits);

// A VOTable in TABLEDATA. Declared entities are refused.
std::variant<std::shared_ptr<const StaticRelation>, std::string> read_upload_votable(std::string_view votable,
                                                                                     std::uint64_t max_rows);

}  // namespace garner::archive_sim
