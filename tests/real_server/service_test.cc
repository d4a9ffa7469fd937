// What the real server tells of itself, and its answers to sync queries.
#include <gmock/gmock.h>

#include "ivoa/vosi.h"
#include "real_server/rig.h"
#include "real_server/sources.h"
#include "table/votable/writer.h"

namespace garner::real_server {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

class RealService : public RealServer {};

TEST_F(RealService, IsAvailableAndTellsItsLimits) {
  const auto available = wait(ivoa::fetch_availability(tap().caller(), stop()));
  ASSERT_TRUE(available) << available.error().detail;
  EXPECT_TRUE(available->available);

  const auto capabilities = wait(ivoa::fetch_capabilities(tap().caller(), stop()));
  ASSERT_TRUE(capabilities) << capabilities.error().detail;
  const auto* found = capabilities->tap();
  ASSERT_NE(found, nullptr);
  EXPECT_THAT(found->interfaces.at(0).access_urls, Contains(base_));
  EXPECT_EQ(found->interfaces[0].version, "1.1");
  EXPECT_THAT(found->tap.languages, Contains(Field(&ivoa::Language::name, "ADQL")));
  EXPECT_THAT(found->tap.formats, Contains(Field(&ivoa::OutputFormat::aliases, Contains("votable/b2"))));
  EXPECT_TRUE(found->tap.uploads_inline());
  EXPECT_EQ(found->tap.output_limits.at(0).by_default, 20'000u);
  EXPECT_EQ(found->tap.most_rows(), 20'000'000u);
  EXPECT_EQ(found->tap.most_upload_bytes(), 20'000'000u);
  EXPECT_EQ(found->tap.execution_s, 3600u);
}

TEST_F(RealService, ListsItsTablesWithoutTheirColumns) {
  const auto names = wait(ivoa::fetch_table_names(tap().caller(), ivoa::TablesDialect::Vosi, stop()));
  ASSERT_TRUE(names) << names.error().detail;
  std::vector<std::string> full;
  for (const auto& table : *names) full.push_back(table.full_name());
  EXPECT_THAT(full, Contains("gaia.source"));
  EXPECT_THAT(full, Contains("tap_schema.columns"));
}

TEST_F(RealService, DescribesItsTable) {
  const auto table = wait(ivoa::fetch_table(tap().caller(), ivoa::TablesDialect::Vosi, "gaia.source", stop()));
  ASSERT_TRUE(table) << table.error().detail;
  EXPECT_EQ(table->full_name(), "gaia.source");
  const Sources truth;
  ASSERT_EQ(table->columns.size(), truth.fields().size());
  for (std::size_t i = 0; i < table->columns.size(); ++i) {
    EXPECT_EQ(table->columns[i].name, truth.fields()[i].name);
    EXPECT_EQ(table->columns[i].description, truth.fields()[i].description);
  }
  const auto& ra = table->columns[truth.column("ra")];
  EXPECT_EQ(ra.unit, "deg");
  EXPECT_EQ(ra.ucd, "pos.eq.ra;meta.main");
  EXPECT_EQ(ra.datatype, "double");
  EXPECT_TRUE(table->columns[truth.column("source_id")].indexed);
  EXPECT_TRUE(table->columns[truth.column("source_id")].primary);

  const auto none = wait(ivoa::fetch_table(tap().caller(), ivoa::TablesDialect::Vosi, "gaia.nothing", stop()));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Kind::NotFound) << none.error().detail;
}

TEST_F(RealService, CountsItsRows) {
  const auto body = sync(adql("SELECT COUNT(*) AS n FROM gaia.source"));
  ASSERT_TRUE(body) << body.error().detail;
  auto reader = open(*body);
  ASSERT_TRUE(reader) << reader.error().detail;
  ASSERT_TRUE((*reader)->next_row().value_or(false));
  EXPECT_EQ((*reader)->cell(0).integer, static_cast<std::int64_t>(kSources));
}

TEST_F(RealService, SaysOverflowWhereMaxrecCutsTheRows) {
  auto query = adql("SELECT source_id FROM gaia.source");
  query.maxrec = 5;
  const auto body = sync(query);
  ASSERT_TRUE(body) << body.error().detail;
  const auto answer = ivoa::read_answer(body->bytes());
  EXPECT_EQ(answer.verdict, ivoa::Verdict::Overflow) << answer.why.detail;
  EXPECT_EQ(answer.rows, 5u);
}

TEST_F(RealService, SaysOverflowWhereItsOwnLimitCutsTheRows) {
  for (const auto* format : {"votable", "votable/b2", "votable/td"}) {
    const auto body = sync(adql("SELECT source_id FROM gaia.source", format));
    ASSERT_TRUE(body) << body.error().detail;
    const auto answer = ivoa::read_answer(body->bytes());
    EXPECT_EQ(answer.verdict, ivoa::Verdict::Overflow) << answer.why.detail;
    EXPECT_EQ(answer.rows, 20'000u);
  }
}

TEST_F(RealService, AnswersNoRowsAsACompleteTable) {
  const auto body = sync(adql("SELECT source_id FROM gaia.source WHERE source_id = 1"));
  ASSERT_TRUE(body) << body.error().detail;
  const auto answer = ivoa::read_answer(body->bytes());
  EXPECT_EQ(answer.verdict, ivoa::Verdict::Ok) << answer.why.detail;
  EXPECT_EQ(answer.rows, 0u);
}

TEST_F(RealService, GivesItsWordsAboutAWrongQuery) {
  struct Row {
    std::string query, words;
  };
  const std::vector<Row> rows = {
      {"SELECT sourceid FROM gaia.source", "No such field known: column 'sourceid'"},
      {"SELECT TOP 3 FROM WHERE", "Could not parse your query: Expected select list"},
      {"SELECT * FROM gaia.nothing", "Could not locate table 'gaia.nothing'"},
      {"SELECT nofunc(ra) FROM gaia.source", "Could not parse your query"},
      {"SELECT ra FROM gaia.source WHERE designation > 3", "operator does not exist: text > integer"},
      {"SELECT 1/(ra-ra) FROM gaia.source", "division by zero"},
      {"SELECT ra FROM gaia.source GROUP BY dec", "must appear in the GROUP BY clause"},
      {"SELECT ra FROM gaia.source WHERE ra = 'x'", "invalid input syntax for type double precision"},
      {"SELECT source_id FROM gaia.source a JOIN gaia.source b ON a.ra = b.dec", "ambiguous"},
      {"DELETE FROM gaia.source", "Could not parse your query"},
  };
  for (const auto& row : rows) {
    const auto body = sync(adql(row.query));
    ASSERT_FALSE(body) << row.query;
    EXPECT_EQ(body.error().kind, Kind::Unsupported) << row.query << ": " << body.error().detail;
    EXPECT_THAT(body.error().detail, HasSubstr(row.words));
  }
}

TEST_F(RealService, GivesItsWordsAboutAWrongRequest) {
  auto language = adql("SELECT TOP 1 ra FROM gaia.source");
  language.lang = "SQL";
  const auto no_language = sync(language);
  ASSERT_FALSE(no_language);
  EXPECT_EQ(no_language.error().kind, Kind::Unsupported) << no_language.error().detail;
  EXPECT_THAT(no_language.error().detail, HasSubstr("does not support the query language SQL"));

  const auto no_format = sync(adql("SELECT TOP 1 ra FROM gaia.source", "nonsense"));
  ASSERT_FALSE(no_format);
  EXPECT_EQ(no_format.error().kind, Kind::Unsupported) << no_format.error().detail;
  EXPECT_THAT(no_format.error().detail, HasSubstr("'nonsense' is not a valid value"));

  // Where FITS or CSV is due, errors are VOTables all the same.
  for (const auto* format : {"fits", "csv", "json"}) {
    const auto wrong = sync(adql("SELECT nix FROM gaia.source", format));
    ASSERT_FALSE(wrong) << format;
    EXPECT_EQ(wrong.error().kind, Kind::Unsupported) << wrong.error().detail;
    EXPECT_THAT(wrong.error().detail, HasSubstr("column 'nix'"));
  }
}

TEST_F(RealService, SaysThatASyncQueryRanOutOfItsTime) {
  const auto body =
      sync(adql("SELECT COUNT(*) FROM gaia.source AS a, gaia.source AS b WHERE SIN(a.ra) < COS(b.dec) + 5"));
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().kind, Kind::TooLarge) << body.error().detail;
  EXPECT_THAT(body.error().detail, HasSubstr("took too long"));
}

TEST_F(RealService, RefusesAnUploadBeyondItsSyncLimit) {
  std::vector<std::int64_t> ids(20'000, 4'000'000'000'000'000'000);
  auto query = adql("SELECT COUNT(*) FROM TAP_UPLOAD.ids");
  query.uploads.push_back({"ids", table::id_upload("source_id", ids).value_or("")});
  ASSERT_GT(query.uploads[0].votable.size(), 500'000u);
  const auto body = sync(query);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().kind, Kind::TooLarge) << body.error().detail;
  EXPECT_THAT(body.error().detail, HasSubstr("bytes of upload"));
}

}  // namespace
}  // namespace garner::real_server
