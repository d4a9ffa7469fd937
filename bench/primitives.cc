#include "primitives.h"

#include <expat.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <zstd.h>

#include <functional>

#include "process.h"
#include "product/zip_reader.h"

namespace garner::bench {

namespace {

double timed(const std::function<void()>& work) {
  const double begin = thread_cpu_s();
  work();
  return thread_cpu_s() - begin;
}

void hash(const void* bytes, std::size_t size) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  if (EVP_Digest(bytes, size, digest, nullptr, EVP_sha256(), nullptr) != 1) give_up("SHA-256 failed");
}

void check_well_formed(const std::vector<std::byte>& product) {
  XML_Parser parser = XML_ParserCreate(nullptr);
  if (XML_Parse(parser, reinterpret_cast<const char*>(product.data()), static_cast<int>(product.size()), 1) !=
      XML_STATUS_OK) {
    give_up("a product is not well-formed");
  }
  XML_ParserFree(parser);
}

// One reply at a time, and each primitive over all its products before the next: as they stand in the daemon's way.
class Meter {
 public:
  Meter() {  // as `zstd -3`, which adds checksums
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  void add(const std::string& reply) {
    const auto members = must(product::read_zip_directory(std::as_bytes(std::span(reply))));
    auto& products = products_;  // kept from reply to reply: no page is touched for the first time while time runs
    products.resize(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) products[i].resize(members[i].size);
    costs_.inflate_s += timed([&] { inflate(members, products); });
    costs_.crc_s += timed([&] { check_crc(members, products); });
    costs_.sha256_s += timed([&] { hash(reply.data(), reply.size()); });
    costs_.expat_s += timed([&] { std::ranges::for_each(products, check_well_formed); });
    std::size_t frames = 0;
    costs_.zstd_s += timed([&] { frames = compress(products); });
    costs_.sha256_of_zstd_s += timed([&] { hash(frames_.data(), frames); });
    costs_.frame_bytes += static_cast<double>(frames);
    costs_.reply_bytes += static_cast<double>(reply.size());
    costs_.products += products.size();
    for (const auto& product : products) costs_.product_bytes += static_cast<double>(product.size());
  }
  const PrimitiveCosts& costs() const { return costs_; }
  void forget_costs() { costs_ = {}; }

 private:
  struct FreeDecompressor {
    void operator()(libdeflate_decompressor* one) const { libdeflate_free_decompressor(one); }
  };
  struct FreeContext {
    void operator()(ZSTD_CCtx* one) const { ZSTD_freeCCtx(one); }
  };

  void inflate(const std::vector<product::ZipMember>& members, std::vector<std::vector<std::byte>>& products) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto done =
          libdeflate_deflate_decompress(decompressor_.get(), members[i].data.data(), members[i].data.size(),
                                        products[i].data(), products[i].size(), nullptr);
      if (!members[i].deflated || done != LIBDEFLATE_SUCCESS) give_up("a member does not inflate");
    }
  }

  static void check_crc(const std::vector<product::ZipMember>& members,
                        const std::vector<std::vector<std::byte>>& products) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (libdeflate_crc32(0, products[i].data(), products[i].size()) != members[i].crc)
        give_up("a member's CRC is wrong");
    }
  }

  // All frames, one behind the other, in frames_; their size.
  std::size_t compress(const std::vector<std::vector<std::byte>>& products) {
    std::size_t at = 0;
    for (const auto& product : products) {
      if (frames_.size() < at + ZSTD_compressBound(product.size()))
        frames_.resize(2 * (at + ZSTD_compressBound(product.size())));
      const std::size_t size =
          ZSTD_compress2(context_.get(), frames_.data() + at, frames_.size() - at, product.data(), product.size());
      if (ZSTD_isError(size) != 0) give_up("zstd failed");
      at += size;
    }
    return at;
  }

  std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor_{libdeflate_alloc_decompressor()};
  std::unique_ptr<ZSTD_CCtx, FreeContext> context_{ZSTD_createCCtx()};
  std::vector<std::vector<std::byte>> products_;
  std::vector<std::byte> frames_;
  PrimitiveCosts costs_;
};

}  // namespace

PrimitiveCosts measure_primitives(const std::vector<std::filesystem::path>& replies) {
  Meter meter;
  const std::string first = replies.empty() ? "" : read_file(replies.front());
  if (!first.empty()) meter.add(first);
  meter.forget_costs();  // the first one warms up
  for (const auto& path : replies) meter.add(read_file(path));
  return meter.costs();
}

}  // namespace garner::bench
