// Damage: lies about sizes and sums, cuts at every byte, flips of every byte.
#include <set>

#include "zip_checks.h"

namespace garner::product {
namespace {

using test::make_zip;
using test::ZipPart;

ZipPart sample() {
  return {.name = "RVS-Gaia DR3 11.xml", .data = "spectrum spectrum spectrum spectrum"};
}

TEST(ZipDamage, RefusesAMemberWhoseCrcIsWrong) {
  auto part = sample();
  part.crc = 0x12345678;
  expect_refused(make_zip({part}), Kind::Corrupt, "the zip says 12345678");
  part.stored = true;
  expect_refused(make_zip({part}), Kind::Corrupt, "the zip says 12345678");
}

TEST(ZipDamage, RefusesSizesThatAreNotTrue) {
  for (const int lie : {-1, 1, 100}) {
    auto part = sample();
    part.size = part.data.size() + static_cast<std::size_t>(lie);
    expect_refused(make_zip({part}), Kind::Corrupt, "inflates to");
    part.stored = true;
    expect_refused(make_zip({part}), Kind::Corrupt, "stored, but");
    part = sample();
    part.directory_size = part.data.size() + static_cast<std::size_t>(lie);
    expect_refused(make_zip({part}), Kind::Corrupt, "descriptor");
    part.flags = 0x0800;
    expect_refused(make_zip({part}), Kind::Corrupt, "local header's sizes");
  }
  for (const std::uint64_t packed : {0u, 3u, 4000u, 0xfffffffeu}) {
    auto part = sample();
    part.packed_size = packed;
    EXPECT_FALSE(unpack(make_zip({part}))) << packed;
    EXPECT_FALSE(unpack(make_zip({part, ZipPart{.name = "b", .data = "b"}}))) << packed;
  }
}

TEST(ZipDamage, RefusesBytesBehindTheDeflatedStream) {
  auto part = sample();
  part.packed = test::deflated(part.data) + "tail";
  expect_refused(make_zip({part}), Kind::Corrupt, "bytes follow the end");
  part.packed = std::string("\xff\xff\xff", 3);
  expect_refused(make_zip({part}), Kind::Corrupt, "damaged or cut");
}

TEST(ZipDamage, RefusesALocalHeaderThatSaysSomethingElse) {
  auto part = sample();
  part.local_name = "RVS-Gaia DR3 12.xml";
  expect_refused(make_zip({part}), Kind::Corrupt, "another name");
  part = sample();
  part.local_method = 0;
  expect_refused(make_zip({part}), Kind::Corrupt, "flags or method");
  part = sample();
  part.local_flags = 0x0008;
  expect_refused(make_zip({part}), Kind::Corrupt, "flags or method");
}

TEST(ZipDamage, RefusesDescriptorsThatLieOrLack) {
  auto part = sample();
  part.descriptor = "";
  expect_refused(make_zip({part}), Kind::Malformed, "0 bytes behind its data");
  part.descriptor = std::string(16, '\0');
  expect_refused(make_zip({part}), Kind::Corrupt, "descriptor differs");
}

TEST(ZipDamage, RefusesDirectoriesThatLie) {
  const auto parts = three_parts();
  const auto size = make_zip(parts).size();
  for (const std::uint64_t count : {2u, 4u, 0u, 0xffffu})
    EXPECT_FALSE(unpack(make_zip(parts, {.count = count}))) << count;
  for (const std::uint64_t at : {std::size_t{0}, size - 22, size, std::size_t{0xfffffffe}}) {
    EXPECT_FALSE(unpack(make_zip(parts, {.directory_offset = at}))) << at;
    EXPECT_FALSE(unpack(make_zip(parts, {.directory_size = at}))) << at;
    EXPECT_FALSE(unpack(make_zip(parts, {.wide_end = true, .directory_offset = at}))) << at;
  }
  for (const std::uint64_t count : {std::uint64_t{4}, UINT64_MAX}) {
    EXPECT_FALSE(unpack(make_zip(parts, {.wide_end = true, .count = count}))) << count;
  }
}

TEST(ZipDamage, RefusesWhatIsNoPlainFile) {
  for (const std::uint32_t mode : {0120777u, 0040755u, 0010644u, 0020644u, 0140755u}) {
    const ZipPart part{.name = "a", .data = "/etc/passwd", .external_attributes = mode << 16};
    expect_refused(make_zip({part}), Kind::Malformed, "a symbolic link, a folder or a device");
  }
}

TEST(ZipDamage, RefusesEntriesThatTheCountLeavesOut) {
  const auto hidden = make_zip({ZipPart{.name = "b", .data = "b", .stored = true, .flags = 0x0800}});
  const auto entry = hidden.substr(hidden.find("PK\x01\x02"), 46 + 1);
  auto zip = make_zip({sample()});
  const auto end = zip.size() - 22;
  zip.insert(end, entry);
  zip[end + entry.size() + 12] = static_cast<char>(zip[end + entry.size() + 12] + static_cast<int>(entry.size()));
  expect_refused(zip, Kind::Malformed, "47 bytes of the directory belong to no member");
}

TEST(ZipDamage, NeverTakesACutZipWhereverItIsCut) {
  for (const bool wide : {false, true}) {
    auto parts = three_parts();
    for (auto& part : parts) part.wide = wide;
    const auto zip = make_zip(parts, {.wide_end = wide});
    for (std::size_t length = 0; length < zip.size(); ++length) {
      const auto members = read_zip_directory(test::as_bytes(std::string_view(zip).substr(0, length)));
      ASSERT_FALSE(members) << length;
      EXPECT_EQ(members.error().kind, Kind::Corrupt) << length;
      if (length != 0) EXPECT_FALSE(read_zip_directory(test::as_bytes(std::string_view(zip).substr(length)))) << length;
    }
  }
}

TEST(ZipDamage, NeverTakesTwoZipsInARow) {
  EXPECT_FALSE(unpack(make_zip(three_parts()) + make_zip(three_parts())));
  EXPECT_FALSE(unpack(make_zip(three_parts()) + make_zip({})));
}

// The bytes of a zip that need not mean anything for its content: versions, times, attributes; and deflated data, where
// bits are padding and a run of one letter may be written in more than one way. Everything else is covered by
// something.
std::set<std::size_t> harmless_bytes(const std::string& zip, const std::vector<ZipPart>& parts) {
  std::set<std::size_t> harmless;
  auto mark = [&harmless](std::size_t at, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) harmless.insert(at + i);
  };
  std::size_t local = 0, entry = 0;
  for (const auto& part : parts) {
    local = zip.find(std::string("PK\x03\x04"), local);
    mark(local, 4, 6);    // version needed
    mark(local, 10, 14);  // time, date
    entry = zip.find(std::string("PK\x01\x02"), entry);
    mark(entry, 4, 8);    // version made by, version needed
    mark(entry, 12, 16);  // time, date
    mark(entry, 36, 42);  // attributes
    const auto data = local + 30 + part.name.size();
    mark(data, 0, test::deflated(part.data).size());
    local = data;
    entry += 46 + part.name.size();
  }
  return harmless;
}

TEST(ZipDamage, NeverTakesAFlippedByteThatMatters) {
  const auto parts = three_parts();
  const auto zip = make_zip(parts);
  const auto expected = unpack(zip);
  ASSERT_TRUE(expected);
  const auto harmless = harmless_bytes(zip, parts);
  for (std::size_t at = 0; at < zip.size(); ++at) {
    for (int bit = 0; bit < 9; ++bit) {
      auto damaged = zip;
      damaged[at] = static_cast<char>(bit < 8 ? damaged[at] ^ (1 << bit) : ~damaged[at]);
      const auto unpacked = unpack(damaged);
      if (!harmless.contains(at)) {
        ASSERT_FALSE(unpacked) << "byte " << at << " bit " << bit;
      } else if (unpacked) {  // then it was harmless indeed
        ASSERT_EQ(*unpacked, *expected) << "byte " << at << " bit " << bit;
      }
    }
  }
}

}  // namespace
}  // namespace garner::product
