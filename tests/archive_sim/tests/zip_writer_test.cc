#include "archive_sim/zip_writer.h"

#include <gtest/gtest.h>

#include "archive_sim/tests/support.h"

namespace garner::archive_sim {
namespace {

using test::unzip;

std::string zip_of(std::vector<MemberPtr> members) {
  return make_zip(members).text();
}

unsigned u16(const std::string& bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) | static_cast<unsigned>(static_cast<unsigned char>(bytes[at + 1])) << 8;
}
unsigned u32(const std::string& bytes, std::size_t at) {
  return u16(bytes, at) | u16(bytes, at + 2) << 16;
}

TEST(ZipWriter, IsReadByLibarchiveMemberForMember) {
  const std::string a(100'000, 'a');
  const std::string zip =
      zip_of({make_member("RVS-Gaia DR3 2.xml", a, 6), make_member("RVS-Gaia DR3 1.xml", "short", 1)});
  const auto read = unzip(zip);
  EXPECT_EQ(read.error, "");
  ASSERT_EQ(read.files.size(), 2u);
  EXPECT_EQ(read.files[0].name, "RVS-Gaia DR3 2.xml");
  EXPECT_EQ(read.files[0].bytes, a);
  EXPECT_EQ(read.files[1].bytes, "short");
}

TEST(ZipWriter, WritesTheHeadersOfAStreamedJavaZip) {
  const MemberPtr member = make_member("X Y.csv", "1,2,3\n", 6);
  const std::string zip = zip_of({member});
  EXPECT_EQ(zip.substr(0, 4), "PK\x03\x04");
  EXPECT_EQ(u16(zip, 4), 20u);
  EXPECT_EQ(u16(zip, 6), 0x0808u);
  EXPECT_EQ(u16(zip, 8), 8u);
  EXPECT_EQ(u32(zip, 14), 0u) << "CRC of the local header";
  EXPECT_EQ(u32(zip, 18), 0u);
  EXPECT_EQ(u32(zip, 22), 0u);
  EXPECT_EQ(u16(zip, 28), 0u) << "extra fields";
  const std::size_t descriptor = 30 + member->name.size() + member->deflated->size();
  EXPECT_EQ(zip.substr(descriptor, 4), "PK\x07\x08");
  EXPECT_EQ(u32(zip, descriptor + 4), member->crc);
  EXPECT_EQ(u32(zip, descriptor + 8), member->deflated->size());
  EXPECT_EQ(u32(zip, descriptor + 12), 6u);
  const std::size_t central = descriptor + 16;
  EXPECT_EQ(zip.substr(central, 4), "PK\x01\x02");
  EXPECT_EQ(u16(zip, central + 8), 0x0808u);
  EXPECT_EQ(u32(zip, central + 16), member->crc);
}

TEST(ZipWriter, WithoutMembersIsAnEndRecordOfTwentyTwoBytes) {
  const std::string zip = zip_of({});
  EXPECT_EQ(zip.size(), kEndRecordBytes);
  EXPECT_EQ(zip, std::string("PK\x05\x06", 4) + std::string(18, '\0'));
}

TEST(ZipWriter, AWrongCrcIsNoticedByLibarchive) {
  auto member = std::make_shared<Member>(*make_member("a.xml", std::string(5000, 'x'), 6));
  member->crc ^= 1;
  EXPECT_NE(unzip(zip_of({member})).error, "");
}

TEST(Body, ReadsAcrossPiecesAndIsTruncatedWithinOne) {
  Body body;
  body.add(std::string("abc"));
  body.add(std::string("defgh"));
  body.add(std::string("ij"));
  body.truncate(7);
  EXPECT_EQ(body.size(), 7u);
  char out[16];
  EXPECT_EQ(body.read(0, out, 2), 2u);
  EXPECT_EQ(std::string(out, 2), "ab");
  EXPECT_EQ(body.read(2, out, 16), 5u);
  EXPECT_EQ(std::string(out, 5), "cdefg");
}

}  // namespace
}  // namespace garner::archive_sim
