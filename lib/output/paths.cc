#include "output/paths.h"

#include <algorithm>
#include <cassert>

namespace garner::output {

namespace {

constexpr std::uint32_t kBlocksPerFolder = 1000;
constexpr std::uint64_t kSourcesPerFolder = 1000;
constexpr int kOuterLevel = 3, kDeepestLevel = 7;

constexpr std::uint64_t pixels(int level) { return 12ull << (2 * level); }

int digits_of(std::uint64_t number) {
  int digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

std::string_view checked(std::string_view retrieval_type) {
  const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  assert(!retrieval_type.empty() && std::ranges::all_of(retrieval_type, allowed));
  return retrieval_type;
}

std::string generation_suffix(std::uint32_t generation) { return generation == 0 ? "" : fmt::format(".{}", generation); }

std::string_view zst_suffix(const OutputSpec& spec) { return spec.compress_files ? ".zst" : ""; }

std::string pixel_folder(SourceId id, int level) {
  return fmt::format("{:0{}}", healpix_pixel(id, level), digits_of(pixels(level) - 1));
}

}  // namespace

std::string pack_path(const PackKey& key, std::string_view extension) {
  return fmt::format("{0}/{1:04}/{0}-{2:07}{3}.{4}", checked(key.retrieval_type), key.block / kBlocksPerFolder, key.block,
                     generation_suffix(key.generation), extension);
}

std::string raw_name(const OutputSpec& spec, const PackKey& key) {
  return fmt::format("{}_RAW-{:07}{}.{}", checked(key.retrieval_type), key.block, generation_suffix(key.generation),
                     format_extension(spec.format));
}

std::string raw_path(const OutputSpec& spec, const PackKey& key) {
  return fmt::format("{}/{:04}/{}{}", checked(key.retrieval_type), key.block / kBlocksPerFolder, raw_name(spec, key), zst_suffix(spec));
}

int folder_level(std::uint64_t sources) {
  int level = 0;
  while (level < kDeepestLevel && sources > kSourcesPerFolder * pixels(level)) ++level;
  return level;
}

std::string product_path(const OutputSpec& spec, std::string_view retrieval_type, SourceId id) {
  const int level = folder_level(spec.sources);
  const std::string outer = level > kOuterLevel ? pixel_folder(id, kOuterLevel) + "/" : "";
  return fmt::format("{}/{}{}/{}{}", checked(retrieval_type), outer, pixel_folder(id, level),
                     product::individual_name(retrieval_type, spec.release, id, spec.format), zst_suffix(spec));
}

std::string chunk_table_path(const OutputSpec& spec, const PackKey& key) { return fmt::format("{}/{}", kChunkTableFolder, raw_path(spec, key)); }

std::string checksum_list_path(const PackKey& key) {
  return fmt::format("{}/{}/{:04}/{:07}{}.sha256", kChecksumFolder, checked(key.retrieval_type), key.block / kBlocksPerFolder, key.block,
                     generation_suffix(key.generation));
}

}  // namespace garner::output
