// A page of `GET /v1/harvests/NAME/sources` as text/tab-separated-values, one row a line, without a header:
//   source_id, retrieval_type, detail     and for outcome "refused": where, text, reason
// Foreign texts are made printable, so that no cell holds a tab or a line feed. The cursor travels beside it, in the
// header X-Garner-Next. Values; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "harvest/service/service.h"

namespace garner::control {

std::string sources_tsv(const harvest::SourcesPage& page);
// refused: which of the two kinds of rows they are. Malformed with the line's number.
Result<harvest::SourcesPage> parse_sources_tsv(std::string_view text, bool refused);

}  // namespace garner::control
