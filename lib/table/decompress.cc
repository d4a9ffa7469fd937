// gzip by zlib and zstd by libzstd, as pull sources. Both accept concatenated members and frames, as their tools write
// them.
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <array>

#include "table/byte_source.h"
#include "table/peeked_source.h"

namespace garner::table {

namespace {

constexpr std::size_t kInputBytes = 128u << 10;

// The compressed side: a buffer that is refilled from the source beneath.
class Input {
 public:
  explicit Input(std::unique_ptr<ByteSource> source) : source_(std::move(source)), buffer_(kInputBytes) {}

  std::span<const std::byte> rest() const { return std::span(buffer_).subspan(begin_, end_ - begin_); }
  void consume(std::size_t count) { begin_ += count; }
  // False at the end of the source; otherwise rest() is not empty.
  Result<bool> fill() {
    if (begin_ < end_) return true;
    auto got = source_->read(buffer_);
    if (!got) return std::unexpected(std::move(got.error()));
    begin_ = 0;
    end_ = *got;
    return end_ > 0;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> source) : input_(std::move(source)) {
    ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;  // 15: the largest window; +16: gzip headers and trailers only
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() override {
    if (ready_) inflateEnd(&stream_);
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    if (!ready_) return fail(Kind::Internal, "zlib could not be initialised");
    if (out.empty()) return std::size_t{0};
    for (;;) {
      auto more = input_.fill();
      if (!more) return std::unexpected(std::move(more.error()));
      if (!*more) {
        if (inside_) return fail(Kind::Corrupt, "the gzip stream is cut: it ends inside a member");
        return std::size_t{0};
      }
      auto written = step(out);
      if (!written || *written > 0) return written;
    }
  }

 private:
  Result<std::size_t> step(std::span<std::byte> out) {
    const auto in = input_.rest();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1u << 30));
    const uInt room = stream_.avail_out;
    inside_ = true;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    input_.consume(in.size() - stream_.avail_in);
    if (code == Z_STREAM_END) {
      inside_ = false;
      inflateReset(&stream_);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return fail(Kind::Corrupt, "the gzip stream is damaged: {}", stream_.msg ? stream_.msg : "unexpected data");
    }
    return static_cast<std::size_t>(room - stream_.avail_out);
  }

  Input input_;
  z_stream stream_{};
  bool ready_ = false;
  bool inside_ = false;
};

class ZstdSource final : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> source, ZstdWindow most)
      : input_(std::move(source)), most_(static_cast<int>(most)), context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {
    if (context_) ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, most_);
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    if (!context_) return fail(Kind::Internal, "zstd could not be initialised");
    if (out.empty()) return std::size_t{0};
    for (;;) {
      // Output may still lie in the decompressor after the last input was taken, so the end is judged after a call
      // without progress.
      auto more = input_.fill();
      if (!more) return std::unexpected(std::move(more.error()));
      if (!*more && !inside_) return std::size_t{0};
      const auto in = input_.rest();
      ZSTD_inBuffer from{in.data(), in.size(), 0};
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const std::size_t code = ZSTD_decompressStream(context_.get(), &to, &from);
      input_.consume(from.pos);
      if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge) {
        return fail(Kind::TooLarge, "the zstd stream needs a window of more than {} MiB", 1 << (most_ - 20));
      }
      if (ZSTD_isError(code)) {
        return fail(Kind::Corrupt, "the zstd stream is damaged: {}", ZSTD_getErrorName(code));
      }
      inside_ = code != 0;
      if (to.pos > 0) return to.pos;
      if (!*more) return fail(Kind::Corrupt, "the zstd stream is cut: it ends inside a frame");
    }
  }

 private:
  Input input_;
  int most_;
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool inside_ = false;
};

bool begins_with(std::span<const std::byte> head, std::span<const unsigned char> magic) {
  return head.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), head.begin(),
                    [](unsigned char a, std::byte b) { return a == std::to_integer<unsigned char>(b); });
}

constexpr std::array<unsigned char, 3> kGzip{0x1f, 0x8b, 0x08};
constexpr std::array<unsigned char, 4> kZstd{0x28, 0xb5, 0x2f, 0xfd};

}  // namespace

bool is_compressed(std::span<const std::byte> head) {
  return begins_with(head, kGzip) || begins_with(head, kZstd);
}

Result<std::unique_ptr<ByteSource>> decompressed(std::unique_ptr<ByteSource> source, ZstdWindow most) {
  auto peeked = PeekedSource::peek(std::move(source), kZstd.size());
  if (!peeked) return std::unexpected(std::move(peeked.error()));
  const auto head = (*peeked)->head();
  if (begins_with(head, kGzip)) return std::make_unique<GzipSource>(std::move(*peeked));
  if (begins_with(head, kZstd)) return std::make_unique<ZstdSource>(std::move(*peeked), most);
  return std::unique_ptr<ByteSource>(std::move(*peeked));
}

}  // namespace garner::table
