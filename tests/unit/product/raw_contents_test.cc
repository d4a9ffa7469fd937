// RAW replies: one table of many sources, whose rows tell which came.
#include "samples.h"

namespace garner::product {
namespace {

using test::ZipPart;

Question raw_question(ProductFormat format = ProductFormat::VOTable) {
  return {.type = "XP_SAMPLED", .format = format, .structure = DataStructure::Raw};
}

ZipPart raw_part(const Question& question, const Sample& sample) {
  return {.name = question.raw_name(), .data = write_sample(sample, question.format)};
}

TEST(RawContents, TellTheSourcesByTheirRowsInEveryFormat) {
  for (const auto format : kFormats) {
    auto question = raw_question(format);
    const auto part = raw_part(question, {.columns = kRawSpectrum, .rows = {300, 100}});
    const auto contents = question.read({part});
    ASSERT_TRUE(contents) << format_name(format) << ": " << contents.error().detail;
    EXPECT_EQ(contents->found, (std::vector<bool>{true, false, true}));
    EXPECT_EQ(contents->products, 1u);
    EXPECT_EQ(contents->product_bytes, part.data.size());
    EXPECT_EQ(question.sink.products.at(question.raw_name()), part.data);
    EXPECT_EQ(question.sink.ids, (std::vector<std::optional<SourceId>>{std::nullopt}));
  }
}

TEST(RawContents, MayHoldManyRowsASourceAndNoneAtAll) {
  for (const auto format : kFormats) {
    auto question = raw_question(format);
    const auto many = question.read({raw_part(question, {.columns = kRawSpectrum, .rows = {200, 200, 100, 200}})});
    ASSERT_TRUE(many) << many.error().detail;
    EXPECT_EQ(many->found, (std::vector<bool>{true, true, false}));
  }
  auto question = raw_question();
  const auto none = question.read({raw_part(question, {.columns = kRawSpectrum})});
  ASSERT_TRUE(none) << none.error().detail;
  EXPECT_EQ(none->found, std::vector<bool>(3, false));
}

TEST(RawContents, KnowTheNewSpellingOfTheName) {
  auto question = raw_question();
  auto part = raw_part(question, {.columns = kRawSpectrum, .rows = {100}});
  part.name = "XP_SAMPLED_DATAMODEL_GAIA.xml";
  EXPECT_TRUE(question.read({part}));
}

TEST(RawContents, RejectASourceThatWasNotAsked) {
  for (const auto format : kFormats) {
    auto question = raw_question(format);
    expect_rejected(question.read({raw_part(question, {.columns = kRawSpectrum, .rows = {100, 101}})}), Kind::Malformed,
                    "source 101 was not asked");
  }
}

TEST(RawContents, RejectATableWithoutSourceIds) {
  for (const auto format : kFormats) {
    auto question = raw_question(format);
    expect_rejected(question.read({raw_part(question, spectrum(100))}), Kind::Malformed, "it has no column source_id");
  }
}

TEST(RawContents, RejectIdsThatAreNotWholeNumbers) {
  auto question = raw_question();
  const auto rejected = [&question](std::vector<SampleColumn> columns, std::uint64_t id, std::string_view words) {
    expect_rejected(question.read({raw_part(question, {.columns = std::move(columns), .rows = {id}})}), Kind::Malformed,
                    words);
  };
  for (const auto format : {ProductFormat::VOTable, ProductFormat::Fits, ProductFormat::Ecsv}) {
    question.format = format;
    rejected({{"source_id", 'D'}}, 100, "the column source_id does not hold whole numbers");
    rejected({{"source_id", 'A'}}, 100, "the column source_id holds arrays");
    rejected({{"source_id", 'K'}}, 0, "0 is no source_id");
  }
  question.format = ProductFormat::Fits;
  rejected({{"source_id", 'K'}}, UINT64_MAX, "-1 is no source_id");
  question.format = ProductFormat::Csv;
  expect_rejected(question.read({{.name = question.raw_name(), .data = "source_id,flux\n1e2,1\n"}}), Kind::Malformed,
                  "source_id");
  expect_rejected(question.read({{.name = question.raw_name(), .data = "source_id,flux\n,1\n"}}), Kind::Malformed,
                  "the row has no source_id");
}

TEST(RawContents, RejectACutTableInEveryFormat) {
  for (const auto format : kFormats) {
    auto question = raw_question(format);
    auto part = raw_part(question, {.columns = kRawSpectrum, .rows = {100, 200}});
    part.data.resize(part.data.size() - 30);
    EXPECT_FALSE(question.read({part})) << format_name(format);
  }
}

TEST(RawContents, RejectMoreThanOneMember) {
  auto question = raw_question();
  const auto part = raw_part(question, {.columns = kRawSpectrum, .rows = {100}});
  auto other = part;
  other.name = "XP_SAMPLED_DATAMODEL_GAIA.xml";
  expect_rejected(question.read({part, other}), Kind::Malformed, "2 members came");
}

TEST(RawContents, RejectAFileASource) {
  auto question = raw_question();
  expect_rejected(question.read({question.part_of(100), question.part_of(200)}), Kind::Malformed, "wrong structure");
  for (const auto format : kFormats) {
    question.format = format;
    expect_rejected(question.read({{.name = question.name_of(100), .data = write_sample(spectrum(100), format)}}),
                    Kind::Malformed, "wrong structure: RAW was asked");
    const Sample with_ids{.columns = {{"source_id", 'K'}, {"wavelength"}, {"flux"}}, .rows = {100, 100}};
    expect_rejected(question.read({{.name = question.name_of(100), .data = write_sample(with_ids, format)}}),
                    Kind::Malformed, "its columns are those of INDIVIDUAL");
  }
}

// What the archive names the table by, what was asked or what it found, is not known.
TEST(RawContents, MayCarryTheNameOfASourceFoundAlone) {
  for (const auto format : kFormats) {
    auto question = raw_question(format);
    auto part = raw_part(question, {.columns = kRawSpectrum, .rows = {200}});
    part.name = question.name_of(200);
    const auto contents = question.read({part});
    ASSERT_TRUE(contents) << format_name(format) << ": " << contents.error().detail;
    EXPECT_EQ(contents->found, (std::vector<bool>{false, true, false}));
  }
}

TEST(RawContents, RejectTheNameOfASourceThatTheTableDoesNotHold) {
  for (const auto format : kFormats) {
    auto question = raw_question(format);
    auto part = raw_part(question, {.columns = kRawSpectrum, .rows = {200}});
    part.name = question.name_of(100);
    expect_rejected(question.read({part}), Kind::Malformed, "it does not hold source 100");
    part.name = question.name_of(150);
    expect_rejected(question.read({part}), Kind::Malformed, "source 150 was not asked");
    part.data = write_sample({.columns = kRawSpectrum}, format);
    part.name = question.name_of(200);
    expect_rejected(question.read({part}), Kind::Malformed, "it does not hold source 200");
    part.data = write_sample({.columns = kRawSpectrum, .rows = {200, 250}}, format);
    expect_rejected(question.read({part}), Kind::Malformed, "source 250 was not asked");
  }
}

TEST(RawContents, RejectAnotherTypeOrFormat) {
  auto question = raw_question();
  auto part = raw_part(question, {.columns = kRawSpectrum, .rows = {100}});
  part.name = "XP_CONTINUOUS_RAW.xml";
  expect_rejected(question.read({part}), Kind::Malformed, "wrong type");
  part.name = "XP_SAMPLED_RAW.csv";
  expect_rejected(question.read({part}), Kind::Malformed, "wrong format");
}

// A RAW reply for a single id carries the INDIVIDUAL name.
TEST(RawContents, OfASingleSourceAreJudgedByContent) {
  for (const auto format : kFormats) {
    for (const auto& [type, individual, raw] :
         {std::tuple{"RVS", spectrum(100), Sample{.columns = kRawSpectrum, .rows = {100}}},
          std::tuple{"MCMC_MSC", chain(100), Sample{.columns = kRawChain, .rows = {100}}}}) {
      Question question{.type = type, .format = format, .structure = DataStructure::Raw, .ids = {SourceId{100}}};
      const auto data = write_sample(raw, format);
      for (const auto& name : {question.name_of(100), question.raw_name()}) {
        const auto contents = question.read({ZipPart{.name = name, .data = data}});
        ASSERT_TRUE(contents) << format_name(format) << ' ' << name << ": " << contents.error().detail;
        EXPECT_EQ(contents->found, std::vector<bool>{true});
      }
      expect_rejected(question.read({ZipPart{.name = question.name_of(100), .data = write_sample(individual, format)}}),
                      Kind::Malformed, "wrong structure: RAW was asked");
      question.ids = {SourceId{200}};
      expect_rejected(question.read({ZipPart{.name = question.name_of(200), .data = data}}), Kind::Malformed,
                      "source 100 was not asked");
    }
  }
}

}  // namespace
}  // namespace garner::product
