#include "output/receipt_files.h"

#include <algorithm>

#include "output/paths.h"
#include "output/publish.h"

namespace garner::output {

namespace {

constexpr std::size_t kBlockBytes = 1u << 20;

}  // namespace

Result<std::optional<SumsFacts>> sums_facts(const OutputSpec& spec) {
  const OutputTree tree(spec);
  const std::string path = tree.full(kChecksumFile);
  const auto file = tree.open_file(kChecksumFile);
  if (!file && file.error().kind == Kind::NotFound) return std::nullopt;
  if (!file) return std::unexpected(file.error());
  const auto size = file_size(file->get(), path);
  if (!size) return std::unexpected(size.error());
  SumsFacts facts;
  Sha256Stream hash;
  std::vector<std::byte> block(static_cast<std::size_t>(std::min<std::uint64_t>(*size, kBlockBytes)));
  for (std::uint64_t at = 0; at < *size; at += block.size()) {
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(*size - at, kBlockBytes)));
    if (auto read = read_at(file->get(), at, block, path); !read) return std::unexpected(read.error());
    hash.add(block);
    facts.files += static_cast<std::uint64_t>(std::ranges::count(block, std::byte{'\n'}));
  }
  facts.hash = to_hex(hash.finish());
  return facts;
}

Result<void> write_receipt(const OutputSpec& spec, std::string_view json, std::string_view markdown) {
  OutputTree tree(spec);
  if (auto written = publish_text(tree, markdown, kReceiptText); !written) return written;
  return publish_text(tree, json, kReceiptFile);
}

}  // namespace garner::output
