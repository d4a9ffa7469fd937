#include "fleet.h"

#include <fmt/format.h>

namespace garner::soak {

namespace {

Shape products(std::string name, std::string format, std::string layout, std::vector<std::string> types,
               std::string more = {}, std::string structure = "INDIVIDUAL") {
  Shape shape{.name = std::move(name),
              .kind = Kind::Products,
              .manifest = fmt::format("retrieval_types: [{}]\nformat: {}\ndata_structure: {}\n{}",
                                      fmt::join(types, ", "), format, structure, more),
              .layout = std::move(layout)};
  if (more.find("chunk_size") == more.npos) shape.manifest += "chunk_size: 25\n";
  for (auto& type : types) shape.products.push_back({std::move(type), format, structure});
  return shape;
}

Shape poisoned(Shape shape) {
  shape.poisoned = true;
  return shape;
}

Shape left_out(Shape shape) {
  shape.left_out = true;
  return shape;
}

Shape windowed(Shape shape) {
  shape.windowed = true;
  return shape;
}

Shape by_query(Shape shape) {
  shape.by_query = true;
  shape.manifest += fmt::format("sources: {{adql: \"SELECT source_id FROM {} WHERE {}\"}}\n", kSourceTable, kBright);
  return shape;
}

Shape rows(std::string name, std::string format, std::string layout, std::string more) {
  return {
      .name = std::move(name),
      .kind = Kind::Rows,
      .manifest = fmt::format("kind: rows\ntables: [{{table: {}, columns: [{}]}}, {}]\nformat: {}\nchunk_size: 40\n{}",
                              kSourceTable, kColumns, kOrbitTable, format, more),
      .layout = std::move(layout)};
}

Shape query(std::string name, std::string format, std::string layout, std::string more) {
  return {.name = std::move(name),
          .kind = Kind::Query,
          .manifest =
              fmt::format("kind: query\nadql: SELECT {} FROM {}\nformat: {}\n{}", kColumns, kSourceTable, format, more),
          .layout = std::move(layout)};
}

}  // namespace

const std::vector<Shape>& all_shapes() {
  static const std::string by_index = "partition: {column: random_index, from: 0, to: 1811709770, parts: 20}\n";
  static const std::vector<Shape> shapes = {
      products("tar", "votable", "layout: tar.zst", {"XP_SAMPLED", "MCMC_MSC"}),
      products("files", "csv", "layout: files", {"XP_SAMPLED"}),
      query("parts", "csv", "layout: tar.zst", by_index + "mode: async\ncount: true\n"),
      products("zip", "fits", "layout: zip", {"XP_SAMPLED"}),
      rows("rows", "csv", "layout: tar.zst", "mode: sync\n"),
      products("merged", "fits", "layout: table", {"EPOCH_PHOTOMETRY"}, {}, "RAW"),
      poisoned(products("poisoned", "votable_plain", "layout: tar.zst", {"XP_SAMPLED"})),
      left_out(products("sparse", "csv", "layout: zip", {"XP_SAMPLED"})),
      query("pixels", "fits", "layout: table", "partition: {healpix: 1}\nmode: async\n"),
      by_query(products("asked", "ecsv", "layout: files, compress: zst", {"MCMC_MSC"})),
      rows("jobs", "fits", "layout: files", "mode: async\n"),
      products("sifted", "votable", "layout: tar.zst", {"XP_SAMPLED", "MCMC_MSC"}, "prefilter: true\n"),
      products("raw", "csv", "layout: tar.zst", {"XP_SAMPLED"}, {}, "RAW"),
      windowed(products("nightly", "fits", "layout: files", {"XP_SAMPLED", "MCMC_MSC"})),
  };
  return shapes;
}

}  // namespace garner::soak
