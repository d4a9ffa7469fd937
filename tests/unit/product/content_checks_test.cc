// What lies inside a member of an INDIVIDUAL reply must be what its name and the request say.
#include "samples.h"

namespace garner::product {
namespace {

using test::ZipPart;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

// Each format keeps the source_id beside the table (spectra) or in a column (chains).
TEST(ContentChecks, TakeProductsOfEveryFormat) {
  for (const auto format : kFormats) {
    for (const auto* type : {"RVS", "MCMC_MSC"}) {
      Question question{.type = type, .format = format};
      const auto contents = question.read({question.part_of(100), question.part_of(300)});
      ASSERT_TRUE(contents) << format_name(format) << ' ' << type << ": " << contents.error().detail;
      EXPECT_EQ(contents->found, (std::vector<bool>{true, false, true}));
    }
  }
}

TEST(ContentChecks, RejectAProductOfAnotherSourceThanItsName) {
  for (const auto format : kFormats) {
    for (const auto* type : {"RVS", "MCMC_MSC"}) {
      if (format == ProductFormat::Csv && std::string_view(type) == "RVS")
        continue;  // holds no source_id in these samples
      Question question{.type = type, .format = format};
      auto part = question.part_of(100);
      part.name = question.name_of(200);
      expect_rejected(question.read({part}), Kind::Malformed, "it holds source 100, its name says 200");
    }
  }
}

TEST(ContentChecks, RejectAnIdThatIsNone) {
  Question question;
  auto part = question.part_of(100);
  part.data = replaced(part.data, "value=\"100\"", "value=\"1e2\"");
  expect_rejected(question.read({part}), Kind::Malformed, "its source_id");
}

TEST(ContentChecks, FindTheIdWithBlanksAroundItAndInCapitals) {
  Question question;
  const auto rejected_as = [&question](std::string data) {
    EXPECT_TRUE(question.read({ZipPart{.name = question.name_of(100), .data = data}}));
    expect_rejected(question.read({ZipPart{.name = question.name_of(200), .data = data}}), Kind::Malformed,
                    "it holds source 100");
  };
  rejected_as(replaced(as_votable(spectrum(100)), "value=\"100\"", "value=\" 100 \""));
  rejected_as(replaced(as_votable(spectrum(100)), "name=\"source_id\"", "name=\"SOURCE_ID\""));
  question = {.type = "MCMC_MSC", .format = ProductFormat::Csv};
  rejected_as("solution_id,SOURCE_ID,teff\n1, 100 ,0.5\n");
}

// A column may tell of neighbours.
TEST(ContentChecks, TrustTheIdBesideTheTableMoreThanAColumn) {
  for (const auto format : {ProductFormat::VOTable, ProductFormat::Fits, ProductFormat::Ecsv}) {
    Question question{.type = "MCMC_MSC", .format = format};
    const auto data = write_sample({.parameter = 100, .columns = kChain, .rows = {200, 300}}, format);
    EXPECT_TRUE(question.read({ZipPart{.name = question.name_of(100), .data = data}}));
    expect_rejected(question.read({ZipPart{.name = question.name_of(200), .data = data}}), Kind::Malformed,
                    "it holds source 100");
  }
}

TEST(ContentChecks, FindTheIdInAnEcsvTableSeparatedByBlanks) {
  Question question{.type = "MCMC_MSC", .format = ProductFormat::Ecsv};
  auto data = as_ecsv(chain(100));
  data.replace(data.find("# delimiter: ','\n"), 17, "# delimiter: ' '\n");
  std::ranges::replace(data.begin() + static_cast<std::ptrdiff_t>(data.find("solution_id,")), data.end(), ',', ' ');
  EXPECT_TRUE(question.read({ZipPart{.name = question.name_of(100), .data = data}}));
  expect_rejected(question.read({ZipPart{.name = question.name_of(200), .data = data}}), Kind::Malformed,
                  "it holds source 100");
}

TEST(ContentChecks, TakeATableWithoutRows) {
  for (const auto format : kFormats) {
    Question question{.type = "MCMC_MSC", .format = format};
    const auto contents =
        question.read({ZipPart{.name = question.name_of(100), .data = write_sample({.columns = kChain}, format)}});
    EXPECT_TRUE(contents) << format_name(format) << ": " << contents.error().detail;
  }
}

TEST(ContentChecks, RejectOtherBytesInTheGuiseOfAFormat) {
  for (const auto format : kFormats) {
    for (const std::string data : {"", "<html><body>SERVICE ERROR - 500</body></html>"}) {
      Question question{.format = format};
      const auto contents = question.read({ZipPart{.name = question.name_of(100), .data = data}});
      if (format == ProductFormat::Csv && !data.empty()) continue;  // a CSV without rows, for all one can tell
      EXPECT_FALSE(contents) << format_name(format) << ": " << data;
    }
  }
  Question question{.format = ProductFormat::Fits};
  EXPECT_FALSE(question.read({ZipPart{.name = question.name_of(100), .data = as_votable(spectrum(100))}}));
}

TEST(ContentChecks, RejectAVotableCutInARow) {
  Question question;
  const auto whole = as_votable(spectrum(100));
  for (const auto* mark : {"</TR>", "</TABLEDATA>", "</TABLE>", "</VOTABLE>", "<TR>"}) {
    const auto contents =
        question.read({ZipPart{.name = question.name_of(100), .data = whole.substr(0, whole.find(mark))}});
    ASSERT_FALSE(contents) << mark;
    EXPECT_NE(contents.error().detail.find("RVS-Gaia DR3 100.xml"), std::string::npos) << contents.error().detail;
  }
  const auto short_row = replaced(whole, "<TD>0.5</TD>", "");
  EXPECT_FALSE(question.read({ZipPart{.name = question.name_of(100), .data = short_row}}));
}

TEST(ContentChecks, RejectAFitsFileWithATruncatedLastHdu) {
  Question question{.format = ProductFormat::Fits};
  const auto whole = as_fits(spectrum(100));
  for (const std::size_t missing : {1u, 2800u, 2880u, 2881u, 5760u}) {
    const auto contents =
        question.read({ZipPart{.name = question.name_of(100), .data = whole.substr(0, whole.size() - missing)}});
    EXPECT_FALSE(contents) << missing;
  }
}

TEST(ContentChecks, TakeAFitsFileWithAnImageOnly) {
  Question question{.type = "CROWDED_FIELD_IMAGE", .format = ProductFormat::Fits};
  std::string image = card("SIMPLE", "T") + card("BITPIX", "8") + card("NAXIS", "1") + card("NAXIS1", "9") +
                      fmt::format("{:80}", "END");
  pad_block(image, ' ');
  image.resize(2 * 2880);
  const auto contents = question.read({ZipPart{.name = question.name_of(100), .data = image}});
  EXPECT_TRUE(contents) << contents.error().detail;
  EXPECT_FALSE(question.read({ZipPart{.name = question.name_of(200), .data = image.substr(0, 2880)}}));
}

TEST(ContentChecks, RejectAFitsFileThatHoldsAHeaderOnly) {
  Question question{.type = "CROWDED_FIELD_IMAGE", .format = ProductFormat::Fits};
  std::string header = card("SIMPLE", "T") + card("BITPIX", "8") + card("NAXIS", "0");
  for (int i = 0; i < 40; ++i) header += card(fmt::format("KEY{}", i), "1");  // two blocks
  header += fmt::format("{:80}", "END");
  pad_block(header, ' ');
  ASSERT_EQ(header.size(), 2u * 2880);
  expect_rejected(question.read({ZipPart{.name = question.name_of(100), .data = header}}), Kind::Corrupt,
                  "neither a table nor an image");
}

TEST(ContentChecks, RejectAFitsFileWhoseNaxis2IsWrong) {
  Question question{.format = ProductFormat::Fits};
  auto sample = spectrum(100);
  sample.rows.resize(200, 100);  // 200 rows of 24 bytes: two blocks
  ASSERT_TRUE(question.read({ZipPart{.name = question.name_of(100), .data = as_fits(sample)}}));
  for (const std::size_t told : {0u, 100u, 241u, 100'000u}) {
    EXPECT_FALSE(question.read({ZipPart{.name = question.name_of(100), .data = as_fits(sample, told)}})) << told;
  }
}

TEST(ContentChecks, RejectTextTablesWithAShortOrLongRow) {
  for (const auto format : {ProductFormat::Csv, ProductFormat::Ecsv}) {
    Question question{.type = "MCMC_MSC", .format = format};
    const auto whole = write_sample(chain(100), format);
    for (const auto* row : {"100,100\n", "100,100,0.5,0.5\n", "100,10", "100,100,0.", "100,100,0.5"}) {
      EXPECT_FALSE(question.read({ZipPart{.name = question.name_of(100), .data = whole + row}})) << row;
    }
  }
}

TEST(ContentChecks, JudgeTheStructureByContentWhereOneSourceWasAsked) {
  for (const auto format : kFormats) {
    for (const std::string type :
         {"XP_SAMPLED", "RVS", "MEAN_SPECTRUM_RVS", "EPOCH_PHOTOMETRY", "MCMC_GSPPHOT", "MCMC_GSP_PHOT", "MCMC_MSC"}) {
      const bool is_spectrum = type.contains("RVS") || type == "XP_SAMPLED";
      const Sample individual = is_spectrum ? spectrum(100) : chain(100);
      const Sample raw{.columns = is_spectrum ? kRawSpectrum : kRawChain, .rows = {100}};
      Question question{.type = type, .format = format, .ids = {SourceId{100}}};
      const auto good =
          question.read({ZipPart{.name = question.name_of(100), .data = write_sample(individual, format)}});
      EXPECT_TRUE(good) << format_name(format) << ' ' << type << ": " << good.error().detail;
      expect_rejected(question.read({ZipPart{.name = question.name_of(100), .data = write_sample(raw, format)}}),
                      Kind::Malformed, "wrong structure: INDIVIDUAL was asked");
    }
  }
}

TEST(ContentChecks, TakeNoListOfTextsForAnArray) {
  Question question{.type = "MCMC_MSC", .ids = {SourceId{100}}};
  const auto data = replaced(as_votable(chain(100)), "datatype=\"double\" name=\"teff\"",
                             "datatype=\"char\" arraysize=\"8x3\" name=\"teff\"");
  const auto contents = question.read({ZipPart{.name = question.name_of(100), .data = data}});
  EXPECT_TRUE(contents) << contents.error().detail;
}

TEST(ContentChecks, AcceptEitherStructureWhereContentCannotTell) {
  Question question{.type = "XP_CONTINUOUS", .ids = {SourceId{100}}};
  const ZipPart part{.name = question.name_of(100), .data = as_votable({.columns = kRawChain, .rows = {100}})};
  for (const auto structure : {DataStructure::Individual, DataStructure::Raw}) {
    question.structure = structure;
    EXPECT_TRUE(question.read({part}));
  }
}

}  // namespace
}  // namespace garner::product
