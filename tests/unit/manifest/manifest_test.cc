#include "manifest/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace garner::manifest {
namespace {

using testing::ElementsAre;

constexpr std::string_view kLeast =
    "harvest: rvs\n"                     // 1
    "archive: gaia\n"                    // 2
    "release: Gaia DR3\n"                // 3
    "sources: ids.txt\n"                 // 4
    "retrieval_types: RVS\n"             // 5
    "output: {directory: /data/rvs}\n";  // 6

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(kLeast);
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

Manifest good(const std::string& text) {
  auto manifest = parse_manifest(text, "m.yaml");
  EXPECT_TRUE(manifest.has_value()) << manifest.error().detail;
  return manifest.value_or(Manifest{});
}

std::string problems(const std::string& text) {
  const auto manifest = parse_manifest(text, "m.yaml");
  EXPECT_FALSE(manifest.has_value());
  if (manifest) return {};
  EXPECT_EQ(manifest.error().kind, Kind::Invalid);
  return manifest.error().detail;
}

TEST(Manifest, TheLeastOneHasTheDefaults) {
  const auto manifest = good(std::string(kLeast));
  EXPECT_EQ(manifest.harvest, "rvs");
  EXPECT_EQ(manifest.archive, "gaia");
  EXPECT_EQ(manifest.release, "Gaia DR3");
  EXPECT_EQ(manifest.sources.file, "ids.txt");
  EXPECT_FALSE(manifest.sources.column.has_value());
  EXPECT_THAT(manifest.retrieval_types, ElementsAre("RVS"));
  EXPECT_EQ(manifest.data_structure_spelling, "INDIVIDUAL");
  EXPECT_EQ(manifest.data_structure, DataStructure::Individual);
  EXPECT_EQ(manifest.format, ProductFormat::VOTable);
  EXPECT_FALSE(manifest.valid_data);
  EXPECT_EQ(manifest.chunk_size, 500u);
  EXPECT_FALSE(manifest.chunk_size_given);
  EXPECT_EQ(manifest.output_directory, "/data/rvs");
  EXPECT_FALSE(manifest.output_group.has_value());
  EXPECT_EQ(manifest.layout, LayoutKind::TarZst);
  EXPECT_FALSE(manifest.compress_files);
}

TEST(Manifest, EveryKeyIsRead) {
  const auto manifest = good(
      "harvest: a.b-c_9\narchive: gaia\nrelease: Gaia DR4\nsources: {file: x.fits, column: id}\nretrieval_types: [RVS, "
      "XP_SAMPLED]\n"
      "data_structure: DATAMODEL_GAIA\nformat: ecsv\nvalid_data: true\nchunk_size: 5000\n"
      "output:\n  directory: /d\n  group: astro\n  layout: files\n  compress: zst\n");
  EXPECT_EQ(manifest.sources.file, "x.fits");
  EXPECT_EQ(manifest.sources.column, "id");
  EXPECT_THAT(manifest.retrieval_types, ElementsAre("RVS", "XP_SAMPLED"));
  EXPECT_EQ(manifest.data_structure_spelling, "DATAMODEL_GAIA");
  EXPECT_EQ(manifest.data_structure, DataStructure::Raw);
  EXPECT_EQ(manifest.format, ProductFormat::Ecsv);
  EXPECT_TRUE(manifest.valid_data);
  EXPECT_EQ(manifest.chunk_size, 5000u);
  EXPECT_TRUE(manifest.chunk_size_given);
  EXPECT_EQ(manifest.output_group, "astro");
  EXPECT_EQ(manifest.layout, LayoutKind::Files);
  EXPECT_TRUE(manifest.compress_files);
}

TEST(Manifest, SourcesMayBeListedInTheManifest) {
  EXPECT_THAT(good(replaced("ids.txt", "[5937083312263887616, Gaia DR3 42]")).sources.ids,
              ElementsAre("5937083312263887616", "Gaia DR3 42"));
  EXPECT_THAT(good(replaced("ids.txt", "{ids: [42]}")).sources.ids, ElementsAre("42"));
  EXPECT_EQ(good(replaced("ids.txt", "\"-\"")).sources.file, "-");
}

struct BadCase {
  std::string_view from, to, message;
};

TEST(Manifest, EachMistakeHasAMessageWithItsPlace) {
  const std::string tall(65, 'x');
  const std::vector<BadCase> cases = {
      {"harvest: rvs\n", "", "m.yaml:1:1: the key 'harvest' is missing"},
      {"archive: gaia\n", "", "m.yaml:1:1: the key 'archive' is missing"},
      {"release: Gaia DR3\n", "", "m.yaml:1:1: the key 'release' is missing"},
      {"sources: ids.txt\n", "", "m.yaml:1:1: the key 'sources' is missing"},
      {"retrieval_types: RVS\n", "", "m.yaml:1:1: the key 'retrieval_types' is missing"},
      {"output: {directory: /data/rvs}\n", "", "m.yaml:1:1: the key 'output' is missing"},
      {"{directory: /data/rvs}", "{layout: zip}", "m.yaml:6:9: output: the key 'directory' is missing"},
      {"harvest: rvs", "harvest: ../x",
       "m.yaml:1:10: harvest: '../x' is no name: 1 to 64 letters, digits, '-', '_' or '.', the first a letter or "
       "digit"},
      {"harvest: rvs", "harvest: .x",
       "m.yaml:1:10: harvest: '.x' is no name: 1 to 64 letters, digits, '-', '_' or '.', the first a letter or digit"},
      {"harvest: rvs", "harvets: rvs",
       "m.yaml:1:1: the key 'harvest' is missing\nm.yaml:1:1: harvets: unknown key; did you mean 'harvest'?"},
      {"harvest: rvs\n", "harvest: rvs\nharvest: two\n", "m.yaml:2:1: harvest: this key stands twice, first in line 1"},
      {"harvest: rvs", "harvest: [rvs]", "m.yaml:1:10: harvest: expected a text, found a list"},
      {"release: Gaia DR3", "release: \"\"", "m.yaml:3:10: release: expected a release's name, such as \"Gaia DR3\""},
      {"sources: ids.txt", "sources:",
       "m.yaml:4:1: sources: expected a file's name, a list of source_ids, or one of the keys file, ids, adql, cone "
       "and box"},
      {"sources: ids.txt", "sources: []", "m.yaml:4:10: sources: the list is empty; name one source at least"},
      {"sources: ids.txt", "sources: {}",
       "m.yaml:4:10: sources: give 'file' (the name of a list), 'ids' (a list of source_ids), or a query: 'adql', "
       "'cone' or 'box'"},
      {"sources: ids.txt", "sources: {file: a, ids: [1]}",
       "m.yaml:4:25: sources.ids: give only one of file, ids, adql, cone and box"},
      {"sources: ids.txt", "sources: {ids: [1], column: a}",
       "m.yaml:4:29: sources.column: only a file or a query has columns"},
      {"sources: ids.txt", "sources: {file: a, colunm: b}",
       "m.yaml:4:20: sources.colunm: unknown key; did you mean 'column'?"},
      {"sources: ids.txt", "sources: [12, Gaia DR2 13]",
       "m.yaml:4:15: sources[2]: 'Gaia DR2 13': belongs to Gaia DR2, the harvest asks for Gaia DR3"},
      {"sources: ids.txt", "sources: [5.937e18]",
       "m.yaml:4:11: sources[1]: '5.937e18': went through a floating-point number (ids need all 19 digits)"},
      {"retrieval_types: RVS", "retrieval_types: []",
       "m.yaml:5:18: retrieval_types: the list is empty; name one type at least, or ALL"},
      {"retrieval_types: RVS", "retrieval_types: rvs",
       "m.yaml:5:18: retrieval_types: retrieval_types are written in capitals: 'RVS'"},
      {"retrieval_types: RVS", "retrieval_types: [RVS, RVS]", "m.yaml:5:24: retrieval_types[2]: 'RVS' stands twice"},
      {"retrieval_types: RVS", "retrieval_types: [RVS, ALL]",
       "m.yaml:5:24: retrieval_types[2]: ALL stands alone: it means every type of the release"},
      {"retrieval_types: RVS", "retrieval_types: A/B",
       "m.yaml:5:18: retrieval_types: 'A/B' is no retrieval_type: capital letters, digits and '_', such as "
       "XP_CONTINUOUS"},
      {"harvest: rvs\n", "harvest: rvs\nformat: vot\n",
       "m.yaml:2:9: format: 'vot' is not one of votable, votable_plain, fits, csv, ecsv"},
      {"harvest: rvs\n", "harvest: rvs\nformat: votable_gzip\n",
       "m.yaml:2:9: format: 'votable_gzip' is not one of votable, votable_plain, fits, csv, ecsv; did you mean "
       "'votable_plain'?"},
      {"harvest: rvs\n", "harvest: rvs\ndata_structure: COMBINED\n",
       "m.yaml:2:17: data_structure: 'COMBINED' is not one of INDIVIDUAL, RAW, DATAMODEL_STANDARD, DATAMODEL_GAIA"},
      {"harvest: rvs\n", "harvest: rvs\nchunk_size: 0\n",
       "m.yaml:2:13: chunk_size: expected a whole number from 1 to 5000, found '0'"},
      {"harvest: rvs\n", "harvest: rvs\nchunk_size: 5001\n",
       "m.yaml:2:13: chunk_size: expected a whole number from 1 to 5000, found '5001'"},
      {"harvest: rvs\n", "harvest: rvs\nvalid_data: yes\n",
       "m.yaml:2:13: valid_data: expected true or false, found 'yes'"},
      {"/data/rvs", "rvs",
       "m.yaml:6:21: output.directory: 'rvs' is not absolute; the daemon does not know where you stand: begin with "
       "'/'"},
      {"/data/rvs", "/d, layout: tar", "m.yaml:6:33: output.layout: 'tar' is not one of zip, files, tar.zst, table"},
      {"/data/rvs", "/d, layout: table",
       "m.yaml:6:33: output.layout: layout 'table' does not go with data_structure INDIVIDUAL and format votable"},
      {"/data/rvs", "/d, layout: table, compress: zst",
       "m.yaml:6:33: output.layout: layout 'table' does not go with data_structure INDIVIDUAL and format votable"},
      {"/data/rvs", "/d, layout: zip, compress: zst",
       "m.yaml:6:48: output.compress: goes with layout 'files' only, not with 'zip'"},
      {"/data/rvs", "/d, compress: zst",
       "m.yaml:6:35: output.compress: goes with layout 'files' only, not with 'tar.zst'"},
      {"/data/rvs", "/d, layout: files, compress: gzip",
       "m.yaml:6:50: output.compress: 'gzip' is not one of none, zst"},
      {"/data/rvs", "/d, group: a b", "m.yaml:6:32: output.group: 'a b' is no group's name"},
  };
  for (const auto& bad : cases) {
    EXPECT_EQ(problems(replaced(bad.from, bad.to)), bad.message) << bad.to;
  }
  EXPECT_THAT(problems(replaced("harvest: rvs", "harvest: " + tall)), testing::HasSubstr("is no name"));
}

TEST(Manifest, AllMistakesAreReportedTogether) {
  const auto text = problems(
      "harvest: ''\narchive: gaia\nrelease: Gaia DR3\nchunk_size: many\nformat: xml\noutput: {directory: x, colour: "
      "red}\n");
  EXPECT_EQ(std::ranges::count(text, '\n'), 6) << text;
}

TEST(Manifest, WhatIsNoYamlIsMalformed) {
  const auto manifest = parse_manifest("harvest: [\n", "m.yaml");
  ASSERT_FALSE(manifest.has_value());
  EXPECT_EQ(manifest.error().kind, Kind::Malformed);
  EXPECT_THAT(manifest.error().detail, testing::StartsWith("m.yaml:"));
}

}  // namespace
}  // namespace garner::manifest
