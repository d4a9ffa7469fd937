#include "output/paths.h"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace garner::output {

namespace {

constexpr std::uint32_t kBlocksPerFolder = 1000;
constexpr std::uint64_t kSourcesPerFolder = 1000, kSourcesPerTile = 100'000;
constexpr int kOuterLevel = 3, kDeepestLevel = 7;

constexpr std::uint64_t pixels(int level) {
  return 12ull << (2 * level);
}

int digits_of(std::uint64_t number) {
  int digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

std::string_view checked(std::string_view retrieval_type) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.'; };
  assert(!retrieval_type.empty() && letter(retrieval_type[0]) && std::ranges::all_of(retrieval_type, allowed));
  return retrieval_type;
}

std::string generation_suffix(std::uint32_t generation) {
  return generation == 0 ? "" : fmt::format(".{}", generation);
}

std::string_view zst_suffix(const OutputSpec& spec) {
  return spec.compress_files ? ".zst" : "";
}

std::string pixel_name(std::uint64_t pixel, int level) {
  return fmt::format("{:0{}}", pixel, digits_of(pixels(level) - 1));
}

std::string pixel_folder(SourceId id, int level) {
  return pixel_name(healpix_pixel(id, level), level);
}

int smallest_level(std::uint64_t sources, std::uint64_t a_pixel) {
  int level = 0;
  while (level < kDeepestLevel && sources > a_pixel * pixels(level)) ++level;
  return level;
}

}  // namespace

std::string pack_path(const PackKey& key, std::string_view extension) {
  return fmt::format("{0}/{1:04}/{0}-{2:07}{3}.{4}", checked(key.retrieval_type), key.block / kBlocksPerFolder,
                     key.block, generation_suffix(key.generation), extension);
}

std::string raw_name(const OutputSpec& spec, const PackKey& key) {
  return fmt::format("{}{}-{:07}{}.{}", checked(key.retrieval_type), spec.of_rows ? "" : "_RAW", key.block,
                     generation_suffix(key.generation), format_extension(spec.format));
}

std::string raw_path(const OutputSpec& spec, const PackKey& key) {
  return fmt::format("{}/{:04}/{}{}", checked(key.retrieval_type), key.block / kBlocksPerFolder, raw_name(spec, key),
                     zst_suffix(spec));
}

int folder_level(std::uint64_t sources) {
  return smallest_level(sources, kSourcesPerFolder);
}

int tile_level(const OutputSpec& spec) {
  return spec.part_level ? std::min(*spec.part_level, kDeepestLevel) : smallest_level(spec.sources, kSourcesPerTile);
}

std::string tile_path(const OutputSpec& spec, const TileKey& key) {
  const int level = tile_level(spec);
  const std::string outer =
      level > kOuterLevel ? pixel_name(key.tile >> (2 * (level - kOuterLevel)), kOuterLevel) + "/" : "";
  return fmt::format("{0}/{1}{0}-hpx{2}-{3}{4}.fits", checked(key.retrieval_type), outer, level,
                     pixel_name(key.tile, level), generation_suffix(key.generation));
}

std::string product_path(const OutputSpec& spec, std::string_view retrieval_type, SourceId id) {
  const int level = folder_level(spec.sources);
  const std::string outer = level > kOuterLevel ? pixel_folder(id, kOuterLevel) + "/" : "";
  return fmt::format("{}/{}{}/{}{}", checked(retrieval_type), outer, pixel_folder(id, level),
                     product::individual_name(retrieval_type, spec.release, id, spec.format), zst_suffix(spec));
}

std::string chunk_table_path(const OutputSpec& spec, const PackKey& key) {
  return fmt::format("{}/{}", kChunkTableFolder, raw_path(spec, key));
}

std::string chunk_table_folder(std::string_view retrieval_type) {
  return fmt::format("{}/{}", kChunkTableFolder, checked(retrieval_type));
}

std::optional<PackKey> pack_of_chunk_table(const OutputSpec& spec, const std::string& retrieval_type,
                                           std::string_view file_name) {
  PackKey key{retrieval_type, 0, 0};
  const auto number_at = [&](std::size_t at, std::uint32_t& number) {
    return std::from_chars(file_name.data() + std::min(at, file_name.size()), file_name.data() + file_name.size(),
                           number)
        .ptr;
  };
  const std::size_t dash = file_name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const char* dot = number_at(dash + 1, key.block);
  number_at(static_cast<std::size_t>(dot - file_name.data()) + 1, key.generation);
  if (raw_name(spec, key) != file_name) return std::nullopt;
  return key;
}

std::string checksum_list_path(const PackKey& key) {
  return fmt::format("{}/{}/{:04}/{:07}{}.sha256", kChecksumFolder, checked(key.retrieval_type),
                     key.block / kBlocksPerFolder, key.block, generation_suffix(key.generation));
}

}  // namespace garner::output
