#include "output/zstd_codec.h"

#include <zstd.h>

#include <array>
#include <cassert>

namespace garner::output {

namespace {

constexpr int kLevel = 3;  // level 9 buys 6 % for three times the time

void configure(ZSTD_CCtx* context) {
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
}

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

ZSTD_CCtx* compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> kept = [] {
    std::unique_ptr<ZSTD_CCtx, FreeCompressor> made(ZSTD_createCCtx());
    assert(made != nullptr);
    configure(made.get());
    return made;
  }();
  return kept.get();
}

ZSTD_DCtx* decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> kept(ZSTD_createDCtx());
  assert(kept != nullptr);
  return kept.get();
}

std::unexpected<Error> zstd_failed(std::size_t code) {
  return fail(Kind::Internal, "zstd: {}", ZSTD_getErrorName(code));
}

// Puts one part through; with ZSTD_e_end until the frame is closed.
Result<void> pump(ZSTD_CCtx* context, std::span<const std::byte> part, ZSTD_EndDirective directive,
                  std::span<std::byte> out, const ByteSink& sink) {
  ZSTD_inBuffer in{part.data(), part.size(), 0};
  for (;;) {
    ZSTD_outBuffer produced{out.data(), out.size(), 0};
    const std::size_t left = ZSTD_compressStream2(context, &produced, &in, directive);
    if (ZSTD_isError(left)) return zstd_failed(left);
    if (produced.pos > 0) {
      if (auto taken = sink(out.first(produced.pos)); !taken) return taken;
    }
    if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
  }
}

}  // namespace

Result<void> compress_frame(std::span<const std::span<const std::byte>> parts, const ByteSink& sink) {
  thread_local std::vector<std::byte> out(ZSTD_CStreamOutSize());
  ZSTD_CCtx* context = compressor();
  std::uint64_t total = 0;
  for (const auto part : parts) total += part.size();
  ZSTD_CCtx_reset(context, ZSTD_reset_session_only);  // an earlier frame may have been given up
  ZSTD_CCtx_setPledgedSrcSize(context, total);
  for (const auto part : parts) {
    if (auto done = pump(context, part, ZSTD_e_continue, out, sink); !done) return done;
  }
  return pump(context, {}, ZSTD_e_end, out, sink);
}

Result<void> compress_frame(std::span<const std::byte> bytes, const ByteSink& sink) {
  const std::array parts{bytes};
  return compress_frame(parts, sink);
}

Result<std::uint64_t> frame_content_size(std::span<const std::byte> start) {
  const auto size = ZSTD_getFrameContentSize(start.data(), start.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) {
    return fail(Kind::Corrupt, "no zstd frame of known content size");
  }
  return size;
}

Result<std::string> decompress_frame(std::span<const std::byte> stored, std::uint64_t max_content) {
  const auto size = frame_content_size(stored);
  if (!size) return std::unexpected(size.error());
  if (*size > max_content)
    return fail(Kind::Corrupt, "zstd frame of {} bytes, at most {} expected", *size, max_content);
  const std::size_t frame = ZSTD_findFrameCompressedSize(stored.data(), stored.size());
  if (ZSTD_isError(frame) || frame != stored.size())
    return fail(Kind::Corrupt, "zstd frame is cut or followed by other bytes");
  std::string content(*size, '\0');
  const std::size_t got =
      ZSTD_decompressDCtx(decompressor(), content.data(), content.size(), stored.data(), stored.size());
  if (ZSTD_isError(got)) return fail(Kind::Corrupt, "zstd: {}", ZSTD_getErrorName(got));
  if (got != content.size()) return fail(Kind::Corrupt, "zstd frame holds {} bytes, {} expected", got, content.size());
  return content;
}

void ZstdStream::Free::operator()(void* context) const {
  ZSTD_freeCCtx(static_cast<ZSTD_CCtx*>(context));
}

ZstdStream::ZstdStream(ByteSink sink)
    : sink_(std::move(sink)), context_(ZSTD_createCCtx()), out_(ZSTD_CStreamOutSize(), '\0') {
  assert(context_ != nullptr);
  configure(static_cast<ZSTD_CCtx*>(context_.get()));
}

Result<void> ZstdStream::run(std::string_view text, bool end) {
  return pump(static_cast<ZSTD_CCtx*>(context_.get()), std::as_bytes(std::span(text)),
              end ? ZSTD_e_end : ZSTD_e_continue, std::as_writable_bytes(std::span(out_)), sink_);
}

Result<void> ZstdStream::add(std::string_view text) {
  return run(text, false);
}

Result<void> ZstdStream::finish() {
  return run({}, true);
}

}  // namespace garner::output
