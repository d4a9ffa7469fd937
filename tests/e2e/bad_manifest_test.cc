// Manifests that are wrong: every problem at its place, exit code 2, and nothing left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

struct BadManifest {
  std::string name;
  std::string text;                   // OUT stands for an output directory that would do
  std::vector<std::string> messages;  // "LINE:COLUMN: …" behind the file's name, or any other part
};

void PrintTo(const BadManifest& each, std::ostream* out) {
  *out << each.name;
}

const std::string kGood =
    "harvest: bad\n"
    "archive: gaia\n"
    "release: Gaia DR3\n"
    "sources: {file: bad.ids}\n"
    "retrieval_types: [RVS]\n"
    "output: {directory: OUT}\n";

// The good manifest with a piece of it replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  return text.replace(text.find(from), from.size(), to);
}

std::vector<BadManifest> every_bad_manifest() {
  return {
      {"Empty", "", {":1:1: the file is empty"}},
      {"NoYaml", "harvest: [\n", {"this is not YAML"}},
      {"AList", "- a\n", {":1:1: expected keys with values"}},
      {"UnknownKeys",
       kGood + "retrieval_type: RVS\nlayout: zip\n",
       {":7:1: retrieval_type: unknown key; did you mean 'retrieval_types'?", ":8:1: layout: unknown key"}},
      {"DuplicateKey", kGood + "harvest: again\n", {":7:1: harvest: this key stands twice, first in line 1"}},
      {"EveryKeyMissing",
       "chunk_size: 10\n",
       {"the key 'harvest' is missing", "the key 'archive' is missing", "the key 'release' is missing",
        "the key 'sources' is missing", "the key 'retrieval_types' is missing", "the key 'output' is missing"}},
      {"ManyProblemsAtOnce",
       "harvest: a b\narchive: gaia\nrelease: Gaia DR3\nsources: {file: bad.ids}\nretrieval_types: [rvs]\nformat: "
       "xml\nchunk_size: 9000\noutput: "
       "{directory: relative, layout: tar}\n",
       {":1:10: harvest: 'a b' is no name", ":5:19: retrieval_types", "'RVS'",
        ":6:9: format: 'xml' is not one of votable", ":7:13: chunk_size: expected a whole number from 1 to 5000",
        ":8:21: output.directory: 'relative' is not absolute",
        ":8:39: output.layout: 'tar' is not one of zip, files, tar.zst"}},
      {"NameAsAPath", with("harvest: bad", "harvest: ../bad"), {":1:10: harvest"}},
      {"NoSuchArchive", with("archive: gaia", "archive: hubble"), {":2:10: archive: no archive 'hubble'", "there are"}},
      {"ArchiveMisspelt",
       with("archive: gaia", "archive: gaja"),
       {":2:10: archive: no archive 'gaja'", "did you mean 'gaia'?"}},
      {"NoSuchRelease",
       with("Gaia DR3", "Gaia DR9"),
       {":3:10: release: 'Gaia DR9' is unknown to the archive 'gaia'; did you mean 'Gaia DR"}},
      {"NoSuchType",
       with("[RVS]", "[RVS, SPECTRA]"),
       {":5:24: retrieval_types[2]: 'SPECTRA' is unknown in Gaia DR3", "XP_CONTINUOUS"}},
      {"SeveralThatOnlyTheProfileKnows",
       with("[RVS]", "[RVX, XP_CONTINOUS]") + "chunk_size: 10\n",
       {":5:19: retrieval_types[1]: 'RVX' is unknown in Gaia DR3; did you mean 'RVS'?",
        ":5:24: retrieval_types[2]: 'XP_CONTINOUS' is unknown in Gaia DR3; did you mean 'XP_CONTINUOUS'?"}},
      {"TypeOfAnotherRelease", with("[RVS]", "[MEAN_SPECTRUM_RVS]"), {"MEAN_SPECTRUM_RVS", "RVS"}},
      {"TypeTwice", with("[RVS]", "[RVS, RVS]"), {":5:24: retrieval_types[2]: 'RVS' stands twice"}},
      {"AllAndMore", with("[RVS]", "[RVS, ALL]"), {":5:24: retrieval_types[2]: ALL stands alone"}},
      {"NoTypes", with("[RVS]", "[]"), {"the list is empty"}},
      {"ChunkSizeAsText",
       kGood + "chunk_size: \"100\"\n",
       {":7:13: chunk_size: expected a whole number from 1 to 5000, found the text '100'"}},
      {"ChunkSizeZero",
       kGood + "chunk_size: 0\n",
       {":7:13: chunk_size: expected a whole number from 1 to 5000, found '0'"}},
      {"ChunkSizeInOctal", kGood + "chunk_size: 0100\n", {":7:13: chunk_size"}},
      {"ValidDataAsNumber", kGood + "valid_data: 1\n", {":7:13: valid_data: expected true or false"}},
      {"StructureMisspelt",
       kGood + "data_structure: individual\n",
       {":7:17: data_structure: 'individual' is not one of INDIVIDUAL"}},
      {"CompressWithoutFiles",
       with("OUT}", "OUT, layout: zip, compress: zst}"),
       {"goes with layout 'files' only, not with 'zip'"}},
      {"NoSuchGroup", with("OUT}", "OUT, group: no-such-group-here}"), {"no-such-group-here"}},
      {"FileAndIds",
       with("{file: bad.ids}", "{file: bad.ids, ids: [5937083312263887616]}"),
       {"give only one of file, ids, adql, cone and box"}},
      {"NeitherFileNorIds",
       with("{file: bad.ids}", "{}"),
       {"give 'file' (the name of a list), 'ids' (a list of source_ids), or a query"}},
      {"BadInlineId", with("{file: bad.ids}", "[5937083312263887616, 12.5]"), {":4:32: sources[2]: '12.5'"}},
      {"InlineIdOfAnotherRelease",
       with("{file: bad.ids}", "[Gaia DR2 5937083312263887616]"),
       {":4:11: sources[1]", "belongs to Gaia DR2"}},
      {"MissingListFile", with("bad.ids", "nowhere.ids"), {"bad.yaml: sources.file: ", "nowhere.ids"}},
      {"ListIsAFolder", with("bad.ids", "archives"), {"archives: is a directory"}},
      {"AnchorsAndAliases", with("archive: gaia", "archive: &a gaia"), {":2:10: anchors"}},
  };
}

class BadManifests : public ::testing::TestWithParam<BadManifest> {
 protected:
  static void SetUpTestSuite() {
    rig = new Rig;
    rig->start_simulator();
    rig->start_daemon();
    write_file(rig->root() / "bad.ids", "5937083312263887616\n");
  }
  static void TearDownTestSuite() {
    delete rig;
    rig = nullptr;
  }
  static Rig* rig;
};

Rig* BadManifests::rig = nullptr;

TEST_P(BadManifests, AreRefusedWithTheirPlaceAndLeaveNothing) {
  std::string text = GetParam().text;
  if (const auto at = text.find("OUT"); at != std::string::npos) text.replace(at, 3, rig->output("bad").string());
  const auto path = rig->root() / "bad.yaml";
  write_file(path, text);
  for (const bool plan : {false, true}) {
    const Ran ran = rig->garner(plan ? std::vector<std::string>{"submit", path.string(), "--plan"}
                                     : std::vector<std::string>{"submit", path.string()});
    EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
    for (const auto& message : GetParam().messages)
      EXPECT_THAT(ran.err, HasSubstr(message.starts_with(":") ? path.string() + message : message));
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_TRUE(Json::parse(rig->garner({"list", "--json"}).out)["harvests"].empty());
  EXPECT_FALSE(fs::exists(rig->output("bad")));
  EXPECT_EQ(rig->report()["requests"], 0);
}

INSTANTIATE_TEST_SUITE_P(Each, BadManifests, ::testing::ValuesIn(every_bad_manifest()),
                         [](const auto& each) { return each.param.name; });

// The text that the rows above begin with is itself good: else they would be refused for another reason.
TEST(GoodManifest, IsTaken) {
  Rig rig;
  rig.start_simulator();
  rig.start_daemon();
  write_file(rig.root() / "bad.ids", "5937083312263887616\n");
  std::string text = kGood;
  text.replace(text.find("OUT"), 3, rig.output("bad").string());
  write_file(rig.root() / "bad.yaml", text);
  EXPECT_EQ(rig.garner({"submit", (rig.root() / "bad.yaml").string(), "--wait"}).exit_code, 0);
}

}  // namespace
}  // namespace garner::e2e
