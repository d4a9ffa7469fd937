// Which tile of layout `table` a source lies in. A tile is a HEALPix pixel (nested) at the harvest's tile level
// (paths.h). The ids of a harvest are source_ids; of a query in parts that are pixels they are the parts' numbers
// (pixel + 1), and a tile is made of whole parts. Values; pure.
#pragma once

#include "output/layout.h"
#include "output/paths.h"

namespace garner::output {

struct SourceRange {
  SourceId first, last;  // both included
};

class TileGeometry {
 public:
  explicit TileGeometry(const OutputSpec& spec) : level_(tile_level(spec)), part_level_(spec.part_level) {}

  int level() const { return level_; }
  bool of_parts() const { return part_level_.has_value(); }

  // Of an id of the harvest.
  std::uint64_t tile_of(SourceId id) const {
    return part_level_ ? (id.value - 1) >> (2 * (*part_level_ - level_)) : healpix_pixel(id, level_);
  }
  // The source_ids that stand behind an id of the harvest.
  SourceRange sources_of(SourceId id) const {
    return part_level_ ? sources_in(id.value - 1, *part_level_) : SourceRange{id, id};
  }
  SourceRange sources_in(std::uint64_t tile) const { return sources_in(tile, level_); }

 private:
  static SourceRange sources_in(std::uint64_t pixel, int level) {
    const int shift = kSourceIdPixelShift + 2 * (kSourceIdPixelLevel - level);
    return {SourceId{pixel << shift}, SourceId{((pixel + 1) << shift) - 1}};
  }

  int level_;
  std::optional<int> part_level_;
};

}  // namespace garner::output
