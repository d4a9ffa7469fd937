// A multipart/form-data body (RFC 7578) for queries that bring tables along (TAP 1.1 §2.7.6). In memory: uploads are
// bounded by the service's limit. Pure; any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace garner::ivoa {

struct FilePart {
  std::string name, file_name, content_type, bytes;
};

struct FormBody {
  std::string content_type;  // with the boundary
  std::string body;
};

// Fields first, in order, then files. Invalid for a name or file name with a quote, a line break or a NUL.
Result<FormBody> multipart_form(const std::vector<std::pair<std::string, std::string>>& fields,
                                const std::vector<FilePart>& files);

}  // namespace garner::ivoa
