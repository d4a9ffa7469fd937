// Real files of archives, read to their last byte. Skipped where GARNER_TEST_DATA names no folder.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "samples.h"
#include "table/text/ecsv_lines.h"

namespace garner::table {
namespace {

namespace fs = std::filesystem;
using samples::bytes_of;
using samples::read_integers;

constexpr std::int64_t kFirst = 5853498713190525696, kMissing = 5405570973190252288, kLast = 5762406957886626816;
constexpr std::int64_t kDatalink = 5937083312263887616;

class RealData : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("GARNER_TEST_DATA");
    if (!folder) GTEST_SKIP() << "GARNER_TEST_DATA is not set";
    root_ = folder;
  }

  std::string load(const std::string& name) const {
    auto source = from_file((root_ / name).string());
    EXPECT_TRUE(source) << source.error().detail;
    auto plain = decompressed(std::move(*source));
    EXPECT_TRUE(plain) << plain.error().detail;
    std::string all;
    std::string block(65536, '\0');
    for (;;) {
      auto got = (*plain)->read(std::as_writable_bytes(std::span(block)));
      EXPECT_TRUE(got) << got.error().detail;
      if (!got || *got == 0) return all;
      all.append(block, 0, *got);
    }
  }

  static std::optional<Format> format_of(const fs::path& path) {
    const std::string ending = path.extension().string();
    if (ending == ".xml" || ending == ".vot") return Format::VOTable;
    if (ending == ".fits") return Format::Fits;
    if (ending == ".csv") return Format::Csv;
    if (ending == ".ecsv") return Format::Ecsv;
    return std::nullopt;
  }

  // Both ways to the end must agree.
  static std::uint64_t rows_both_ways(const std::string& bytes, Format format, const std::string& name) {
    auto checked = check_table(bytes_of(bytes), format);
    EXPECT_TRUE(checked) << name << ": " << (checked ? "" : checked.error().detail);
    auto counted = samples::count_rows(bytes, format);
    EXPECT_TRUE(counted) << name << ": " << (counted ? "" : counted.error().detail);
    if (!checked || !counted) return 0;
    samples::expect_first_cells(bytes, format, name);
    EXPECT_EQ(checked->rows, *counted) << name;
    return *counted;
  }

  fs::path root_;
};

std::map<std::string, std::string> unzip(const std::string& path) {
  std::map<std::string, std::string> members;
  archive* zip = archive_read_new();
  archive_read_support_format_zip(zip);
  EXPECT_EQ(archive_read_open_filename(zip, path.c_str(), 65536), ARCHIVE_OK) << path;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(zip, &entry) == ARCHIVE_OK) {
    std::string& bytes = members[archive_entry_pathname(entry)];
    char block[8192];
    for (la_ssize_t got; (got = archive_read_data(zip, block, sizeof block)) > 0;)
      bytes.append(block, static_cast<std::size_t>(got));
  }
  archive_read_free(zip);
  return members;
}

TEST_F(RealData, RawProductsGiveTheirSourceIdsInEveryFormat) {
  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> kFiles{
      {"XP_CONTINUOUS_RAW.csv", {kFirst, kLast}},
      {"XP_CONTINUOUS_RAW.ecsv", {kFirst, kLast}},
      {"XP_CONTINUOUS_RAW.fits", {kFirst, kLast}},
      {"XP_CONTINUOUS_RAW.xml", {kFirst, kLast}},
      {"XP_CONTINUOUS_RAW_plain.xml", {kFirst, kLast}},
      {"XP_CONTINUOUS_RAW_with_missing_BP.csv", {kFirst, kMissing, kLast}},
      {"XP_CONTINUOUS_RAW_with_missing_BP.ecsv", {kFirst, kMissing, kLast}},
      {"XP_CONTINUOUS_RAW_with_missing_BP.fits", {kFirst, kMissing, kLast}},
      {"XP_CONTINUOUS_RAW_with_missing_BP.xml", {kFirst, kMissing, kLast}},
      {"XP_CONTINUOUS_RAW_with_missing_BP_plain.xml", {kFirst, kMissing, kLast}},
      {"XP_CONTINUOUS_RAW_missing_BP_dr3int6.csv", {kMissing}},
      {"XP_CONTINUOUS_RAW_missing_BP_dr3int6.ecsv", {kMissing}},
      {"XP_CONTINUOUS_RAW_missing_BP_dr3int6.fits", {kMissing}},
      {"XP_CONTINUOUS_RAW_missing_BP_dr3int6.xml", {kMissing}},
      {"XP_CONTINUOUS_RAW_missing_BP_votable_dr3int6.xml", {kMissing}},
      {"XP_CONTINUOUS_RAW_colour_eq_dr3int6.csv", {4408087461749558912, 4408087908426160384, 4408088011505376128}},
      {"XP_SAMPLED_RAW_dr3int6.fits", {6, 4}},
      {"XP_SAMPLED_RAW_votable_dr3int6.xml", {6, 4}},
      {"XP_SAMPLED_RAW_votable_plain_dr3int6.xml", {6, 4}},
      {"XP_SPECTRA_RAW_mini.fits", {2, 3}}};
  for (const auto& [name, ids] : kFiles) {
    auto found = read_integers(load("gaia/gaiaxpy/" + name), "source_id");  // recognised by its first bytes
    ASSERT_TRUE(found) << name << ": " << found.error().detail;
    EXPECT_EQ(*found, ids) << name;
  }
}

TEST_F(RealData, EveryGaiaProductAndTapResultIsReadToItsEndBothWays) {
  std::size_t files = 0;
  for (const char* folder : {"gaia/gaiaxpy", "gaia/tap", "gaia/epoch"}) {
    for (const auto& entry : fs::directory_iterator(root_ / folder)) {
      const auto name = entry.path().filename().string();
      const auto format = format_of(entry.path());
      // The first is a job list despite its ending .xml.
      if (!format || name == "xmlparser__test_job_results.xml") continue;
      EXPECT_GT(rows_both_ways(load(std::string(folder) + "/" + name), *format, name), 0u) << name;
      ++files;
    }
  }
  EXPECT_GE(files, 40u);
}

TEST_F(RealData, DatalinkMembersHoldTheirSourceIdWhereTheArchivePutsIt) {
  std::size_t members = 0;
  for (const auto& entry : fs::directory_iterator(root_ / "gaia/datalink_zip")) {
    for (const auto& [name, bytes] : unzip(entry.path().string())) {
      const auto format = format_of(name);
      ASSERT_TRUE(format) << name;
      const auto rows = rows_both_ways(bytes, *format, name);
      const auto summary = check_table(bytes_of(bytes), *format);
      ASSERT_TRUE(summary) << name;
      const bool sampled = name.starts_with("XP_SAMPLED");
      EXPECT_EQ(rows, sampled ? 343u : name.starts_with("MCMC") ? 100u : 1u) << name;
      if (sampled && *format != Format::Csv) {
        const char* key = *format == Format::Fits ? "SOURCEID" : "source_id";
        EXPECT_EQ(summary->parameters.at(key), std::to_string(kDatalink)) << name;
        EXPECT_FALSE(find_column(summary->columns, "source_id")) << name;
      } else {
        const auto ids = read_integers(bytes, "SOURCE_ID", format);
        ASSERT_TRUE(ids) << name << ids.error().detail;
        EXPECT_EQ(*ids, std::vector<std::int64_t>(rows, kDatalink)) << name;
      }
      ++members;
    }
  }
  EXPECT_EQ(members, 12u);
}

// The comment lines without their "# ", the first two left out.
std::string ecsv_yaml(std::string_view text) {
  std::string yaml;
  for (int n = 0; text.starts_with('#'); ++n) {
    const auto line = text.substr(0, text.find('\n') + 1);
    if (n >= 2) yaml += line.substr(std::min<std::size_t>(line.size(), 2));
    text.remove_prefix(line.size());
  }
  return yaml;
}

TEST_F(RealData, EcsvHeadersAreReadLineByLineAsTheYamlParserReadsThem) {
  std::map<std::string, std::string> files =
      unzip((root_ / "gaia/datalink_zip/gaia_dr3_source_id_5937083312263887616_dl_products_ecsv.zip").string());
  for (const char* folder : {"gaia/gaiaxpy", "gaia/tap"}) {
    for (const auto& entry : fs::directory_iterator(root_ / folder)) {
      const auto name = entry.path().filename().string();
      if (format_of(entry.path()) == Format::Ecsv) files[name] = load(std::string(folder) + "/" + name);
    }
  }
  EXPECT_GE(files.size(), 11u);
  for (const auto& [name, bytes] : files) {
    const auto yaml = ecsv_yaml(bytes);
    const auto lines = read_ecsv_lines(yaml, {});
    const bool has_block_scalars = yaml.contains("\n  |\n");  // TAP results with long descriptions or queries
    EXPECT_EQ(lines.has_value(), !has_block_scalars) << name;
    if (!lines) continue;
    const auto parsed = parse_ecsv_yaml(yaml, {});
    ASSERT_TRUE(parsed) << name << ": " << parsed.error().detail;
    EXPECT_EQ(samples::described(*lines), samples::described(*parsed)) << name;
  }
}

TEST_F(RealData, RepeatedFitsCardsGiveTheLastOne) {
  const auto members =
      unzip((root_ / "gaia/datalink_zip/gaia_dr3_source_id_5937083312263887616_dl_products_fits.zip").string());
  const auto summary = check_table(bytes_of(members.at("XP_SAMPLED-Gaia DR3 5937083312263887616.fits")), Format::Fits);
  ASSERT_TRUE(summary) << summary.error().detail;
  EXPECT_EQ(summary->parameters.at("SPECTRAL"), "nm");
  EXPECT_EQ(summary->parameters.at("REFEPOCH"), "2016.0");
}

TEST_F(RealData, AMissingHalfOfASourceIsNullInEveryFormat) {
  for (const char* name : {"XP_CONTINUOUS_RAW_with_missing_BP.csv", "XP_CONTINUOUS_RAW_with_missing_BP.xml",
                           "XP_CONTINUOUS_RAW_with_missing_BP_plain.xml", "XP_CONTINUOUS_RAW_with_missing_BP.fits"}) {
    const std::string bytes = load(std::string("gaia/gaiaxpy/") + name);
    auto reader = open_table(from_memory(bytes_of(bytes)), {});
    ASSERT_TRUE(reader) << name;
    const auto bp = find_column((*reader)->columns(), "bp_coefficients");
    const auto rp = find_column((*reader)->columns(), "rp_coefficients");
    ASSERT_TRUE(bp && rp) << name;
    for (const bool missing : {false, true, false}) {
      const auto row = (*reader)->next_row();
      ASSERT_TRUE(row && *row) << name;
      EXPECT_EQ((*reader)->cell(*bp).null, missing) << name << " " << (*reader)->position();
      EXPECT_FALSE((*reader)->cell(*rp).null) << name;
    }
  }
}

TEST_F(RealData, ColumnsAreFoundWhereverTheyStand) {
  const auto ids = read_integers(load("gaia/tap/model__result_1.vot.gz"), "source_id");
  ASSERT_TRUE(ids) << ids.error().detail;
  EXPECT_EQ(*ids, std::vector<std::int64_t>{4651515861503587200});
  for (const char* ending : {"fits", "vot"}) {
    const auto wide =
        read_integers(load(std::string("gaia/tap/xmlparser__1714556098855O-result.") + ending), "source_id");
    ASSERT_TRUE(wide) << wide.error().detail;
    EXPECT_EQ(*wide, std::vector<std::int64_t>{5929246508730155392}) << ending;
  }
}

TEST_F(RealData, AGzippedTarIsNoTable) {
  const std::string bytes = load("gaia/tap/gaia__job_2.vot.gz");
  auto opened = open_table(from_memory(bytes_of(bytes)), {});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().detail, ::testing::HasSubstr("tar archive"));
  EXPECT_FALSE(check_table(bytes_of(bytes), Format::VOTable));
}

TEST_F(RealData, DocumentsOfTheVirtualObservatoryAreReadOrRefusedAsTheyDeserve) {
  struct Expectation {
    const char* name;
    std::optional<std::uint64_t> rows;
  };
  const std::vector<Expectation> kDocuments{{"ivoa/votable/regression.xml", 5},
                                            {"ivoa/votable/regression.bin.tabledata.truth.1.3.xml", 5},
                                            {"ivoa/votable/binary2_masked_strings.xml", 3},
                                            {"ivoa/votable/binary2_variable_length_char.xml", 1},
                                            {"ivoa/votable/empty_table.xml", 0},
                                            {"ivoa/votable/gaia-job_1.vot", 3},
                                            {"ivoa/votable/too_many_columns.xml.gz", std::nullopt},
                                            {"ivoa/votable/no_resource.xml", std::nullopt},
                                            {"ivoa/votable/irsa-nph-error.xml", std::nullopt},
                                            {"ivoa/dal/basic.xml", 3},
                                            {"ivoa/dal/overflowstatus.xml", 3},
                                            {"ivoa/dal/errorstatus.xml", std::nullopt},
                                            {"ivoa/datalink/cutout1.xml", 6},
                                            {"ivoa/datalink/alma-datalink-recurse-aux.xml", 48},
                                            {"ivoa/rubin-datalink/calexp.xml", 4},
                                            {"cadc/binary-vot.xml", 23},
                                            {"cadc/VOTableReaderWriterTest_testReadVOTableBinaryData.xml", 23},
                                            {"cadc/AllTypes.xml", 1},
                                            {"cadc/EmptyTable.xml", std::nullopt},
                                            {"ivoa/vosi/capabilities.xml", std::nullopt}};
  for (const auto& [name, rows] : kDocuments) {
    const std::string bytes = load(name);
    if (rows) {
      EXPECT_EQ(rows_both_ways(bytes, Format::VOTable, name), *rows) << name;
    } else {
      EXPECT_FALSE(check_table(bytes_of(bytes), Format::VOTable)) << name;
      EXPECT_FALSE(samples::count_rows(bytes, Format::VOTable)) << name;
    }
  }
}

TEST_F(RealData, AnImageIsACompleteFitsFileWithoutATable) {
  const std::string bytes = load("cadc/query_images.fits");
  const auto summary = check_table(bytes_of(bytes), Format::Fits);
  ASSERT_TRUE(summary) << summary.error().detail;
  EXPECT_EQ(summary->rows, 0u);
  EXPECT_FALSE(open_table(from_memory(bytes_of(bytes)), {}));
  EXPECT_FALSE(check_table(bytes_of(bytes).first(bytes.size() - 2880), Format::Fits));
}

TEST_F(RealData, NoProductCutAnywhereIsWellFormed) {
  // CSV and ECSV can't tell a cut at a line's end, or inside of the last cell of a line (RFC 4180 §2: the last line
  // break may be missing).
  for (const auto& entry : fs::directory_iterator(root_ / "gaia/gaiaxpy")) {
    const auto format = format_of(entry.path());
    if (!format || *format == Format::Csv || *format == Format::Ecsv) continue;
    const std::string bytes = load("gaia/gaiaxpy/" + entry.path().filename().string());
    const std::string whole = bytes.substr(0, bytes.find_last_not_of(" \r\n") + 1);
    const std::size_t last = *format == Format::Fits ? bytes.size() : whole.size();
    for (std::size_t size = 0; size < last; size += 1 + last / 500) {
      ASSERT_FALSE(check_table(bytes_of(bytes).first(size), *format)) << entry.path() << " cut to " << size;
    }
    ASSERT_FALSE(check_table(bytes_of(bytes).first(last - 1), *format)) << entry.path();
  }
}

}  // namespace
}  // namespace garner::table
