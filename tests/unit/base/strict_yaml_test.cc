#include "base/strict_yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace garner::yaml {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<Document> parsed(std::string_view text) {
  auto document = Document::parse(text, "a.yaml");
  EXPECT_TRUE(document.has_value()) << document.error().detail;
  return document ? std::move(*document) : nullptr;
}

std::string refusal(std::string_view text) {
  auto document = Document::parse(text, "a.yaml");
  EXPECT_FALSE(document.has_value());
  return document ? std::string() : document.error().detail;
}

TEST(StrictYaml, ReadsValuesOfEachType) {
  const auto document = parsed(
      "name: rvs\nsize: 500\nratio: 0.5\nvalid: true\ntypes: [RVS, XP_SAMPLED]\none: RVS\nid: 5937083312263887616\n");
  const auto root = document->root();
  EXPECT_EQ(root.required_string("name"), "rvs");
  EXPECT_EQ(root.integer("size", 1, 5000), 500);
  EXPECT_EQ(root.number("ratio", 0, 1), 0.5);
  EXPECT_EQ(root.boolean("valid"), true);
  EXPECT_THAT(root.strings("types"), ElementsAre("RVS", "XP_SAMPLED"));
  EXPECT_THAT(root.strings("one"), ElementsAre("RVS"));
  EXPECT_EQ(root.integer("id", 1, INT64_MAX), 5937083312263887616);
  EXPECT_EQ(root.string("nowhere"), std::nullopt);
  root.refuse_unknown_keys();
  EXPECT_THAT(document->problems(), IsEmpty());
  EXPECT_TRUE(document->verdict().has_value());
}

TEST(StrictYaml, ReportsEveryProblemAtOnceInTheOrderOfTheDocument) {
  const auto document = parsed("harvets: x\nsize: 9000\nvalid: yes\noutput:\n  layout: zap\n  layuot: zip\n");
  const auto root = document->root();
  root.boolean("valid");
  root.integer("size", 1, 5000);
  root.required("harvest");
  constexpr std::array<std::string_view, 2> kLayouts = {"zip", "files"};
  const auto output = root.map("output");
  ASSERT_TRUE(output);
  output->choice("layout", kLayouts);
  output->refuse_unknown_keys();
  root.refuse_unknown_keys();
  EXPECT_THAT(document->problems(),
              ElementsAre("a.yaml:1:1: the key 'harvest' is missing",
                          "a.yaml:1:1: harvets: unknown key; did you mean 'harvest'?",
                          "a.yaml:2:7: size: expected a whole number from 1 to 5000, found '9000'",
                          "a.yaml:3:8: valid: expected true or false, found 'yes'",
                          "a.yaml:5:11: output.layout: 'zap' is not one of zip, files; did you mean 'zip'?",
                          "a.yaml:6:3: output.layuot: unknown key; did you mean 'layout'?"));
  const auto verdict = document->verdict();
  ASSERT_FALSE(verdict.has_value());
  EXPECT_EQ(verdict.error().kind, Kind::Invalid);
  EXPECT_THAT(verdict.error().detail, HasSubstr("a.yaml:2:7"));
  EXPECT_THAT(verdict.error().detail, HasSubstr("\na.yaml:6:3"));
}

TEST(StrictYaml, AKeyThatStandsTwiceIsAProblemAndTheFirstCounts) {
  const auto document = parsed("a: 1\nb: 2\na: 3\n");
  const auto root = document->root();
  EXPECT_EQ(root.integer("a", 0, 9), 1);
  root.integer("b", 0, 9);
  root.refuse_unknown_keys();
  EXPECT_THAT(document->problems(), ElementsAre("a.yaml:3:1: a: this key stands twice, first in line 1"));
}

TEST(StrictYaml, AnUnknownKeyFarFromAllOthersListsTheKnownOnes) {
  const auto document = parsed("colour: 1\n");
  const auto root = document->root();
  root.find("size");
  root.find("name");
  root.refuse_unknown_keys();
  EXPECT_THAT(document->problems(), ElementsAre("a.yaml:1:1: colour: unknown key; known here: size, name"));
}

TEST(StrictYaml, NumbersThatReadersDisagreeAboutAreRefused) {
  for (const auto* text :
       {"08", "+5", "0x1f", "1_000", "5.0", "1e3", "'5'", "\"5\"", "five", ".inf", "99999999999999999999"}) {
    const auto document = parsed(std::string("n: ") + text + "\n");
    EXPECT_EQ(document->root().integer("n", -1'000'000, 1'000'000), std::nullopt) << text;
    EXPECT_EQ(document->problems().size(), 1u) << text;
  }
  for (const auto* text : {"08", "+5", ".inf", ".nan", "1e999", "'0.5'", "0.5x"}) {
    const auto document = parsed(std::string("n: ") + text + "\n");
    EXPECT_EQ(document->root().number("n", -1e6, 1e6), std::nullopt) << text;
    EXPECT_EQ(document->problems().size(), 1u) << text;
  }
}

TEST(StrictYaml, WrongShapesAreNamed) {
  const auto document = parsed("text: [1]\nmap: 5\nlist:\n  a: 1\nempty:\nlast: [a, [b]]\n");
  const auto root = document->root();
  root.string("text");
  root.map("map");
  root.find("list")->items();
  root.string("empty");
  root.strings("last");
  EXPECT_THAT(document->problems(), ElementsAre("a.yaml:1:7: text: expected a text, found a list",
                                                "a.yaml:2:6: map: expected keys with values, found '5'",
                                                "a.yaml:4:3: list: expected a list, found keys with values",
                                                "a.yaml:5:1: empty: expected a text, found nothing",
                                                "a.yaml:6:11: last[2]: expected a text, found a list"));
}

TEST(StrictYaml, WhatIsNoYamlSaysWhere) {
  EXPECT_THAT(refusal("a: 1\nb: [1, 2\nc: 3\n"), HasSubstr("a.yaml:3:"));
  EXPECT_THAT(refusal("a: 1\n\tb: 2\n"), HasSubstr("this is not YAML"));
  EXPECT_THAT(refusal("- a\n- b\n"), HasSubstr("a.yaml:1:1: expected keys with values (\"key: value\"), found a list"));
  EXPECT_THAT(refusal("just words\n"), HasSubstr("found 'just words'"));
  EXPECT_THAT(refusal(""), HasSubstr("the file is empty"));
  EXPECT_THAT(refusal("# nothing\n"), HasSubstr("a.yaml:1:1"));
}

TEST(StrictYaml, AliasesTagsSecondDocumentsAndOddKeysAreRefused) {
  EXPECT_THAT(refusal("a: &x 1\nb: *x\n"), HasSubstr("a.yaml:1:"));
  EXPECT_THAT(refusal("a: &x {b: 1}\n"), HasSubstr("aliases"));
  EXPECT_THAT(refusal("a: !!binary abcd\n"), HasSubstr("tags"));
  EXPECT_THAT(refusal("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
  EXPECT_THAT(refusal("[1, 2]: x\n"), HasSubstr("a key must be a text"));
}

TEST(StrictYaml, HugeAndDeepDocumentsAreRefused) {
  const auto large = Document::parse("a: " + std::string(1u << 20, 'x'), "a.yaml");
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().kind, Kind::TooLarge);
  EXPECT_THAT(refusal("a: " + std::string(17, '[') + std::string(17, ']')), HasSubstr("nested deeper than 16"));
  for (const char c : {'[', '{'}) EXPECT_THAT(refusal("a: " + std::string(100'000, c)), HasSubstr("a.yaml:1:"));
  std::string fits = "a: " + std::string(15, '[') + std::string(15, ']');
  EXPECT_TRUE(Document::parse(fits, "a.yaml").has_value());
}

TEST(StrictYaml, ProblemsBeyondABoundAreCounted) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += fmt::format("k{}: 1\n", i);
  const auto document = parsed(text);
  document->root().refuse_unknown_keys();
  const auto problems = document->problems();
  EXPECT_EQ(problems.size(), 201u);
  EXPECT_EQ(problems.back(), "a.yaml: and 800 more problems");
}

TEST(StrictYaml, HandlesOutliveTheDocument) {
  auto document = parsed("a: {b: 5}\n");
  const auto root = document->root();
  const auto inner = root.map("a");
  document.reset();
  EXPECT_EQ(inner->integer("b", 0, 9), 5);
  root.problem("still safe");
}

TEST(StrictYaml, RandomBytesNeverThrow) {
  std::uint64_t state = 88172645463325252ull;
  for (int round = 0; round < 3000; ++round) {
    constexpr std::string_view kAlphabet = "a:b \n-[]{},&*!|>'\"%@`#?\t0.\xff\x00~<";
    std::string text;
    for (int i = 0; i < 40; ++i) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      text += kAlphabet[state % kAlphabet.size()];
    }
    const auto document = Document::parse(text, "a.yaml");
    if (document) (*document)->root().refuse_unknown_keys();
  }
}

TEST(ReadTextFile, TellsMissingFilesDirectoriesAndLongFilesApart) {
  const std::string path = testing::TempDir() + "/strict_yaml_test.txt";
  std::ofstream(path) << "hello";
  EXPECT_EQ(read_text_file(path).value(), "hello");
  EXPECT_EQ(read_text_file(path, 4).error().kind, Kind::TooLarge);
  EXPECT_EQ(read_text_file(path + ".none").error().kind, Kind::NotFound);
  EXPECT_EQ(read_text_file(testing::TempDir()).error().kind, Kind::Invalid);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace garner::yaml
