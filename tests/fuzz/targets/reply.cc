// What a reply holds: the input is a member, its name on the first line, in a zip that is good. Held against what was
// asked, as single sources and as a table of many, in the format that the name says.
#include "../../unit/support/zip_maker.h"
#include "product/contents.h"
#include "target.h"

namespace garner::fuzz {
namespace {

constexpr std::array kIds = {SourceId{128}, SourceId{5937083312263887616}};

class Sink final : public product::ProductSink {
 public:
  Result<void> add(const product::Product& product) override {
    require(product.name != "." && product.name != ".." &&
                product.name.find_first_of(std::string_view("/\0\n", 3)) == std::string_view::npos,
            "a product's name is safe as a file name");
    ++products;
    return {};
  }
  std::uint32_t products = 0;
};

ProductFormat format_of(std::string_view name) {
  if (name.ends_with(".fits")) return ProductFormat::Fits;
  if (name.ends_with(".csv")) return ProductFormat::Csv;
  return name.ends_with(".ecsv") ? ProductFormat::Ecsv : ProductFormat::VOTable;
}

void run(Bytes bytes) {
  std::string_view rest = text_of(bytes);
  const auto name = take_line(rest);
  const auto zip = test::make_zip({{.name = std::string(name), .data = std::string(rest), .stored = true}});
  for (const auto structure : {DataStructure::Individual, DataStructure::Raw}) {
    for (const std::size_t ids : {1u, 2u}) {
      Sink sink;
      const product::Asked asked{.release = "Gaia DR3",
                                 .retrieval_type = std::string(name.substr(0, name.find('-'))),
                                 .structure = structure,
                                 .format = format_of(name),
                                 .ids = std::span(kIds).first(ids),
                                 .max_product_bytes = 1u << 20,
                                 .budget = std::make_shared<http::MemoryBudget>(8u << 20),
                                 .spool_directory = {}};
      const auto contents = product::read_reply(bytes_of(zip), asked, sink);
      require(asked.budget->used() == 0, "memory is given back");
      if (!contents) continue;
      require(contents->found.size() == ids && contents->products == sink.products, "all is told");
    }
  }
}

const Target kTarget("reply", run);

}  // namespace
}  // namespace garner::fuzz
