// The tar.zst pack: any tar opens it, one product comes out of one frame, and damage to its index is noticed.
#include <fcntl.h>

#include "fixture.h"
#include "output/descriptor.h"
#include "output/pack_index.h"
#include "output/tar_header.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;

class TarZst : public OutputTest {
 protected:
  void SetUp() override { start({LayoutKind::TarZst}); }

  fs::path pack_file() const { return directory_ / "RVS/0000/RVS-0000000.tar.zst"; }

  Result<PackIndex> index() const {
    const Descriptor file(::open(pack_file().c_str(), O_RDONLY | O_CLOEXEC));
    return read_index(file.get(), "pack");
  }
};

// Bytes that zstd can't press.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 7;
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

TEST_F(TarZst, OpensWithTheToolsThatPeopleHave) {
  if (!have_program("tar") || !have_program("zstd")) GTEST_SKIP() << "tar or zstd is not installed";
  auto members = members_for(spec_, 60);
  members.push_back(
      {product::individual_name("RVS", "Gaia DR3", SourceId{77}, spec_.format), SourceId{77}, noise(3u << 20)});
  members.push_back({std::string(150, 'n') + ".xml", SourceId{78}, "a long name"});
  members.push_back({std::string(100, 'm'), SourceId{79}, "the longest name that a plain header holds"});
  publish({"RVS", 0, 0}, members);

  const fs::path out = base_ / "unpacked";
  fs::create_directory(out);
  EXPECT_EQ(shell(fmt::format("zstd -tq '{}'", pack_file().string())), std::pair(0, std::string()));
  EXPECT_EQ(shell(fmt::format("zstd -dc '{}' | tar -x -C '{}' -f -", pack_file().string(), out.string())),
            std::pair(0, std::string()));
  std::size_t found = 0;
  for (const auto& entry : fs::directory_iterator(out)) found += entry.is_regular_file();
  EXPECT_EQ(found, members.size());
  for (const auto& member : members) EXPECT_EQ(slurp(out / member.name), member.bytes) << member.name;
}

TEST_F(TarZst, GivesOneProductFromItsOffsetWithStandardTools) {
  if (!have_program("tar") || !have_program("zstd")) GTEST_SKIP() << "tar or zstd is not installed";
  std::vector<Member> members;
  for (std::uint64_t id = 1; id <= 40; ++id) {
    members.push_back(
        {product::individual_name("RVS", "Gaia DR3", SourceId{id}, spec_.format), SourceId{id}, noise(100'000 + id)});
  }
  publish({"RVS", 0, 0}, members);
  const auto places = layout_->list({"RVS", 0, 0});
  ASSERT_GOOD(places);
  const ProductPlace& place = places->at(30);
  EXPECT_GT(place.offset, 0u);
  const auto [status, output] = shell(fmt::format("tail -c +{} '{}' | zstd -dcq | tar -xO --occurrence=1 -f - '{}'",
                                                  place.offset + 1, pack_file().string(), place.member));
  EXPECT_EQ(output, members[30].bytes);
}

TEST_F(TarZst, CutsFramesAtMembersAndKeepsThemSmall) {
  std::vector<Member> members;
  for (std::uint64_t id = 1; id <= 40; ++id) members.push_back({fmt::format("m{}", id), SourceId{id}, noise(100'000)});
  members.push_back({"large", SourceId{100}, noise(5u << 20)});
  members.push_back({"small", SourceId{101}, "small"});
  publish({"RVS", 0, 0}, members);
  const auto read = index();
  ASSERT_GOOD(read);
  EXPECT_GT(read->frames.size(), 6u);
  const PackedProduct& large = read->products.at(40);
  EXPECT_EQ(large.offset, kTarBlock);  // alone in its frame
  EXPECT_NE(large.frame, read->products.at(41).frame);
  for (std::size_t n = 0; n < read->frames.size(); ++n) {
    if (n != large.frame) EXPECT_LE(read->frames[n].content, 1u << 20);
  }
  EXPECT_EQ(*product_of({"RVS", 0, 0}, SourceId{100}), members[40].bytes);
  EXPECT_EQ(*product_of({"RVS", 0, 0}, SourceId{101}), "small");
}

TEST_F(TarZst, IsTheSameBytesForTheSameProductsInTheSameOrder) {
  const auto first = publish({"RVS", 0, 0}, members_for(spec_, 60));
  const auto second = publish({"RVS", 0, 0}, members_for(spec_, 60));
  EXPECT_EQ(first, second);
}

TEST_F(TarZst, GivesTablesOfManySourcesNamesThatDifferBetweenPacks) {
  spec_.structure = DataStructure::Raw;
  layout_ = make_layout(spec_);
  publish({"RVS", 0, 0}, members_for(spec_, 4));
  publish({"RVS", 1, 0}, members_for(spec_, 4));
  EXPECT_EQ(layout_->list({"RVS", 0, 0})->front().member, "RVS_RAW-0000000.xml");
  EXPECT_EQ(layout_->list({"RVS", 1, 0})->front().member, "RVS_RAW-0000001.xml");
}

TEST_F(TarZst, NoticesEveryFlippedByteOfItsIndex) {
  publish({"RVS", 0, 0}, members_for(spec_, 10));
  const std::string good = slurp(pack_file());
  const auto read = index();
  ASSERT_GOOD(read);
  const std::size_t frames_end = read->frames.back().offset + read->frames.back().stored;
  for (std::size_t at = frames_end; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x21);
    spill(pack_file(), bad);
    const auto damaged = index();
    if (damaged) {  // a few bits of a zstd header mean nothing; what is read must then be right
      EXPECT_EQ(damaged->products.size(), read->products.size());
      EXPECT_EQ(damaged->products.back().offset, read->products.back().offset);
    } else {
      EXPECT_EQ(damaged.error().kind, Kind::Corrupt);
    }
  }
}

TEST_F(TarZst, ChecksumsEveryFrameAndEndsAsATarArchiveDoes) {
  publish({"RVS", 0, 0}, members_for(spec_, 60));
  const std::string pack = slurp(pack_file());
  const auto read = index();
  ASSERT_GOOD(read);
  std::uint64_t content = 0;
  for (const auto& frame : read->frames) {
    EXPECT_NE(pack[frame.offset + 4] & 4, 0);  // Content_Checksum_flag, RFC 8878 §3.1.1.1.1
    content += frame.content;
  }
  std::uint64_t members = 0;
  for (const auto& product : read->products) members += kTarBlock + product.size + tar_padding(product.size);
  EXPECT_EQ(content, members + kTarEndBytes);
}

TEST_F(TarZst, NoticesBytesThatBelongToNoFrame) {
  publish({"RVS", 0, 0}, members_for(spec_, 10));
  std::string pack = slurp(pack_file());
  const auto read = index();
  ASSERT_GOOD(read);
  pack.insert(read->frames.back().offset + read->frames.back().stored, "junk");
  spill(pack_file(), pack);
  const auto damaged = index();
  ASSERT_FALSE(damaged.has_value());
  EXPECT_EQ(damaged.error().kind, Kind::Corrupt);
}

TEST_F(TarZst, NoticesAPackThatIsCutAnywhere) {
  publish({"RVS", 0, 0}, members_for(spec_, 10));
  const std::string good = slurp(pack_file());
  for (std::size_t length = 0; length < good.size(); length += 1 + length / 50) {
    spill(pack_file(), good.substr(0, length));
    const auto cut = index();
    ASSERT_FALSE(cut.has_value()) << length;
    EXPECT_EQ(cut.error().kind, Kind::Corrupt);
  }
}

TEST(TarHeader, IsABlockOfUstarForAnOrdinaryName) {
  const std::string header = tar_header("RVS-Gaia DR3 1.xml", 57'000);
  ASSERT_EQ(header.size(), kTarBlock);
  EXPECT_EQ(header.substr(257, 6), std::string("ustar\0", 6));
  EXPECT_EQ(header.substr(124, 11), "00000157250");
}

TEST(TarHeader, CarriesLongNamesAndHugeSizesInAPaxHeader) {
  const std::string name(97, 'x');
  EXPECT_EQ(tar_header(name, 1).size(), kTarBlock);
  const std::string longer = tar_header(std::string(101, 'x'), 1);
  ASSERT_EQ(longer.size(), 3 * kTarBlock);
  EXPECT_EQ(longer.substr(kTarBlock, 111), "111 path=" + std::string(101, 'x') + "\n");
  const std::string huge = tar_header("huge", 8ull << 30);
  ASSERT_EQ(huge.size(), 3 * kTarBlock);
  EXPECT_EQ(huge.substr(kTarBlock, 19), "19 size=8589934592\n");
}

}  // namespace
}  // namespace garner::output
