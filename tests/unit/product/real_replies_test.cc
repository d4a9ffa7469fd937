// The archive's own replies and tables, where GARNER_TEST_DATA says they are.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "product/zip_reader.h"
#include "samples.h"

namespace garner::product {
namespace {

constexpr std::uint64_t kSource = 5937083312263887616;

struct RealReplies : testing::Test {
  std::filesystem::path folder;
  void SetUp() override {
    const char* data = std::getenv("GARNER_TEST_DATA");
    if (data == nullptr) GTEST_SKIP() << "GARNER_TEST_DATA is not set: no real replies to read";
    folder = std::filesystem::path(data) / "gaia";
  }
};

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct RealZip {
  const char* suffix;
  ProductFormat format;
};
constexpr RealZip kRealZips[] = {{"vot", ProductFormat::VOTable},
                                 {"fits", ProductFormat::Fits},
                                 {"csv", ProductFormat::Csv},
                                 {"ecsv", ProductFormat::Ecsv}};

std::vector<test::ZipPart> members_of(const std::string& zip) {
  const auto members = read_zip_directory(test::as_bytes(zip));
  EXPECT_TRUE(members) << members.error().detail;
  std::vector<test::ZipPart> parts;
  for (const auto& member : members.value_or(std::vector<ZipMember>{})) {
    std::string data(member.size, '\0');
    EXPECT_TRUE(extract(member, std::as_writable_bytes(std::span(data))));
    parts.push_back({.name = std::string(member.name), .data = std::move(data)});
  }
  return parts;
}

TEST_F(RealReplies, HoldThreeGoodProductsEach) {
  for (const auto& [suffix, format] : kRealZips) {
    SCOPED_TRACE(suffix);
    const auto zip =
        slurp(folder / "datalink_zip" / fmt::format("gaia_dr3_source_id_{}_dl_products_{}.zip", kSource, suffix));
    const auto parts = members_of(zip);
    ASSERT_EQ(parts.size(), 3u);
    for (const auto& part : parts) {
      const auto type = part.name.substr(0, part.name.find('-'));
      for (const auto& ids : {std::vector{SourceId{kSource}}, std::vector{SourceId{5}, SourceId{kSource}}}) {
        Question question{.type = type, .format = format, .ids = ids};
        const auto contents = question.read({part});
        ASSERT_TRUE(contents) << part.name << ": " << contents.error().detail;
        EXPECT_TRUE(contents->found.back());
        EXPECT_EQ(question.sink.products.at(part.name), part.data);
      }
      auto renamed = part;
      Question other{.type = type, .format = format, .ids = {SourceId{kSource + 128}}};
      renamed.name = individual_name(type, "Gaia DR3", SourceId{kSource + 128}, format);
      expect_rejected(other.read({renamed}), Kind::Malformed, "its name says");
      auto cut = part;
      cut.data.resize(cut.data.size() / 2);
      Question again{.type = type, .format = format, .ids = {SourceId{kSource}}};
      EXPECT_FALSE(again.read({cut})) << part.name;
    }
  }
}

TEST_F(RealReplies, AreNeverTakenWhenCutOrFollowedByMore) {
  const auto zip = slurp(folder / "datalink_zip" / fmt::format("gaia_dr3_source_id_{}_dl_products_vot.zip", kSource));
  for (std::size_t length = 0; length < zip.size(); length += 7) {
    ASSERT_FALSE(read_zip_directory(test::as_bytes(std::string_view(zip).substr(0, length)))) << length;
  }
  EXPECT_FALSE(read_zip_directory(test::as_bytes(zip + "\n")));
  EXPECT_FALSE(read_zip_directory(test::as_bytes(zip + "<html>SERVICE ERROR</html>")));
}

struct RawFile {
  const char* file;
  const char* type;
  ProductFormat format;
  std::vector<std::uint64_t> ids;
};

TEST_F(RealReplies, OfManySourcesTellThemByTheirRows) {
  constexpr std::uint64_t a = 5405570973190252288, b = 5762406957886626816, c = 5853498713190525696;
  const RawFile files[] = {
      {"XP_CONTINUOUS_RAW.csv", "XP_CONTINUOUS", ProductFormat::Csv, {b, c}},
      {"XP_CONTINUOUS_RAW.ecsv", "XP_CONTINUOUS", ProductFormat::Ecsv, {b, c}},
      {"XP_CONTINUOUS_RAW.fits", "XP_CONTINUOUS", ProductFormat::Fits, {b, c}},
      {"XP_CONTINUOUS_RAW.xml", "XP_CONTINUOUS", ProductFormat::VOTable, {b, c}},
      {"XP_CONTINUOUS_RAW_plain.xml", "XP_CONTINUOUS", ProductFormat::VOTablePlain, {b, c}},
      {"XP_CONTINUOUS_RAW_with_missing_BP.csv", "XP_CONTINUOUS", ProductFormat::Csv, {a, b, c}},
      {"XP_CONTINUOUS_RAW_with_missing_BP.ecsv", "XP_CONTINUOUS", ProductFormat::Ecsv, {a, b, c}},
      {"XP_CONTINUOUS_RAW_with_missing_BP.fits", "XP_CONTINUOUS", ProductFormat::Fits, {a, b, c}},
      {"XP_CONTINUOUS_RAW_with_missing_BP.xml", "XP_CONTINUOUS", ProductFormat::VOTable, {a, b, c}},
      {"XP_CONTINUOUS_RAW_with_missing_BP_plain.xml", "XP_CONTINUOUS", ProductFormat::VOTablePlain, {a, b, c}},
      {"XP_CONTINUOUS_RAW_missing_BP_dr3int6.fits", "XP_CONTINUOUS", ProductFormat::Fits, {a}},
      {"XP_CONTINUOUS_RAW_missing_BP_dr3int6.xml", "XP_CONTINUOUS", ProductFormat::VOTable, {a}},
      {"XP_SAMPLED_RAW_dr3int6.csv", "XP_SAMPLED", ProductFormat::Csv, {4, 6}},
      {"XP_SAMPLED_RAW_dr3int6.ecsv", "XP_SAMPLED", ProductFormat::Ecsv, {4, 6}},
      {"XP_SAMPLED_RAW_dr3int6.fits", "XP_SAMPLED", ProductFormat::Fits, {4, 6}},
      {"XP_SAMPLED_RAW_votable_dr3int6.xml", "XP_SAMPLED", ProductFormat::VOTable, {4, 6}},
      {"XP_SAMPLED_RAW_votable_plain_dr3int6.xml", "XP_SAMPLED", ProductFormat::VOTablePlain, {4, 6}},
  };
  for (const auto& file : files) {
    SCOPED_TRACE(file.file);
    Question question{.type = file.type, .format = file.format, .structure = DataStructure::Raw, .ids = {}};
    for (const auto id : file.ids) question.ids.push_back(SourceId{id});
    const test::ZipPart part{.name = question.raw_name(), .data = slurp(folder / "gaiaxpy" / file.file)};
    const auto contents = question.read({part});
    ASSERT_TRUE(contents) << contents.error().detail;
    EXPECT_EQ(contents->found, std::vector<bool>(file.ids.size(), true));
    question.ids.push_back(SourceId{kMaxSourceId});
    const auto partial = question.read({part});
    ASSERT_TRUE(partial) << partial.error().detail;
    EXPECT_FALSE(partial->found.back());
    question.ids.erase(question.ids.begin());
    EXPECT_FALSE(question.read({part}));
  }
}

}  // namespace
}  // namespace garner::product
