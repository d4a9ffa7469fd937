// The kinds of harvest: products, rows, query; and sources that are a query.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/source_id.h"
#include "manifest/manifest.h"

namespace garner::manifest {
namespace {

using testing::ElementsAre;

constexpr std::string_view kProducts =
    "harvest: h\n"                     // 1
    "archive: gaia\n"                  // 2
    "release: Gaia DR3\n"              // 3
    "sources: ids.txt\n"               // 4
    "retrieval_types: RVS\n"           // 5
    "output: {directory: /data/h}\n";  // 6

constexpr std::string_view kRows =
    "harvest: h\n"                     // 1
    "archive: gaia\n"                  // 2
    "kind: rows\n"                     // 3
    "release: Gaia DR3\n"              // 4
    "sources: ids.txt\n"               // 5
    "tables: [gaiadr3.gaia_source]\n"  // 6
    "output: {directory: /data/h}\n";  // 7

constexpr std::string_view kQuery =
    "harvest: h\n"                                                     // 1
    "archive: gaia\n"                                                  // 2
    "kind: query\n"                                                    // 3
    "adql: SELECT source_id FROM gaiadr3.gaia_source\n"                // 4
    "partition: {column: random_index, from: 0, to: 99, parts: 10}\n"  // 5
    "output: {directory: /data/h}\n";                                  // 6

std::string replaced(std::string_view in, std::string_view from, std::string_view to) {
  std::string text(in);
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

Manifest good(std::string_view text) {
  auto manifest = parse_manifest(text, "m.yaml");
  EXPECT_TRUE(manifest.has_value()) << manifest.error().detail;
  return manifest.value_or(Manifest{});
}

std::string problems(const std::string& text) {
  const auto manifest = parse_manifest(text, "m.yaml");
  EXPECT_FALSE(manifest.has_value()) << text;
  return manifest ? "" : manifest.error().detail;
}

struct BadCase {
  std::string_view in, from, to, message;
};

void expect_each(const std::vector<BadCase>& cases) {
  for (const auto& bad : cases) EXPECT_EQ(problems(replaced(bad.in, bad.from, bad.to)), bad.message) << bad.to;
}

TEST(ManifestKinds, ProductsIsTheDefaultAndHasThePrefilter) {
  const auto manifest = good(kProducts);
  EXPECT_EQ(manifest.kind, HarvestKind::Products);
  EXPECT_FALSE(manifest.prefilter);
  EXPECT_TRUE(manifest.confirm_absent);
  EXPECT_FALSE(good(std::string(kProducts) + "confirm_absent: false\n").confirm_absent);
  EXPECT_TRUE(good(std::string(kProducts) + "kind: products\nprefilter: true\n").prefilter);
}

TEST(ManifestKinds, RowsOfOneTableWholly) {
  const auto manifest = good(kRows);
  EXPECT_EQ(manifest.kind, HarvestKind::Rows);
  EXPECT_EQ(manifest.data_structure, DataStructure::Raw);
  ASSERT_EQ(manifest.tables.size(), 1u);
  EXPECT_EQ(manifest.tables[0].name, "gaiadr3.gaia_source");
  EXPECT_TRUE(manifest.tables[0].columns.empty());
  EXPECT_EQ(manifest.tables[0].id_column, "source_id");
  EXPECT_EQ(manifest.upload, UploadUse::Auto);
  EXPECT_EQ(manifest.mode, QueryMode::Auto);
  EXPECT_EQ(good(replaced(kRows, "[gaiadr3.gaia_source]", "gaiadr3.gaia_source")).tables[0].name,
            "gaiadr3.gaia_source");
}

TEST(ManifestKinds, RowsOfChosenColumns) {
  const auto manifest = good(replaced(kRows, "tables: [gaiadr3.gaia_source]",
                                      "tables:\n  - {table: gaiadr3.gaia_source, columns: [ra, Source_ID]}\n"
                                      "  - {table: _other.t1, columns: [value], id_column: dr3_source_id}\n"
                                      "upload: never\nmode: sync\nchunk_size: 100000\nformat: fits"));
  ASSERT_EQ(manifest.tables.size(), 2u);
  EXPECT_THAT(manifest.tables[0].columns, ElementsAre("ra", "Source_ID"));
  EXPECT_THAT(manifest.tables[1].columns, ElementsAre("dr3_source_id", "value"));
  EXPECT_EQ(manifest.tables[1].id_column, "dr3_source_id");
  EXPECT_EQ(manifest.upload, UploadUse::Never);
  EXPECT_EQ(manifest.mode, QueryMode::Sync);
  EXPECT_EQ(manifest.chunk_size, 100'000u);
  EXPECT_EQ(manifest.format, ProductFormat::Fits);
}

TEST(ManifestKinds, EachMistakeInRowsHasAMessageWithItsPlace) {
  expect_each({
      {kRows, "tables: [gaiadr3.gaia_source]\n", "", "m.yaml:1:1: the key 'tables' is missing"},
      {kRows, "release: Gaia DR3\n", "", "m.yaml:1:1: the key 'release' is missing"},
      {kRows, "sources: ids.txt\n", "", "m.yaml:1:1: the key 'sources' is missing"},
      {kRows, "[gaiadr3.gaia_source]", "[]", "m.yaml:6:9: tables: the list is empty; name one table at least"},
      {kRows, "[gaiadr3.gaia_source]", "[a.b, A.B]", "m.yaml:6:15: tables[2]: 'A.B' stands twice"},
      {kRows, "[gaiadr3.gaia_source]", "[a-b]",
       "m.yaml:6:10: tables[1]: 'a-b' is no table's name such as gaiadr3.gaia_source: letters, digits and '_', at most "
       "64 characters"},
      {kRows, "[gaiadr3.gaia_source]", "['\"a b\".c']",
       "m.yaml:6:10: tables[1]: '\"a b\".c': quoted names can't be used here, because files and folders are named "
       "after them"},
      {kRows, "[gaiadr3.gaia_source]", "[{columns: [ra]}]", "m.yaml:6:10: tables[1]: the key 'table' is missing"},
      {kRows, "[gaiadr3.gaia_source]", "[{table: t, columns: []}]",
       "m.yaml:6:30: tables[1].columns: the list is empty; leave 'columns' out for all of them"},
      {kRows, "[gaiadr3.gaia_source]", "[{table: t, columns: [ra, RA]}]",
       "m.yaml:6:35: tables[1].columns[2]: 'RA' stands twice"},
      {kRows, "[gaiadr3.gaia_source]", "[{table: t, columns: ['count(*)']}]",
       "m.yaml:6:31: tables[1].columns[1]: 'count(*)' is no column's name: letters, digits and '_', at most 64 "
       "characters"},
      {kRows, "[gaiadr3.gaia_source]", "[{table: t, colums: [ra]}]",
       "m.yaml:6:21: tables[1].colums: unknown key; did you mean 'columns'?"},
      {kRows, "kind: rows", "kind: rows\nchunk_size: 100001",
       "m.yaml:4:13: chunk_size: expected a whole number from 1 to 100000, found '100001'"},
      {kRows, "kind: rows", "kind: rows\nupload: maybe",
       "m.yaml:4:9: upload: 'maybe' is not one of auto, always, never"},
      {kRows, "kind: rows", "kind: rows\nmode: asynk",
       "m.yaml:4:7: mode: 'asynk' is not one of auto, sync, async; did you mean 'async'?"},
      {kRows, "kind: rows", "kind: rows\nretrieval_types: RVS",
       "m.yaml:4:18: retrieval_types: goes with kind products only; this harvest is of kind rows"},
      {kRows, "kind: rows", "kind: rows\npartition: {healpix: 3}",
       "m.yaml:4:12: partition: goes with kind query only; this harvest is of kind rows"},
      {kRows, "/data/h", "/d, layout: zip",
       "m.yaml:7:33: output.layout: layout 'zip' keeps zips as served, but the answers of kind rows are tables; choose "
       "files or tar.zst"},
  });
}

TEST(ManifestKinds, TablesAreMergedFromFitsByPixel) {
  const auto table = [](std::string_view in, std::string_view more) {
    return replaced(in, "/data/h", "/d, layout: table") + std::string(more);
  };
  EXPECT_EQ(good(table(kRows, "format: fits\n")).layout, LayoutKind::Table);
  EXPECT_EQ(problems(table(kRows, "format: csv\n")),
            "m.yaml:7:33: output.layout: layout 'table' does not go with kind rows and format csv");
  EXPECT_EQ(
      problems(table(kQuery, "format: fits\n")),
      "m.yaml:6:33: output.layout: layout 'table' does not go with kind query in parts of a column's values (only "
      "with partition: {healpix: LEVEL}) and format fits");
  EXPECT_EQ(good(replaced(table(kQuery, "format: fits\n"), "{column: random_index, from: 0, to: 99, parts: 10}",
                          "{healpix: 6}"))
                .layout,
            LayoutKind::Table);
}

TEST(ManifestKinds, NamesOfTablesHaveThreePartsAtMost) {
  const auto with = [](const std::string& name) { return replaced(kRows, "gaiadr3.gaia_source", name); };
  EXPECT_EQ(good(with("a.b.c")).tables[0].name, "a.b.c");
  EXPECT_EQ(good(with(std::string(64, 'x'))).tables[0].name.size(), 64u);
  for (const auto& bad : {std::string("a.b.c.d"), std::string("a..b"), std::string(".a"), std::string("a."),
                          std::string("1a"), std::string("../a"), std::string(65, 'x')}) {
    EXPECT_THAT(problems(with(bad)), testing::HasSubstr("is no table's name")) << bad;
  }
}

TEST(ManifestKinds, AQueryInPartsOfAColumnsValues) {
  const auto manifest = good(kQuery);
  EXPECT_EQ(manifest.kind, HarvestKind::Query);
  EXPECT_EQ(manifest.data_structure, DataStructure::Raw);
  EXPECT_EQ(manifest.adql, "SELECT source_id FROM gaiadr3.gaia_source");
  EXPECT_EQ(manifest.release, "");
  EXPECT_EQ(manifest.partition.column, "random_index");
  EXPECT_EQ(manifest.partition.from, 0);
  EXPECT_EQ(manifest.partition.to, 99);
  EXPECT_EQ(manifest.partition.parts, 10u);
  EXPECT_FALSE(manifest.partition.healpix.has_value());
  EXPECT_FALSE(manifest.count);
  const auto more = good(std::string(kQuery) + "count: true\nmode: async\nrelease: Gaia DR3\n");
  EXPECT_TRUE(more.count);
  EXPECT_EQ(more.mode, QueryMode::Async);
  EXPECT_EQ(more.release, "Gaia DR3");
}

TEST(ManifestKinds, APartitionMayCoverHalfOfWhatSixtyFourBitsHold) {
  const auto with = [](std::string_view ends) {
    return replaced(kQuery, "from: 0, to: 99, parts: 10", std::string(ends) + ", parts: 10000000");
  };
  const auto partition = good(with("from: -9223372036854775808, to: -1")).partition;
  EXPECT_EQ(partition.from, INT64_MIN);
  EXPECT_EQ(partition.to, -1);
  EXPECT_EQ(partition.parts, 10'000'000u);
  EXPECT_EQ(good(with("from: 0, to: 9223372036854775807")).partition.to, INT64_MAX);
  EXPECT_EQ(good(with("from: -1, to: 9223372036854775806")).partition.from, -1);
  EXPECT_THAT(problems(with("from: -1, to: 9223372036854775807")), testing::HasSubstr("too many values"));
  EXPECT_THAT(problems(with("from: -9223372036854775808, to: 0")), testing::HasSubstr("too many values"));
}

TEST(ManifestKinds, APartitionsColumnMayBeOfOneOfSeveralTables) {
  EXPECT_EQ(good(replaced(kQuery, "random_index", "g.random_index")).partition.column, "g.random_index");
}

TEST(ManifestKinds, PixelsAreEvenPartsOfTheRangeOfIds) {
  const auto partition =
      good(replaced(kQuery, "{column: random_index, from: 0, to: 99, parts: 10}", "{healpix: 6}")).partition;
  EXPECT_EQ(partition.healpix, 6);
  EXPECT_EQ(partition.column, "source_id");
  EXPECT_EQ(partition.parts, 12u << 12);
  EXPECT_EQ(partition.from, 0);
  const auto width = (static_cast<std::uint64_t>(partition.to) + 1) / partition.parts;
  EXPECT_EQ(width * partition.parts, static_cast<std::uint64_t>(partition.to) + 1);
  EXPECT_EQ(healpix_pixel(SourceId{5 * width}, 6), 5u);
  EXPECT_EQ(healpix_pixel(SourceId{5 * width - 1}, 6), 4u);
  EXPECT_EQ(good(replaced(kQuery, "{column: random_index, from: 0, to: 99, parts: 10}", "{healpix: 0, column: id}"))
                .partition.column,
            "id");
}

TEST(ManifestKinds, EachMistakeInAQueryHasAMessageWithItsPlace) {
  constexpr std::string_view kPartition = "{column: random_index, from: 0, to: 99, parts: 10}";
  expect_each({
      {kQuery, "adql: SELECT source_id FROM gaiadr3.gaia_source\n", "", "m.yaml:1:1: the key 'adql' is missing"},
      {kQuery, "SELECT source_id FROM gaiadr3.gaia_source", "' '",
       "m.yaml:4:7: adql: expected a query: SELECT … FROM …"},
      {kQuery, "SELECT source_id FROM gaiadr3.gaia_source", "\"SELECT\\0\"",
       "m.yaml:4:7: adql: there are control characters in this query"},
      {kQuery, "partition: {column: random_index, from: 0, to: 99, parts: 10}\n", "",
       "m.yaml:1:1: the key 'partition' is missing"},
      {kQuery, kPartition, "{}",
       "m.yaml:5:12: partition: the key 'column' is missing\nm.yaml:5:12: partition: the key 'from' is missing\n"
       "m.yaml:5:12: partition: the key 'to' is missing\nm.yaml:5:12: partition: the key 'parts' is missing"},
      {kQuery, "to: 99", "to: -1", "m.yaml:5:48: partition.to: -1 is less than from, 0"},
      {kQuery, "parts: 10", "parts: 101",
       "m.yaml:5:59: partition.parts: there are 100 values from 0 to 99, too few for 101 parts"},
      {kQuery, "parts: 10", "parts: 0",
       "m.yaml:5:59: partition.parts: expected a whole number from 1 to 10000000, found '0'"},
      {kQuery, kPartition, "{healpix: 10}",
       "m.yaml:5:22: partition.healpix: expected a whole number from 0 to 9, found '10'"},
      {kQuery, kPartition, "{healpix: 3, parts: 7}",
       "m.yaml:5:32: partition.parts: does not go with healpix, whose parts are the level's pixels"},
      {kQuery, "random_index", "a-b",
       "m.yaml:5:21: partition.column: 'a-b' is no column's name such as random_index or g.source_id: letters, digits "
       "and '_', at most 64 characters"},
      {kQuery, "kind: query", "kind: query\nchunk_size: 5",
       "m.yaml:4:13: chunk_size: goes with kind products and rows only; this harvest is of kind query"},
      {kQuery, "kind: query", "kind: query\nsources: ids.txt",
       "m.yaml:4:10: sources: goes with kind products and rows only; this harvest is of kind query"},
      {kQuery, "kind: query", "kind: query\nretrieval_types: RVS",
       "m.yaml:4:18: retrieval_types: goes with kind products only; this harvest is of kind query"},
      {kQuery, "kind: query", "kind: query\ndata_structure: RAW",
       "m.yaml:4:17: data_structure: goes with kind products only; this harvest is of kind query"},
      {kProducts, "release: Gaia DR3", "release: Gaia DR3\ncount: true\nadql: SELECT 1",
       "m.yaml:4:8: count: goes with kind query only; this harvest is of kind products\n"
       "m.yaml:5:7: adql: goes with kind query only; this harvest is of kind products"},
  });
}

TEST(ManifestKinds, AnUnknownKindIsTheOnlyProblem) {
  EXPECT_EQ(problems(replaced(kQuery, "kind: query", "kind: querry")),
            "m.yaml:3:7: kind: 'querry' is not one of products, rows, query; did you mean 'query'?");
}

TEST(ManifestSources, MayBeAQuery) {
  const auto sources = [](std::string_view text) { return good(replaced(kProducts, "ids.txt", text)).sources; };
  EXPECT_FALSE(sources("ids.txt").by_query());
  const auto adql = sources("{adql: \"SELECT source_id FROM t WHERE g < 6\"}");
  EXPECT_TRUE(adql.by_query());
  EXPECT_EQ(adql.adql, "SELECT source_id FROM t WHERE g < 6");
  EXPECT_EQ(sources("{adql: SELECT id FROM t, column: id}").column, "id");
  const auto block = sources("\n  adql: |\n    SELECT source_id\n    FROM t -- all of it\n");
  EXPECT_EQ(block.adql, "SELECT source_id\nFROM t -- all of it\n");
  const auto cone = sources("{cone: {ra: 266.41683, dec: -29.00781, radius: 0.5}}");
  ASSERT_TRUE(cone.cone.has_value());
  EXPECT_TRUE(cone.by_query());
  EXPECT_EQ(cone.cone->ra_deg, 266.41683);
  EXPECT_EQ(cone.cone->dec_deg, -29.00781);
  EXPECT_EQ(cone.cone->radius_deg, 0.5);
  EXPECT_EQ(cone.table, "");
  const auto box = sources("{box: {ra: 0, dec: 0, width: 270.5, height: 20, table: gaiadr2.gaia_source}}");
  ASSERT_TRUE(box.box.has_value());
  EXPECT_TRUE(box.by_query());
  EXPECT_EQ(box.box->width_deg, 270.5);
  EXPECT_EQ(box.box->height_deg, 20);
  EXPECT_EQ(box.table, "gaiadr2.gaia_source");
}

TEST(ManifestSources, PositionsMayBeSexagesimalAndAnglesHaveUnits) {
  const auto cone =
      good(replaced(kProducts, "ids.txt", "{cone: {ra: 12:30:00, dec: \"-00:30:00\", radius: 36arcsec}}")).sources.cone;
  ASSERT_TRUE(cone.has_value());
  EXPECT_DOUBLE_EQ(cone->ra_deg, 187.5);
  EXPECT_DOUBLE_EQ(cone->dec_deg, -0.5);
  EXPECT_DOUBLE_EQ(cone->radius_deg, 0.01);
}

TEST(ManifestSources, EachMistakeInAQueryForThemHasAMessageWithItsPlace) {
  expect_each({
      {kProducts, "ids.txt", "{cone: {ra: 1, dec: 91, radius: 1parsec}}",
       "m.yaml:4:30: sources.cone.dec: '91' lies outside -90 to 90 degrees\n"
       "m.yaml:4:42: sources.cone.radius: expected a number of degrees, or one with deg, arcmin or arcsec behind it; "
       "found '1parsec'"},
      {kProducts, "ids.txt", "{cone: {ra: 1, dec: 1}}", "m.yaml:4:17: sources.cone: the key 'radius' is missing"},
      {kProducts, "ids.txt", "{cone: 5}", "m.yaml:4:17: sources.cone: expected keys with values, found '5'"},
      {kProducts, "ids.txt", "{box: {ra: 1, dec: 1, width: 361, height: 5}}",
       "m.yaml:4:39: sources.box.width: '361' is not more than 0 and at most 360 degrees"},
      {kProducts, "ids.txt", "{box: {ra: 1, dec: 1, width: 1, height: 1, radius: 5}}",
       "m.yaml:4:53: sources.box.radius: unknown key; known here: ra, dec, width, height, table"},
      {kProducts, "ids.txt", "{adql: SELECT 1, cone: {ra: 1, dec: 1, radius: 1}}",
       "m.yaml:4:33: sources.cone: give only one of file, ids, adql, cone and box"},
      {kProducts, "ids.txt", "{adql: ''}", "m.yaml:4:17: sources.adql: expected a query: SELECT … FROM …"},
      {kProducts, "ids.txt", "{adql: SELECT 1, column: 'a b'}",
       "m.yaml:4:35: sources.column: 'a b' is no column's name: letters, digits and '_', at most 64 characters"},
      {kProducts, "ids.txt", "{cone: {ra: 1, dec: 1, radius: 1, table: 'J/A+A'}}",
       "m.yaml:4:51: sources.cone.table: 'J/A+A' is no table's name such as gaiadr3.gaia_source: letters, digits and "
       "'_', at most 64 characters"},
  });
}

}  // namespace
}  // namespace garner::manifest
