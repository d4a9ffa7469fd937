// What a reply as a whole may hold: INDIVIDUAL replies and their members' names.
#include <thread>

#include "samples.h"

namespace garner::product {
namespace {

using test::ZipPart;

TEST(Contents, TellsWhichSourcesCameAndGivesTheirProducts) {
  Question question;
  const auto last = question.part_of(300);
  const auto first = question.part_of(100);
  const auto contents = question.read({last, first});
  ASSERT_TRUE(contents) << contents.error().detail;
  EXPECT_EQ(contents->found, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(contents->products, 2u);
  EXPECT_EQ(contents->product_bytes, first.data.size() + last.data.size());
  EXPECT_EQ(question.sink.products.at("RVS-Gaia DR3 100.xml"), first.data);
  EXPECT_EQ(question.sink.products.at("RVS-Gaia DR3 300.xml"), last.data);
  EXPECT_EQ(question.sink.ids, (std::vector<std::optional<SourceId>>{SourceId{300}, SourceId{100}}));
}

TEST(Contents, TakesAnEmptyZipForAGoodReplyThatHoldsNothing) {
  for (const auto structure : {DataStructure::Individual, DataStructure::Raw}) {
    Question question{.structure = structure};
    const auto contents = question.read({});
    ASSERT_TRUE(contents) << contents.error().detail;
    EXPECT_EQ(contents->found, std::vector<bool>(3, false));
    EXPECT_EQ(contents->products, 0u);
  }
}

TEST(Contents, NeverTakesZeroBytesOrACutReplyForAbsence) {
  Question question;
  expect_rejected(question.read_zip(""), Kind::Corrupt, "no bytes at all");
  const auto zip = test::make_zip({question.part_of(100)});
  for (std::size_t length = 0; length < zip.size(); ++length)
    ASSERT_FALSE(question.read_zip(zip.substr(0, length))) << length;
}

TEST(Contents, RejectsASourceThatWasNotAsked) {
  Question question;
  expect_rejected(question.read({question.part_of(100), question.part_of(150)}), Kind::Malformed,
                  "member 'RVS-Gaia DR3 150.xml': source 150 was not asked");
  question.ids = {};
  expect_rejected(question.read({question.part_of(100)}), Kind::Malformed, "not asked");
}

TEST(Contents, RejectsASourceThatComesTwice) {
  Question question;
  expect_rejected(question.read({question.part_of(100), question.part_of(100)}), Kind::Malformed,
                  "two members are named");
  auto again = question.part_of(100);
  again.name = "RVS-Gaia DR3 0100.xml";
  expect_rejected(question.read({question.part_of(100), again}), Kind::Malformed, "no product's name");
}

TEST(Contents, RejectsAnotherReleaseTypeFormatOrName) {
  Question question;
  auto rejected = [&question](std::string name, std::string_view words) {
    auto part = question.part_of(100);
    part.name = std::move(name);
    expect_rejected(question.read({question.part_of(200), part}), Kind::Malformed, words);
  };
  rejected("RVS-Gaia DR2 100.xml", "wrong release: Gaia DR3 was asked");
  rejected("RVS-gaia dr3 100.xml", "wrong release");
  rejected("XP_SAMPLED-Gaia DR3 100.xml", "wrong type: RVS was asked");
  rejected("rvs-Gaia DR3 100.xml", "wrong type");
  rejected("RVS-Gaia DR3 100.fits", "wrong format: votable was asked");
  rejected("RVS-Gaia DR3 100.XML", "wrong format");
  rejected("RVS_RAW.xml", "wrong structure: INDIVIDUAL was asked");
  rejected("RVS_DATAMODEL_GAIA.xml", "wrong structure");
  rejected("error.txt", "no product's name");
}

TEST(Contents, RejectsTheWholeReplyForOneDamagedMember) {
  Question question;
  auto damaged = question.part_of(200);
  damaged.crc = 1;
  expect_rejected(question.read({question.part_of(100), damaged, question.part_of(300)}), Kind::Corrupt,
                  "RVS-Gaia DR3 200.xml");
}

TEST(Contents, RejectsAProductBeyondItsLimit) {
  Question question{.max_product_bytes = 500};
  expect_rejected(question.read({question.part_of(100)}), Kind::TooLarge, "bytes (500 are allowed)");
  // More members than can be good are not even looked at.
  std::vector<ZipPart> parts;
  for (std::uint64_t id = 1; id < 13; ++id) parts.push_back({.name = question.name_of(id), .data = "x"});
  expect_rejected(question.read(parts), Kind::TooLarge, "12 members (11 are allowed)");
}

TEST(Contents, InflatesLargeProductsWithinTheBudgetOrOntoTheSpool) {
  for (const std::uint64_t budget_bytes : {96u << 20, 100u << 10, 0u}) {
    Question question{.budget_bytes = budget_bytes};
    auto sample = spectrum(200);
    sample.rows.resize(60'000);
    const ZipPart large{.name = question.name_of(200), .data = as_votable(sample)};
    ASSERT_GT(large.data.size(), 2u << 20);
    const auto contents = question.read({question.part_of(100), large, question.part_of(300)});
    ASSERT_TRUE(contents) << contents.error().detail;
    EXPECT_EQ(contents->found, std::vector<bool>(3, true));
    EXPECT_EQ(question.sink.products.at(large.name), large.data);
  }
}

TEST(Contents, GivesTheMemoryOfALargeProductBackBeforeTheNext) {
  for (const std::uint64_t budget_bytes : {4u << 20, 96u << 20}) {  // the smaller one has room for one of them
    Question question{.budget_bytes = budget_bytes, .spool_directory = "/nonexistent/spool"};
    std::vector<ZipPart> parts;
    for (const std::uint64_t id : {100u, 200u, 300u}) {
      auto sample = spectrum(id);
      sample.rows.resize(60'000);
      parts.push_back({.name = question.name_of(id), .data = as_votable(sample)});
    }
    ASSERT_GT(parts[0].data.size(), 2u << 20);
    const auto contents = question.read(parts);
    ASSERT_TRUE(contents) << contents.error().detail;
    for (const auto& part : parts) EXPECT_EQ(question.sink.products.at(part.name), part.data);
  }
}

// The buffer that a thread keeps grows with the products.
TEST(Contents, InflatesProductsOfRisingSizesOnANewThread) {
  std::thread([] {
    Question question;
    std::vector<ZipPart> parts;
    for (const std::uint64_t id : {100u, 200u, 300u}) {
      auto sample = spectrum(id);
      sample.rows.resize(id == 100 ? 1 : id == 200 ? 4'000 : 20'000);
      parts.push_back({.name = question.name_of(id), .data = as_votable(sample)});
    }
    ASSERT_LT(parts[0].data.size(), 1u << 10);
    ASSERT_GT(parts[1].data.size(), 128u << 10);
    ASSERT_GT(parts[2].data.size(), 768u << 10);
    ASSERT_LT(parts[2].data.size(), 1u << 20);
    const auto contents = question.read(parts);
    ASSERT_TRUE(contents) << contents.error().detail;
    for (const auto& part : parts) EXPECT_EQ(question.sink.products.at(part.name), part.data);
  }).join();
}

TEST(Contents, SaysSoWhenTheSpoolCannotBeWritten) {
  Question question{.budget_bytes = 0, .spool_directory = "/nonexistent/spool"};
  auto sample = spectrum(200);
  sample.rows.resize(60'000);
  const auto contents = question.read({{.name = question.name_of(200), .data = as_votable(sample)}});
  expect_rejected(contents, Kind::Internal, "/nonexistent/spool");
}

TEST(Contents, PassesTheErrorOfTheSinkOn) {
  struct FullSink final : ProductSink {
    Result<void> add(const Product&) override { return fail(Kind::DiskFull, "no space"); }
  } sink;
  const Question question;
  const Asked asked{
      .release = "Gaia DR3", .retrieval_type = "RVS", .ids = question.ids, .budget = nullptr, .spool_directory = {}};
  const auto zip = test::make_zip({question.part_of(100)});
  expect_rejected(read_reply(test::as_bytes(zip), asked, sink), Kind::DiskFull, "no space");
}

}  // namespace
}  // namespace garner::product
