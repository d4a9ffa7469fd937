// What a reply holds: reads a whole reply against what was asked, product by product, and tells which sources came. The
// one place that decides whether a reply is good. A reply with one wrong member (not asked, twice, damaged, of another
// release, type or structure, or not what it claims to be) is rejected whole, and only a complete, well-formed reply
// can make a source absent. Blocking and CPU-bound: runs on workers. Errors: Corrupt (damaged or cut), Malformed (not
// what was asked), TooLarge, DiskFull.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"
#include "base/vocabulary.h"
#include "http/body.h"

namespace garner::product {

// What the request asked for; the reply is held against it.
struct Asked {
  std::string release;         // "Gaia DR3"
  std::string retrieval_type;  // "RVS"
  DataStructure structure = DataStructure::Individual;
  ProductFormat format = ProductFormat::VOTable;
  std::span<const SourceId> ids;                // strictly rising
  std::uint64_t max_product_bytes = 64u << 20;  // of one source, from the archive profile
  std::shared_ptr<http::MemoryBudget> budget;   // for what is inflated; beyond it members spill into spool_directory
  std::string spool_directory;
};

// One verified member of the reply, inflated. Valid during ProductSink::add only.
struct Product {
  std::string_view
      name;  // the archive's own, parsed and safe as a file name (no slash, no control character, not "." or "..")
  std::optional<SourceId> id;  // none for a table of many sources
  std::span<const std::byte> bytes;
};

// Takes the products while the reply is read, so that nothing is inflated twice. What it makes of them must stay
// invisible until the reply as a whole was found good.
class ProductSink {
 public:
  virtual ~ProductSink() = default;
  virtual Result<void> add(const Product& product) = 0;
};

struct Contents {
  std::vector<bool> found;          // by the place in Asked::ids
  std::uint32_t products = 0;       // members
  std::uint64_t product_bytes = 0;  // inflated
};

// The reply is a zip (USE_ZIP_ALWAYS). An empty zip is a good reply that holds nothing.
Result<Contents> read_reply(std::span<const std::byte> reply, const Asked& asked, ProductSink& sink);

// A member's name, "<TYPE>-<release> <id>.<ext>" or "<TYPE>_RAW.<ext>" (also "_DATAMODEL_GAIA").
struct ProductName {
  std::string_view retrieval_type, release, extension;  // release empty for RAW names
  std::optional<SourceId> id;
  bool raw = false;
};
Result<ProductName> parse_product_name(std::string_view name);

// The name that the archive gives to a source's product: "RVS-Gaia DR3 123.xml".
std::string individual_name(std::string_view retrieval_type, std::string_view release, SourceId id,
                            ProductFormat format);

}  // namespace garner::product
