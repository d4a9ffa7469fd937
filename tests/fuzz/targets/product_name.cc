// Names of products.
#include "product/contents.h"
#include "target.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  const auto name = product::parse_product_name(text_of(bytes));
  if (!name) return;
  require(text_of(bytes).find_first_of(std::string_view("/\0\n", 3)) == std::string_view::npos, "good for a file name");
  require(name->raw != name->id.has_value(), "of one source, or of many");
  if (name->id && name->extension == "fits") {
    const auto made = product::individual_name(name->retrieval_type, name->release, *name->id, ProductFormat::Fits);
    require(made == text_of(bytes), "what is parsed can be made again");
  }
}

const Target kTarget("product_name", run);

}  // namespace
}  // namespace garner::fuzz
