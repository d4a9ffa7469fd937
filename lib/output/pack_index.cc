#include "output/pack_index.h"

#include <limits>

#include "output/publish.h"
#include "output/zstd_codec.h"

namespace garner::output {

namespace {

constexpr std::uint32_t kSkippableMagic = 0x184D2A57;
constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kMagic = "garnerIX";
constexpr std::size_t kSkippableHeader = 8, kFooter = 16;
constexpr std::uint64_t kMaxTable = 64u << 20;

template <class Number>
void put(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) out += static_cast<char>(number >> (8 * i) & 0xFF);
}

// Takes numbers and texts off the front; once something is missing everything after it is zero and good() is false.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  template <class Number>
  Number number() {
    const std::string_view bytes = text(sizeof(Number));
    Number value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
      value = static_cast<Number>(value << 8 | static_cast<unsigned char>(bytes[i]));
    return value;
  }
  std::string_view text(std::size_t length) {
    if (length > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }
  bool good() const { return good_; }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

Result<PackIndex> decode_table(std::string_view table, std::uint64_t frames_end) {
  Cursor in(table);
  PackIndex index;
  std::uint64_t offset = 0;
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.good(); --left) {
    PackFrame frame{offset, in.number<std::uint64_t>(), in.number<std::uint64_t>()};
    if (frame.stored > frames_end - offset)
      return fail(Kind::Corrupt, "index: frame {} reaches beyond the frames' end", index.frames.size());
    offset += frame.stored;
    index.frames.push_back(frame);
  }
  if (offset != frames_end) return fail(Kind::Corrupt, "index: frames end at byte {}, expected {}", offset, frames_end);
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.good(); --left) {
    PackedProduct product;
    if (const auto id = in.number<std::uint64_t>(); id != 0) product.id = SourceId{id};
    product.frame = in.number<std::uint32_t>();
    product.offset = in.number<std::uint64_t>();
    product.size = in.number<std::uint64_t>();
    product.name = in.text(in.number<std::uint16_t>());
    if (!in.good()) break;
    const bool fits = product.frame < index.frames.size() && product.offset <= index.frames[product.frame].content &&
                      product.size <= index.frames[product.frame].content - product.offset;
    if (!fits) return fail(Kind::Corrupt, "index: product {} lies outside its frame", index.products.size());
    index.products.push_back(std::move(product));
  }
  if (!in.good() || in.left() != 0) return fail(Kind::Corrupt, "index: its table is cut or has bytes left over");
  return index;
}

}  // namespace

Result<std::string> encode_index(const PackIndex& index) {
  std::string table;
  put(table, static_cast<std::uint32_t>(index.frames.size()));
  for (const auto& frame : index.frames) {
    put(table, frame.stored);
    put(table, frame.content);
  }
  put(table, static_cast<std::uint32_t>(index.products.size()));
  for (const auto& product : index.products) {
    if (product.name.size() > std::numeric_limits<std::uint16_t>::max())
      return fail(Kind::Internal, "product name of {} bytes", product.name.size());
    put(table, product.id ? product.id->value : std::uint64_t{0});
    put(table, product.frame);
    put(table, product.offset);
    put(table, product.size);
    put(table, static_cast<std::uint16_t>(product.name.size()));
    table += product.name;
  }
  if (table.size() > kMaxTable)
    return fail(Kind::Internal, "index of {} bytes, at most {} expected", table.size(), kMaxTable);

  std::string compressed;
  auto done = compress_frame(bytes_of(table), [&compressed](std::span<const std::byte> bytes) -> Result<void> {
    compressed.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  });
  if (!done) return std::unexpected(done.error());
  std::string frame;
  put(frame, kSkippableMagic);
  put(frame, static_cast<std::uint32_t>(compressed.size() + kFooter));
  frame += compressed;
  put(frame, static_cast<std::uint32_t>(compressed.size()));
  put(frame, kVersion);
  frame += kMagic;
  return frame;
}

Result<PackIndex> read_index(int file, const std::string& name_for_errors) {
  const auto size = file_size(file, name_for_errors);
  if (!size) return std::unexpected(size.error());
  if (*size < kSkippableHeader + kFooter)
    return fail(Kind::Corrupt, "{}: too short for a pack ({} bytes)", name_for_errors, *size);
  std::string footer(kFooter, '\0');
  if (auto read = read_at(file, *size - kFooter, std::as_writable_bytes(std::span(footer)), name_for_errors); !read)
    return std::unexpected(read.error());
  Cursor end(footer);
  const auto length = end.number<std::uint32_t>();
  const auto version = end.number<std::uint32_t>();
  if (end.text(kMagic.size()) != kMagic) return fail(Kind::Corrupt, "{}: no index at its end", name_for_errors);
  if (version != kVersion)
    return fail(Kind::Corrupt, "{}: index version {}, this program reads {}", name_for_errors, version, kVersion);
  const std::uint64_t whole = kSkippableHeader + std::uint64_t{length} + kFooter;
  if (whole > *size || length > kMaxTable)
    return fail(Kind::Corrupt, "{}: index of {} bytes in a file of {}", name_for_errors, length, *size);

  std::string frame(kSkippableHeader + length, '\0');
  if (auto read = read_at(file, *size - whole, std::as_writable_bytes(std::span(frame)), name_for_errors); !read)
    return std::unexpected(read.error());
  Cursor start(frame);
  if (start.number<std::uint32_t>() != kSkippableMagic || start.number<std::uint32_t>() != length + kFooter) {
    return fail(Kind::Corrupt, "{}: its index has no skippable frame around it", name_for_errors);
  }
  const auto table = decompress_frame(bytes_of(start.text(length)), kMaxTable);
  if (!table) return with_context(table.error(), "{}: index", name_for_errors);
  auto index = decode_table(*table, *size - whole);
  if (!index) return with_context(index.error(), "{}", name_for_errors);
  return index;
}

}  // namespace garner::output
