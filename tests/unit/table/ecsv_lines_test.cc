// The line reader of ECSV headers against the YAML parser: what it takes it must take as that does.
#include "table/text/ecsv_lines.h"

#include <gtest/gtest.h>

#include <random>

#include "samples.h"

namespace garner::table {
namespace {

// As archives write products.
constexpr std::string_view kBlockStyle = R"(

delimiter: ','
datatype:
-
  name: source_id
  datatype: int64
  description: Unique source identifier (unique within a particular Data Release)
  meta:
    ucd: meta.id;meta.main
    utype: stc:AstroCoords.Position3D.Value3.C1
-
  name: teff1
  datatype: string
  subtype: 'float32[null]'
  unit: '''electron''.s**-1'
  description: 'MCMC samples for $T_{\rm eff, 1}$ of primary from MSC'
-
  name: logg1
  datatype: float32
  unit: log(cm.s**-2)
  description: $\log g_1$
meta:
  source_id: 5937083312263887616
  spatialLocation: [251.51920772923995, -51.5e-4]
  TimeAxisCoverageLocation: 2016.0
  DataModel: Spectrum 1.01
  QUERY: 'SELECT TOP 2 source_id, ra, dec FROM gaiadr3.gaia_source '
  CAPTION: "see: there"
  empty: ''
  blanks: '  two, one '
)";

// As astropy writes tables.
constexpr std::string_view kFlowStyle = R"(

datatype:
- {name: id, datatype: int64}
- {name: flux, unit: W.m**-2, datatype: string, subtype: 'float64[3]', description: "mean, 'flux'"}
- {name: ok, datatype: bool, description: it is well}
meta:
  release: Gaia DR3
schema: astropy-2.0
)";

constexpr std::string_view kInlineItems = R"(
datatype:
- name: id
  datatype: int64
- name: note
  datatype: string
  meta:
    ucd: meta.note
delimiter: ' '
)";

void expect_as_yaml(const std::string& yaml) {
  const auto lines = read_ecsv_lines(yaml, {});
  ASSERT_TRUE(lines) << yaml;
  const auto parsed = parse_ecsv_yaml(yaml, {});
  ASSERT_TRUE(parsed) << parsed.error().detail << " in " << yaml;
  EXPECT_EQ(samples::described(*lines), samples::described(*parsed));
}

TEST(EcsvLines, ReadWhatArchivesAndAstropyWriteAsYaml) {
  for (const auto yaml : {kBlockStyle, kFlowStyle, kInlineItems}) expect_as_yaml(std::string(yaml));
  const auto header = read_ecsv_lines(kBlockStyle, {});
  ASSERT_TRUE(header);
  EXPECT_EQ(header->columns[0].ucd, "meta.id;meta.main");
  EXPECT_EQ(header->columns[1].unit, "'electron'.s**-1");
  EXPECT_EQ(header->parameters.at("QUERY"), "SELECT TOP 2 source_id, ra, dec FROM gaiadr3.gaia_source ");
  EXPECT_EQ(header->delimiter, ',');
}

TEST(EcsvLines, LeaveWhatTheyAreNotCertainOfToTheYamlParser) {
  const std::string item = "datatype:\n-\n  name: a\n  datatype: int8\n";
  ASSERT_TRUE(read_ecsv_lines(item, {}));
  for (const std::string more : {"    ucd: x\n",
                                 "  description: one\n    two\n",
                                 "  description: |\n",
                                 "  description: >\n    x\n",
                                 "  unit: &a m\n",
                                 "  unit: *a\n",
                                 "  unit: ~\n",
                                 "  unit: null\n",
                                 "  unit:\n",
                                 "  unit: a: b\n",
                                 "  unit: a #b\n",
                                 "  unit: a:\n",
                                 "  unit: [a]\n",
                                 "  unit: {a: b}\n",
                                 "  unit: 'a\n",
                                 "  unit: 'a' b\n",
                                 "  unit: \"\\n\"\n",
                                 "  unit: !!str a\n",
                                 "  unit: a \n",
                                 "  unit: \ta\n",
                                 "  unit: \xc3\xa9\n",
                                 "  unit:a\n",
                                 "  unit: - a\n",
                                 "  unit: ? a\n",
                                 "  name: b\n",
                                 "  meta:\n",
                                 "  meta:\n  unit: a\n",
                                 "  meta:\n      ucd: a\n",
                                 "  meta: {ucd: a}\n",
                                 "  meta:\n    ucd: a\n    ucd: b\n",
                                 " unit: a\n",
                                 "   unit: a\n",
                                 "\n",
                                 "  \n",
                                 "  # unit\n",
                                 "unit: a\n  b\n",
                                 "datatype:\n",
                                 "meta:\n",
                                 "meta: a\n",
                                 "meta: !!omap\n- {a: b}\n",
                                 "meta:\n  a: b\n  a: c\n",
                                 "meta:\n  a:\n    b: c\n",
                                 "meta:\n  a: [b]\n",
                                 "meta:\n  a: [1,]\n",
                                 "meta:\n- a: b\n",
                                 "delimiter: ;\n",
                                 "delimiter: ,\n",
                                 "-\n",
                                 "- \n  name: b\n",
                                 "-  name: b\n",
                                 "- {name: b}\n",
                                 "- {name: b, datatype: int8} \n",
                                 "- {name: b, datatype: [int8]}\n",
                                 "- {name: b, datatype: int8\n",
                                 "- {name: b, datatype: int8}}\n",
                                 "- {name: b, datatype: int8,}\n",
                                 "- {name: b, datatype: int8}\n  unit: a\n",
                                 "- {name: b, datatype: a?b}\n",
                                 "? a\n",
                                 "%YAML 1.2\n",
                                 "'a': b\n",
                                 "~: a\n",
                                 "null: a\n"}) {
    EXPECT_FALSE(read_ecsv_lines(item + more, {})) << more;
  }
  for (const auto* yaml :
       {"", "\n\n", "datatype:\n", "datatype: 5\n", "delimiter: ','\n", "- {name: a, datatype: int8}\n"}) {
    EXPECT_FALSE(read_ecsv_lines(yaml, {})) << yaml;
  }
  Limits limits;
  limits.max_columns = 2;
  EXPECT_FALSE(read_ecsv_lines(kBlockStyle, limits));
}

std::string mutated(std::string text, std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {
      " ",  "  ", "\n", "\n  ", "\n    ", ":", ": ", "-",    "- ",    "'",    "''", "\"", "#",
      " #", ",",  ", ", "[",    "]",      "{", "}",  "null", "\n-\n", "|",    ">",  "&",  "*",
      "!",  "%",  "@",  "`",    "\\",     "?", "~",  ".",    "0",     "a: b", "\t", "=",  "\n- {"};
  for (unsigned changes = 1 + random() % 3; changes > 0 && !text.empty(); --changes) {
    const std::size_t at = random() % text.size();
    const std::size_t line = text.rfind('\n', at) + 1;
    switch (random() % 5) {
      case 0:
        text.erase(at, 1 + random() % 3);
        break;
      case 1:
        text.insert(at, kPieces[random() % std::size(kPieces)]);
        break;
      case 2:
        text.erase(line, text.find('\n', line) - line + 1);
        break;
      case 3:
        text.insert(line, text.substr(line, text.find('\n', line) - line + 1));
        break;
      default:
        text.replace(at, 1, kPieces[random() % std::size(kPieces)]);
        break;
    }
  }
  return text;
}

TEST(EcsvLines, NeverReadADamagedHeaderOtherwiseThanYaml) {
  std::mt19937 random(20261121);
  std::size_t taken = 0;
  for (int round = 0; round < 12'000; ++round) {
    const auto yaml = mutated(std::string(round % 3 == 0   ? kBlockStyle
                                          : round % 3 == 1 ? kFlowStyle
                                                           : kInlineItems),
                              random);
    const auto lines = read_ecsv_lines(yaml, {});
    if (!lines) continue;
    ++taken;
    const auto parsed = parse_ecsv_yaml(yaml, {});
    ASSERT_TRUE(parsed) << parsed.error().detail << " in " << yaml;
    ASSERT_EQ(samples::described(*lines), samples::described(*parsed)) << yaml;
  }
  EXPECT_GT(taken, 1'000u);
}

}  // namespace
}  // namespace garner::table
