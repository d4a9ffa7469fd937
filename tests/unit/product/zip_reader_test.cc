#include <sys/mman.h>
#include <unistd.h>

#include "zip_checks.h"

namespace garner::product {
namespace {

using test::make_zip;
using test::ZipPart;

TEST(ZipReader, ReadsAStreamedZipInTheOrderOfItsDirectory) {
  const auto zip = make_zip(three_parts());
  const auto members = read_zip_directory(test::as_bytes(zip));
  ASSERT_TRUE(members) << members.error().detail;
  ASSERT_EQ(members->size(), 3u);
  EXPECT_EQ((*members)[0].name, "RVS-Gaia DR3 11.xml");
  EXPECT_EQ((*members)[1].name, "RVS-Gaia DR3 7.xml");
  EXPECT_TRUE((*members)[2].deflated);
  EXPECT_EQ((*members)[2].size, 3003u);
  const auto unpacked = unpack(zip);
  ASSERT_TRUE(unpacked) << unpacked.error().detail;
  for (const auto& part : three_parts()) EXPECT_EQ(unpacked->at(part.name), part.data);
}

TEST(ZipReader, TakesAZipWithoutMembersForAnEmptyList) {
  const auto zip = make_zip({});
  ASSERT_EQ(zip.size(), 22u);
  const auto members = read_zip_directory(test::as_bytes(zip));
  ASSERT_TRUE(members) << members.error().detail;
  EXPECT_TRUE(members->empty());
}

// The zip in pages that may not be touched until they are asked for.
TEST(ZipReader, AsksForWhatItLooksAtAndNeverForData) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<ZipPart> parts;
  for (const char* name : {"a", "b", "c"})
    parts.push_back({.name = name, .data = std::string(100 * page, 'x'), .stored = true});
  const auto zip = make_zip(parts);
  const std::size_t room = (zip.size() + page - 1) / page * page;
  auto* const pages =
      static_cast<std::byte*>(::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  std::ranges::copy(test::as_bytes(zip), pages);
  ::mprotect(pages, room, PROT_NONE);
  std::size_t asked = 0;
  const auto members =
      read_zip_directory({pages, zip.size()}, {}, [&](std::span<const std::byte> part) -> Result<void> {
        const auto from = static_cast<std::size_t>(part.data() - pages) / page * page;
        asked += part.size();
        ::mprotect(pages + from, static_cast<std::size_t>(part.data() + part.size() - pages) - from, PROT_READ);
        return {};
      });
  ASSERT_TRUE(members) << members.error().detail;
  EXPECT_EQ(members->size(), 3u);
  EXPECT_LT(asked, zip.size());
  const auto out_of_reach = read_zip_directory(
      {pages, zip.size()}, {}, [](std::span<const std::byte>) { return Result<void>(fail(Kind::Corrupt, "gone")); });
  ::munmap(pages, room);
  ASSERT_FALSE(out_of_reach);
  EXPECT_EQ(out_of_reach.error().detail, "gone");
}

TEST(ZipReader, CallsZeroBytesCorrupt) {
  expect_refused("", Kind::Corrupt, "no bytes at all");
}

TEST(ZipReader, CallsOtherBytesCorrupt) {
  expect_refused("<html>SERVICE ERROR</html>", Kind::Corrupt, "not a zip");
  expect_refused(std::string(70'000, '\0'), Kind::Corrupt, "not a zip");
}

TEST(ZipReader, ReadsStoredMembersWithAndWithoutDescriptor) {
  for (const std::uint16_t flags : std::initializer_list<std::uint16_t>{0x0808, 0x0800, 0x0000}) {
    const auto unpacked =
        unpack(make_zip({ZipPart{.name = "a", .data = "stored bytes", .stored = true, .flags = flags}}));
    ASSERT_TRUE(unpacked) << unpacked.error().detail;
    EXPECT_EQ(unpacked->at("a"), "stored bytes");
  }
}

TEST(ZipReader, ReadsDescriptorsWithoutSignature) {
  const auto unpacked = unpack(make_zip(
      {ZipPart{.name = "a", .data = "aaaa", .descriptor_signature = false}, ZipPart{.name = "b", .data = "b"}}));
  ASSERT_TRUE(unpacked) << unpacked.error().detail;
  EXPECT_EQ(unpacked->at("a"), "aaaa");
}

TEST(ZipReader, ReadsZip64InEveryPlaceItMayStand) {
  for (const std::uint16_t flags : std::initializer_list<std::uint16_t>{0x0808, 0x0800}) {
    for (const bool wide_end : {false, true}) {
      for (const bool descriptor_signature : {false, true}) {
        const ZipPart wide{.name = "w",
                           .data = "wide wide wide",
                           .flags = flags,
                           .descriptor_signature = descriptor_signature,
                           .wide = true};
        const auto unpacked = unpack(make_zip({ZipPart{.name = "a", .data = "aaaa"}, wide}, {.wide_end = wide_end}));
        ASSERT_TRUE(unpacked) << unpacked.error().detail;
        EXPECT_EQ(unpacked->at("w"), wide.data);
      }
    }
  }
}

TEST(ZipReader, PassesOverUnknownExtraFieldsCommentsAndAttributes) {
  const std::string stamp("UT\x05\0\x01 abcd", 9);
  const ZipPart part{.name = "a",
                     .data = "aaaa",
                     .external_attributes = 0100644u << 16,
                     .comment = "made by hand",
                     .local_extra = stamp,
                     .extra = stamp};
  const auto unpacked = unpack(make_zip({part}));
  ASSERT_TRUE(unpacked) << unpacked.error().detail;
  EXPECT_EQ(unpacked->at("a"), "aaaa");
}

TEST(ZipReader, TakesACommentOnlyIfItReachesToTheEnd) {
  EXPECT_TRUE(unpack(make_zip(three_parts(), {.comment = "all of it"})));
  expect_refused(make_zip(three_parts(), {.comment = "all of it", .behind = "x"}), Kind::Corrupt, "no end record");
}

TEST(ZipReader, RefusesBytesThatBelongToNothing) {
  const auto parts = three_parts();
  expect_refused(make_zip(parts, {.before = "junk!"}), Kind::Malformed, "5 bytes before the first member");
  expect_refused(make_zip(parts, {.behind = "junk"}), Kind::Corrupt, "no end record");
  expect_refused(make_zip(parts, {.between = "junk!"}), Kind::Malformed, "21 bytes behind its data");
  expect_refused(make_zip({}, {.before = "junk"}), Kind::Malformed, "4 bytes before");
  auto gap = three_parts();
  gap[0].behind = "junk!";
  expect_refused(make_zip(gap), Kind::Malformed, "RVS-Gaia DR3 11.xml");
  // A gap as long as a longer descriptor would be.
  gap[0].behind = std::string(8, '\0');
  expect_refused(make_zip(gap), Kind::Corrupt, "descriptor");
  auto plain = ZipPart{.name = "a", .data = "a", .flags = 0x0800};
  plain.behind = "junk";
  expect_refused(make_zip({plain}), Kind::Malformed, "belong to no member");
}

TEST(ZipReader, RefusesMembersThatOverlap) {
  auto parts = three_parts();
  parts[2].offset = 0;
  expect_refused(make_zip(parts), Kind::Malformed, "overlap");
  parts[2].offset = 10;
  expect_refused(make_zip(parts), Kind::Malformed, "overlap");
}

TEST(ZipReader, RefusesTwoMembersOfOneName) {
  auto parts = three_parts();
  parts[2].name = parts[0].name;
  expect_refused(make_zip(parts), Kind::Malformed, "two members are named");
}

TEST(ZipReader, RefusesNamesThatAreNotPlainFileNames) {
  using namespace std::string_literals;
  for (const auto& name : {""s, "a/b"s, "/etc/passwd"s, "..\\x"s, "a\0b"s, "a\nb"s, "a\x7f"s, "."s, ".."s, "../x"s,
                           "a/"s, "\xff\xfe"s, "a\xc2\x85"s}) {
    const auto unpacked = unpack(make_zip({ZipPart{.name = name, .data = "x"}}));
    ASSERT_FALSE(unpacked) << name;
    EXPECT_EQ(unpacked.error().kind, Kind::Malformed);
  }
  expect_refused(make_zip({ZipPart{.name = std::string(513, 'n'), .data = "x"}}), Kind::TooLarge, "name of 513 bytes");
  EXPECT_TRUE(unpack(make_zip({ZipPart{.name = "...", .data = "x"}, ZipPart{.name = "Spica \xce\xb1", .data = "x"}})));
}

TEST(ZipReader, RefusesWhatItCannotRead) {
  auto refused = [](std::uint16_t flags, std::uint16_t method, std::string_view words) {
    ZipPart part{.name = "a", .data = "a", .flags = flags};
    part.method = method;
    expect_refused(make_zip({part}), Kind::Malformed, words);
  };
  refused(0x0809, 8, "encrypted");
  refused(0x0848, 8, "encrypted");
  refused(0x2808, 8, "encrypted");
  refused(0x0828, 8, "unknown flags");
  refused(0x0808, 9, "compression method 9");
  refused(0x0808, 93, "compression method 93");
  expect_refused(make_zip({ZipPart{.name = "a", .data = "a", .version_needed = 90}}), Kind::Malformed, "version 90");
}

TEST(ZipReader, RefusesSeveralDisks) {
  expect_refused(make_zip(three_parts(), {.disk = 1}), Kind::Malformed, "several disks");
  auto parts = three_parts();
  parts[1].disk = 2;
  expect_refused(make_zip(parts), Kind::Malformed, "disk 2");
}

TEST(ZipReader, KeepsToItsLimits) {
  const auto zip = make_zip(three_parts());
  expect_refused(zip, Kind::TooLarge, "3 members (2 are allowed)", {.max_members = 2});
  expect_refused(zip, Kind::TooLarge, "3003 bytes (3002 are allowed)", {.max_member_bytes = 3002});
  expect_refused(zip, Kind::TooLarge, "more than 3028 bytes together", {.max_total_bytes = 3028});
  EXPECT_TRUE(unpack(zip, {.max_members = 3, .max_member_bytes = 3003, .max_total_bytes = 3029}));
}

TEST(ZipReader, RefusesABombBeforeInflatingIt) {
  const auto zip = make_zip({ZipPart{.name = "bomb", .data = std::string(4u << 20, '\0')}});
  const auto members = read_zip_directory(test::as_bytes(zip), {.max_ratio = 900});
  ASSERT_FALSE(members);
  EXPECT_EQ(members.error().kind, Kind::TooLarge);
  EXPECT_TRUE(unpack(zip, {.max_ratio = 1100}));
  // Small members may be as empty as they like.
  EXPECT_TRUE(unpack(make_zip({ZipPart{.name = "small", .data = std::string(60'000, '\0')}}), {.max_ratio = 10}));
}

TEST(ZipReader, PassesTheErrorOfAStreamsSinkOn) {
  const auto zip = make_zip(three_parts());
  const auto members = read_zip_directory(test::as_bytes(zip));
  ASSERT_TRUE(members);
  const auto done = extract_stream((*members)[2], [](auto) -> Result<void> { return fail(Kind::DiskFull, "full"); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, Kind::DiskFull);
}

}  // namespace
}  // namespace garner::product
