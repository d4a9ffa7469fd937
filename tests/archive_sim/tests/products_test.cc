#include "archive_sim/products/products.h"

#include <cmath>
#include <cstdlib>
#include <set>

#include <expat.h>
#include <fitsio.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive_sim/spoil.h"
#include "archive_sim/tests/support.h"
#include "archive_sim/writers.h"
#include "archive_sim/zip_writer.h"

namespace garner::archive_sim {
namespace {

constexpr std::uint64_t kSource = 5937083312263887616;
constexpr Format kFormats[] = {Format::Votable, Format::VotablePlain, Format::Fits, Format::Csv, Format::Ecsv};

std::string product(std::string_view type, Format format, std::vector<std::uint64_t> ids = {kSource},
                    Structure structure = Structure::Individual, std::string_view release = "Gaia DR3",
                    ProductOptions options = {}) {
  return write_table(make_product(release, type, structure, ids, options), format);
}

struct SizeRow {
  const char* type;
  Format format;
  double bytes, deflated;
};

// Measured on the archive's own files where they exist, derived from the schema for RVS.
constexpr SizeRow kSizes[] = {
    {"XP_CONTINUOUS", Format::Votable, 23080, 14740}, {"XP_CONTINUOUS", Format::Fits, 28800, 14769},
    {"XP_CONTINUOUS", Format::Csv, 43543, 17781},     {"XP_CONTINUOUS", Format::Ecsv, 44976, 18309},
    {"XP_SAMPLED", Format::Votable, 12617, 5432},     {"XP_SAMPLED", Format::Fits, 14400, 4886},
    {"XP_SAMPLED", Format::Csv, 38106, 4730},         {"XP_SAMPLED", Format::Ecsv, 12466, 4743},
    {"MCMC_MSC", Format::Votable, 9554, 4446},        {"MCMC_MSC", Format::Fits, 14400, 4842},
    {"MCMC_MSC", Format::Csv, 13202, 4381},           {"MCMC_MSC", Format::Ecsv, 14952, 4958},
    {"RVS", Format::Votable, 60000, 30000},           {"RVS", Format::Fits, 49000, 28000},
};

TEST(Products, AreAsLargeAsTheArchivesOwnWithinAQuarter) {
  for (const SizeRow& row : kSizes) {
    double bytes = 0, deflated = 0;
    const auto ids = test::some_ids(8);
    for (const std::uint64_t id : ids) {
      const std::string file = product(row.type, row.format, {id});
      bytes += static_cast<double>(file.size()) / static_cast<double>(ids.size());
      deflated += static_cast<double>(make_member("x", file, 6)->deflated->size()) / static_cast<double>(ids.size());
    }
    EXPECT_NEAR(bytes / row.bytes, 1.0, 0.25) << row.type << " " << extension(row.format);
    EXPECT_NEAR(deflated / row.deflated, 1.0, 0.25) << row.type << " " << extension(row.format) << " deflated";
  }
}

TEST(Products, TheDr4EpochAstrometryWeighsAHundredKilobytesASource) {
  const auto ids = test::some_ids(12);
  const std::string raw = product("EPOCH_ASTROMETRY", Format::Votable, ids, Structure::Raw, "Gaia DR4_RC3");
  EXPECT_NEAR(static_cast<double>(raw.size()) / 1183282.0, 1.0, 0.25);
}

TEST(Products, AreTheSameBytesEachTimeAndOthersForAnotherSource) {
  for (const std::string& type : types_of("Gaia DR3")) {
    for (const Format format : kFormats) {
      EXPECT_EQ(product(type, format), product(type, format));
      EXPECT_NE(product(type, format), product(type, format, {kSource + 128}));
    }
  }
}

bool is_well_formed(const std::string& xml) {
  XML_Parser parser = XML_ParserCreate(nullptr);
  const bool good = XML_Parse(parser, xml.data(), static_cast<int>(xml.size()), 1) == XML_STATUS_OK;
  XML_ParserFree(parser);
  return good;
}

TEST(Products, VotablesAreWellFormedInEveryTypeAndStructure) {
  for (const char* release : {"Gaia DR2", "Gaia DR3", "Gaia DR4"}) {
    for (const std::string& type : types_of(release)) {
      for (const Format format : {Format::Votable, Format::VotablePlain}) {
        EXPECT_TRUE(is_well_formed(product(type, format, {kSource}, Structure::Individual, release))) << type;
        EXPECT_TRUE(is_well_formed(product(type, format, test::some_ids(3), Structure::Raw, release))) << type;
      }
    }
  }
}

// What CFITSIO makes of a file in memory.
struct Fits {
  std::string bytes;
  void* data = nullptr;  // CFITSIO keeps pointers to both
  std::size_t size = 0;
  fitsfile* file = nullptr;
  int status = 0;
  explicit Fits(std::string all) : bytes(std::move(all)), data(bytes.data()), size(bytes.size()) {
    fits_open_memfile(&file, "x.fits", READONLY, &data, &size, 0, nullptr, &status);
    fits_movabs_hdu(file, 2, nullptr, &status);
  }
  ~Fits() {
    int ignored = 0;
    fits_close_file(file, &ignored);
  }
  Fits(const Fits&) = delete;
  Fits& operator=(const Fits&) = delete;
  long rows() {
    long n = 0;
    fits_get_num_rows(file, &n, &status);
    return n;
  }
  int column(const char* name) {
    int number = 0;
    fits_get_colnum(file, CASEINSEN, const_cast<char*>(name), &number, &status);
    return number;
  }
};

TEST(Products, FitsFilesOpenWithCfitsioInEveryTypeAndStructure) {
  for (const char* release : {"Gaia DR2", "Gaia DR3", "Gaia DR4"}) {
    for (const std::string& type : types_of(release)) {
      for (const Structure structure : {Structure::Individual, Structure::Raw}) {
        const std::string bytes = product(type, Format::Fits, {kSource}, structure, release);
        EXPECT_EQ(bytes.size() % 2880, 0u) << type;
        Fits fits(bytes);
        EXPECT_GT(fits.rows(), 0) << type;
        EXPECT_EQ(fits.status, 0) << type;
      }
    }
  }
}

TEST(Products, FitsRawHoldsTheSourceIdsAndTheArraysOfEachRow) {
  const auto ids = test::some_ids(3);
  const std::string bytes = product("XP_SAMPLED", Format::Fits, ids, Structure::Raw);
  Fits fits(bytes);
  ASSERT_EQ(fits.rows(), 3);
  std::vector<long long> read(3);
  fits_read_col(fits.file, TLONGLONG, fits.column("source_id"), 1, 1, 3, nullptr, read.data(), nullptr, &fits.status);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(static_cast<std::uint64_t>(read[i]), ids[i]);
  const Table expected = make_product("Gaia DR3", "XP_SAMPLED", Structure::Individual, {&ids[2], 1}, {});
  std::vector<float> flux(343);
  fits_read_col(fits.file, TFLOAT, fits.column("flux"), 3, 1, 343, nullptr, flux.data(), nullptr, &fits.status);
  EXPECT_EQ(fits.status, 0);
  for (std::size_t i = 0; i < flux.size(); ++i) ASSERT_EQ(static_cast<double>(flux[i]), expected.columns[1].reals[i]);
}

// Where the table's data would have to end, by its own header.
std::size_t data_end(Fits& fits) {
  LONGLONG end = 0;
  fits_get_hduaddrll(fits.file, nullptr, nullptr, &end, &fits.status);
  return static_cast<std::size_t>(end);
}

TEST(Products, AFitsFileWithAWrongNaxis2OrACutEndIsTooShortForItsHeader) {
  const std::string good = product("RVS", Format::Fits);
  Fits whole(good);
  EXPECT_EQ(whole.rows(), 2401);
  EXPECT_EQ(data_end(whole), good.size());
  Fits wrong(wrong_naxis2(good));
  EXPECT_EQ(wrong.rows(), 2401 + 1000);
  EXPECT_GT(data_end(wrong), good.size());
  const std::string cut = cut_product(good, Format::Fits);
  Fits truncated(cut);
  EXPECT_GT(data_end(truncated), cut.size() + 2880);
}

TEST(Products, ACutVotableIsNoLongerWellFormedAndACutCsvEndsInARow) {
  EXPECT_FALSE(is_well_formed(cut_product(product("RVS", Format::Votable), Format::Votable)));
  EXPECT_FALSE(is_well_formed(cut_product(product("RVS", Format::VotablePlain), Format::VotablePlain)));
  EXPECT_FALSE(cut_product(product("RVS", Format::Csv), Format::Csv).ends_with('\n'));
}

TEST(Products, CsvColumnsAreThoseOfTheArchive) {
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
  EXPECT_EQ(first_line(product("XP_SAMPLED", Format::Csv)), "source_id,solution_id,ra,dec,wavelength,flux,flux_error");
  EXPECT_EQ(first_line(product("MCMC_MSC", Format::Csv)),
            "source_id,solution_id,teff1,teff2,logg1,logg2,azero,mh,distancepc,log_pos,log_lik");
  EXPECT_EQ(
      first_line(product("EPOCH_PHOTOMETRY", Format::Csv)),
      "solution_id,source_id,transit_id,g_transit_time,g_transit_flux,g_transit_flux_error,g_transit_flux_over_error,"
      "g_transit_mag,bp_obs_time,bp_flux,bp_flux_error,bp_flux_over_error,bp_mag,rp_obs_time,rp_flux,rp_flux_error,"
      "rp_flux_over_error,rp_mag,variability_flag_g_reject,variability_flag_bp_reject,variability_flag_rp_reject,"
      "g_other_flags,bp_other_flags,rp_other_flags,rejected_by_photometry");
  EXPECT_EQ(make_product("Gaia DR3", "EPOCH_PHOTOMETRY", Structure::Raw, {&kSource, 1}, {}).columns.size(), 47u);
  EXPECT_EQ(make_product("Gaia DR4", "EPOCH_ASTROMETRY", Structure::Raw, {&kSource, 1}, {}).columns.size(), 37u);
}

TEST(Products, AShareOfTheXpContinuousLacksItsBpHalf) {
  const auto ids = test::some_ids(400);
  const Table table = make_product("Gaia DR3", "XP_CONTINUOUS", Structure::Raw, ids, {0.25, false});
  std::size_t null = 0;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    null += table.columns[2].is_null(row) ? 1 : 0;
    EXPECT_FALSE(table.columns[14].is_null(row));
  }
  EXPECT_NEAR(static_cast<double>(null), 100.0, 35.0);
}

TEST(Products, ValidDataDropsTransitsWithNullFluxOrRejected) {
  const auto all = make_product("Gaia DR3", "EPOCH_PHOTOMETRY", Structure::Individual, {&kSource, 1}, {0, false});
  const auto valid = make_product("Gaia DR3", "EPOCH_PHOTOMETRY", Structure::Individual, {&kSource, 1}, {0, true});
  EXPECT_LT(valid.rows(), all.rows());
  for (std::size_t row = 0; row < valid.rows(); ++row) {
    EXPECT_FALSE(valid.columns[7].is_null(row));
    EXPECT_EQ(valid.columns[22].integers[row], 0);
  }
}

TEST(Products, AbsenceIsAFunctionOfSourceTypeAndSeedInTheAskedShare) {
  const auto ids = test::some_ids(2000);
  std::size_t absent = 0, same = 0;
  for (const std::uint64_t id : ids) {
    absent += is_absent(id, "RVS", 1, 0.1) ? 1 : 0;
    same += is_absent(id, "RVS", 1, 0.1) == is_absent(id, "RVS", 1, 0.1) ? 1 : 0;
    EXPECT_FALSE(is_absent(id, "RVS", 1, 0));
  }
  EXPECT_NEAR(static_cast<double>(absent), 200.0, 60.0);
  EXPECT_EQ(same, ids.size());
}

// The header of a VOTable up to its data, which must be that of the real archive's file to the byte, values of PARAMs
// apart.
std::string votable_head(const std::string& xml) {
  std::string head = xml.substr(0, xml.find("<STREAM"));
  for (std::size_t at = 0; (at = head.find(" value=\"", at)) != std::string::npos; at += 8)
    head.erase(at + 8, head.find('"', at + 8) - at - 8);
  return head;
}

TEST(Products, VotableHeadersAreThoseOfTheRealArchiveToTheByte) {
  const char* data = std::getenv("GARNER_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "GARNER_TEST_DATA does not name the folder of real archive files";
  const std::string zip = test::read_file(
      std::string(data) + "/gaia/datalink_zip/gaia_dr3_source_id_5937083312263887616_dl_products_vot.zip");
  if (zip.empty()) GTEST_SKIP() << "the real zip is not there";
  const auto real = test::unzip(zip);
  ASSERT_EQ(real.files.size(), 3u);
  for (const char* type : {"MCMC_MSC", "XP_CONTINUOUS", "XP_SAMPLED"}) {
    const auto* file = real.find(std::string(type) + "-Gaia DR3 5937083312263887616.xml");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(votable_head(product(type, Format::Votable)), votable_head(file->bytes));
    EXPECT_EQ(product(type, Format::Votable).size() / 100, file->bytes.size() / 100) << type;
  }
}

// Header lines of an ECSV file with the values under "meta:" at its end taken away.
std::string ecsv_head(const std::string& text) {
  std::string out;
  bool meta = false;
  for (std::size_t at = 0; at < text.size() && text[at] == '#';) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    meta = meta || line == "# meta:";
    out += (meta ? line.substr(0, line.find(':')) : line) + "\n";
    at = end + 1;
  }
  return out;
}

TEST(Products, EcsvHeadersAreThoseOfTheRealArchiveToTheByte) {
  const char* data = std::getenv("GARNER_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "GARNER_TEST_DATA does not name the folder of real archive files";
  const std::string zip = test::read_file(
      std::string(data) + "/gaia/datalink_zip/gaia_dr3_source_id_5937083312263887616_dl_products_ecsv.zip");
  if (zip.empty()) GTEST_SKIP() << "the real zip is not there";
  for (const auto& file : test::unzip(zip).files) {
    const std::string type = file.name.substr(0, file.name.find('-'));
    EXPECT_EQ(ecsv_head(product(type, Format::Ecsv)), ecsv_head(file.bytes)) << type;
  }
}

TEST(Products, EcsvUnitsInQuotesAreQuotedAsTheArchiveDoes) {
  EXPECT_THAT(product("EPOCH_PHOTOMETRY", Format::Ecsv), testing::HasSubstr("#   unit: '''electron''.s**-1'\n"));
  EXPECT_THAT(product("MCMC_MSC", Format::Ecsv), testing::HasSubstr("#   unit: '''dex'''\n"));
}

// 80-column cards of both headers, values that differ between sources and the ends of over-long comments apart.
std::vector<std::string> fits_keys(const std::string& fits) {
  std::vector<std::string> keys;
  int ends = 0;
  for (std::size_t at = 0; at + 80 <= fits.size() && ends < 2; at += 80) {
    const std::string card = fits.substr(at, 80);
    if (card.starts_with("END ")) ++ends;
    if (card.find_first_not_of(' ') == std::string::npos) continue;
    keys.push_back(card.starts_with("T") ? card.substr(0, 60) : card.substr(0, 8));
  }
  return keys;
}

TEST(Products, FitsHeadersHaveTheCardsOfTheRealArchive) {
  const char* data = std::getenv("GARNER_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "GARNER_TEST_DATA does not name the folder of real archive files";
  const std::string zip = test::read_file(
      std::string(data) + "/gaia/datalink_zip/gaia_dr3_source_id_5937083312263887616_dl_products_fits.zip");
  if (zip.empty()) GTEST_SKIP() << "the real zip is not there";
  for (const auto& file : test::unzip(zip).files) {
    const std::string type = file.name.substr(0, file.name.find('-'));
    EXPECT_THAT(fits_keys(product(type, Format::Fits)), testing::ElementsAreArray(fits_keys(file.bytes))) << type;
    EXPECT_EQ(product(type, Format::Fits).size(), file.bytes.size()) << type;
  }
}

}  // namespace
}  // namespace garner::archive_sim
