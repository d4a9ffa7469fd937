// Tables that go along with a query: NAME=FILE. Read with the caller's rights, in whatever format, and sent as VOTable;
// one that is a VOTable goes as it is. Blocking. Errors: Invalid, with the file's name.
#pragma once

#include <string>
#include <vector>

#include "ivoa/tap.h"

namespace garner::client {

inline constexpr std::uint64_t kMostUploadBytes = 256u
                                                  << 20;  // of one table, as VOTable; services allow less and say so

Result<ivoa::Upload> read_upload(const std::string& name_and_file);
Result<std::vector<ivoa::Upload>> read_uploads(const std::vector<std::string>& all);

}  // namespace garner::client
