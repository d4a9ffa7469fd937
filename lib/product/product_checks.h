// Whether a product is what it claims to be: a whole, well-formed table of its format, of the source that its name says
// (INDIVIDUAL) or of sources that were asked (RAW). Reads bytes once; only of a CSV that was asked for alone the first
// row is looked at again. Pure functions; any thread. Errors: Malformed, Corrupt, TooLarge, as of the table's reader.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/source_id.h"
#include "base/vocabulary.h"

namespace garner::product {

struct Claim {
  std::string_view retrieval_type;
  ProductFormat format = ProductFormat::VOTable;
  // One source was asked or found: then names are the same in both structures, and the content tells which came.
  bool judge_structure = false;
};

Result<void> check_individual(std::span<const std::byte> bytes, const Claim& claim, SourceId id);

// Gives the source_id of every row; an error of `take` ends it, with the row in front.
Result<void> read_raw(std::span<const std::byte> bytes, const Claim& claim,
                      const std::function<Result<void>(SourceId)>& take);

}  // namespace garner::product
