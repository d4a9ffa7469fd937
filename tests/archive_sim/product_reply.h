// The body of a good request: the members for its ids, shuffled and zipped (or one bare file), and the content faults
// that spoil it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "archive_sim/body.h"
#include "archive_sim/data_request.h"
#include "archive_sim/faults.h"
#include "archive_sim/member_cache.h"

namespace garner::archive_sim {

struct ProductBody {
  Body body;
  std::string content_type;
  bool proper = true;  // false where a content fault was put in
};

// Whether a fault of the content kind has something to spoil in this request.
bool can_spoil(Fault fault, const DataRequest& request, const Knobs& knobs);

ProductBody make_product_body(const DataRequest& request, const Knobs& knobs, const std::optional<FiredFault>& fault,
                              std::uint64_t ordinal, MemberCache& cache);

}  // namespace garner::archive_sim
