#include "table/byte_source.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zstd.h>

#include <cstdlib>
#include <fstream>

#include "samples.h"

namespace garner::table {
namespace {

using samples::bytes_of;
using samples::gzip;

std::string zstd(std::string_view plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

Result<std::string> read_all(std::string_view bytes, std::size_t block_size = 1000) {
  auto source = decompressed(from_memory(bytes_of(bytes)));
  if (!source) return std::unexpected(source.error());
  std::string all, block(block_size, '\0');
  for (;;) {
    auto got = (*source)->read(std::as_writable_bytes(std::span(block)));
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return all;
    all.append(block, 0, *got);
  }
}

std::string sample_text() {
  std::string text;
  for (int i = 0; i < 40000; ++i) text += std::to_string(i * 7919) + "\n";
  return text;
}

TEST(ByteSource, PassesPlainBytesThrough) {
  EXPECT_EQ(read_all("abc").value(), "abc");
  EXPECT_EQ(read_all("").value(), "");
  EXPECT_EQ(read_all("\x1f").value(), "\x1f");
}

TEST(ByteSource, ReadsConcatenatedGzipMembersAndZstdFrames) {
  const std::string text = sample_text();
  for (const std::size_t block : {1u, 777u, 1u << 20}) {
    const std::string part = block == 1 ? text.substr(0, 3000) : text;
    EXPECT_EQ(read_all(gzip(part) + gzip("more") + gzip(""), block).value(), part + "more");
    EXPECT_EQ(read_all(zstd(part) + zstd("more") + zstd(""), block).value(), part + "more");
  }
}

TEST(ByteSource, FindsEveryCutOfACompressedStream) {
  const std::string text = sample_text().substr(0, 5000);
  for (const std::string& whole : {gzip(text), zstd(text)}) {
    for (std::size_t size = 4; size < whole.size(); ++size) {
      const auto read = read_all(std::string_view(whole).substr(0, size));
      ASSERT_FALSE(read) << "cut to " << size << " of " << whole.size();
      ASSERT_EQ(read.error().kind, Kind::Corrupt);
    }
  }
}

TEST(ByteSource, FindsDamageAndBytesBehindACompressedStream) {
  const std::string text = sample_text();
  std::string damaged = gzip(text);
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // in the CRC
  EXPECT_EQ(read_all(damaged).error().kind, Kind::Corrupt);
  EXPECT_EQ(read_all(gzip(text) + "behind").error().kind, Kind::Corrupt);
  EXPECT_EQ(read_all(zstd(text) + "behind it").error().kind, Kind::Corrupt);
}

// A window is memory, and the stream's maker chooses it.
TEST(ByteSource, ReadsALargeZstdWindowOnlyWhereItIsAllowed) {
  std::string stream(1000, '\0');
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, 24);
  ZSTD_inBuffer in{"text", 4, 0};
  ZSTD_outBuffer out{stream.data(), stream.size(), 0};
  ASSERT_EQ(ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_flush), 0u);  // the frame's head, without a size
  ASSERT_EQ(ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_end), 0u);
  stream.resize(out.pos);
  const auto refused = read_all(stream);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::TooLarge);
  EXPECT_THAT(refused.error().detail, ::testing::HasSubstr("8 MiB"));
  auto source = decompressed(from_memory(bytes_of(stream)), ZstdWindow::Large);
  std::string text(10, '\0');
  EXPECT_EQ((*source)->read(std::as_writable_bytes(std::span(text))).value(), 4u);
}

TEST(ByteSource, NamesTheFileThatCannotBeRead) {
  const auto missing = from_file("/nonexistent/ids.csv");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Kind::NotFound);
  EXPECT_THAT(missing.error().detail, ::testing::HasSubstr("/nonexistent/ids.csv"));
  const auto folder = from_file("/");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, Kind::Invalid);
  EXPECT_THAT(folder.error().detail, ::testing::HasSubstr("directory"));
}

TEST(ByteSource, ReadsAFile) {
  char name[] = "/tmp/garner_table_XXXXXX";
  const int descriptor = ::mkstemp(name);
  ASSERT_GE(descriptor, 0);
  ::close(descriptor);
  std::ofstream(name) << "source_id\n1\n";
  auto source = from_file(name);
  ASSERT_TRUE(source) << source.error().detail;
  std::string block(100, '\0');
  EXPECT_EQ((*source)->read(std::as_writable_bytes(std::span(block))).value(), 12u);
  EXPECT_EQ((*source)->read(std::as_writable_bytes(std::span(block))).value(), 0u);
  ::unlink(name);
}

TEST(ByteSource, ACutGzippedTableIsNotReadAsAShortOne) {
  const std::string whole = gzip(samples::csv(5000));
  auto source = decompressed(from_memory(bytes_of(whole).first(whole.size() - 9)));
  ASSERT_TRUE(source);
  auto reader = open_table(std::move(*source), {});
  ASSERT_TRUE(reader) << reader.error().detail;
  Result<bool> row = true;
  while (row && *row) row = (*reader)->next_row();
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().kind, Kind::Corrupt);
}

}  // namespace
}  // namespace garner::table
