// What layout `files` promises beside the rest.
#include "fixture.h"
#include "output/checksum_list.h"
#include "output/paths.h"
#include "output/sha256.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;

class Files : public OutputTest {};

TEST_F(Files, LieInHealpixFoldersUnderTheArchivesNames) {
  start({LayoutKind::Files});
  const auto members = members_for(spec_, 20);
  publish({"RVS", 0, 0}, members);
  std::set<std::string> expected;
  for (const auto& member : members) {
    expected.insert(
        fmt::format("RVS/{:03}/{:04}/{}", healpix_pixel(*member.id, 3), healpix_pixel(*member.id, 4), member.name));
  }
  EXPECT_EQ(visible(), expected);
}

TEST_F(Files, KeepAChecksumListAChunkThatSha256sumReads) {
  start({LayoutKind::Files, true});
  publish({"RVS", 12, 0}, members_for(spec_, 20));
  const auto list = directory_ / ".garner/checksums/RVS/0000/0000012.sha256";
  ASSERT_TRUE(fs::exists(list));
  if (!have_program("sha256sum")) GTEST_SKIP() << "sha256sum is not installed";
  const auto [status, output] =
      shell(fmt::format("cd '{}' && sha256sum --strict -c '{}'", directory_.string(), list.string()));
  EXPECT_EQ(status, 0) << output;
}

TEST_F(Files, OpenWithTheZstdTool) {
  if (!have_program("zstd")) GTEST_SKIP() << "zstd is not installed";
  start({LayoutKind::Files, true});
  const auto members = members_for(spec_, 3);
  publish({"RVS", 0, 0}, members);
  const auto [status, output] =
      shell(fmt::format("zstd -dc '{}'", (directory_ / product_path(spec_, "RVS", *members[1].id)).string()));
  EXPECT_EQ(status, 0);
  EXPECT_EQ(output, members[1].bytes);
}

TEST_F(Files, ReportADamagedChecksumList) {
  start({LayoutKind::Files});
  const auto pack = publish({"RVS", 0, 0}, members_for(spec_, 5));
  flip_byte(directory_ / checksum_list_path({"RVS", 0, 0}), 3);
  const auto damage = layout_->verify({"RVS", 0, 0}, pack);
  ASSERT_GOOD(damage);
  EXPECT_EQ(*damage, std::vector<std::string>{".garner/checksums/RVS/0000/0000000.sha256: sha256 differs"});
  EXPECT_EQ(layout_->checksums({"RVS", 0, 0}, pack).error().kind, Kind::Corrupt);
}

TEST_F(Files, RefuseASecondTableInOneReply) {
  start({LayoutKind::Files, false, DataStructure::Raw});
  auto writer = layout_->begin({"RVS", 0, 0});
  ASSERT_GOOD(writer);
  ASSERT_GOOD((*writer)->add({"RVS_RAW.xml", std::nullopt, as_bytes("a")}));
  EXPECT_FALSE((*writer)->add({"RVS_RAW.xml", std::nullopt, as_bytes("b")}).has_value());
}

TEST(ChecksumList, ReadsWhatItWrites) {
  const std::vector<ListedFile> files{{sha256(as_bytes("a")), "RVS/0/RVS-Gaia DR3 1.xml"},
                                      {sha256(as_bytes("b")), "b"}};
  const auto read = parse_checksum_list(format_checksum_list(files));
  ASSERT_GOOD(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->at(0).path, files[0].path);
  EXPECT_EQ(read->at(1).hash, files[1].hash);
  EXPECT_TRUE(parse_checksum_list("")->empty());
}

TEST(ChecksumList, NamesTheLineThatIsWrong) {
  const std::string good = to_hex(sha256({})) + "  a\n";
  for (const std::string bad : {"x", "zz  a\n", "\n"}) {
    const auto read = parse_checksum_list(good + bad);
    ASSERT_FALSE(read.has_value()) << bad;
    EXPECT_EQ(read.error().kind, Kind::Corrupt);
    EXPECT_TRUE(read.error().detail.starts_with("line 2")) << read.error().detail;
  }
  EXPECT_FALSE(parse_checksum_list(good.substr(0, good.size() - 1)).has_value());  // no line feed: cut
  EXPECT_FALSE(parse_checksum_list(to_hex(sha256({})) + "  \n").has_value());
}

}  // namespace
}  // namespace garner::output
