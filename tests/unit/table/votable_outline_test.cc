// A document of the shape of the one checked before must be judged as if it were the first: with every byte changed in
// turn, and where values, not their shape, make the difference.
#include <gtest/gtest.h>

#include <future>

#include "samples.h"
#include "table/votable/outline.h"

namespace garner::table {
namespace {

using samples::bytes_of;

constexpr std::string_view kColumn = "source_id";

std::string product(std::string_view id, std::string_view note = "plain text", std::size_t rows = 3) {
  std::string text = samples::fixed_binary2(rows);
  const std::string parameters = fmt::format(
      "<PARAM datatype=\"long\" name=\"id\" ucd=\"meta.id\" value=\"{}\">\n<DESCRIPTION>which</DESCRIPTION>\n"
      "</PARAM>\n<PARAM name='note' value = '{}' datatype='char'/>\n",
      id, note);
  return text.insert(text.find("<TABLE>") + 8, parameters);
}

std::string told(const Result<TableSummary>& summary) {
  if (!summary) return fmt::format("{}: {}", static_cast<int>(summary.error().kind), summary.error().detail);
  std::string text = fmt::format("{} rows;", summary->rows);
  for (const auto& c : summary->columns) {
    text +=
        fmt::format(" {} {} {} {} {} {};", c.name, static_cast<int>(c.type), c.is_array, c.unit, c.ucd, c.description);
  }
  for (const auto& [name, value] : summary->parameters) text += fmt::format(" {}={};", name, value);
  if (const auto& cell = summary->first_cell) text += fmt::format(" {} {} {}", cell->null, cell->integer, cell->text);
  return text;
}

std::string check(std::string_view text, const Limits& limits = {}) {
  return told(check_table(bytes_of(text), Format::VOTable, limits, kColumn));
}

// By a thread that has seen nothing yet.
std::string check_first(const std::string& text, const Limits& limits = {}) {
  return std::async(std::launch::async, [&] { return check(text, limits); }).get();
}

std::optional<VotablePattern> pattern_of(std::string_view text, std::size_t value_at, std::size_t value_size) {
  const std::size_t begin = text.find('>', text.find("<STREAM")) + 1;
  VotableOutline outline{text.substr(0, begin), text.substr(text.find('<', begin)), {}, 0};
  if (value_size > 0) outline.slots.push_back({value_at, value_size, "id"});
  const auto summary = check_table(bytes_of(text), Format::VOTable);
  EXPECT_TRUE(summary);
  VotableTable table;
  table.serialization = Serialization::Binary;
  table.fields.resize(1);
  table.fields[0].datatype = Datatype::UnsignedByte;  // any number of bytes is good
  return VotablePattern::make(outline, std::move(table), *summary, {});
}

TEST(VotableOutline, FindsTheRawValueOfAnAttribute) {
  EXPECT_EQ(raw_attribute("<PARAM a=\"value='1'\" value = 'x>\"y'/>", "value"), "x>\"y");
  EXPECT_EQ(raw_attribute("<v:PARAM\n\tvalue=\"\" name=\"n\">", "value"), "");
  EXPECT_FALSE(raw_attribute("<PARAM name=\"value\">", "value"));
  EXPECT_FALSE(raw_attribute("<PARAM>", "value"));
}

TEST(VotableOutline, MatchesWhatDiffersInPlainValuesAlone) {
  const std::string first = product("123");
  const auto pattern = pattern_of(first, first.find("123"), 3);
  ASSERT_TRUE(pattern);
  const auto matched = pattern->match(product("45678"), {}, {});
  ASSERT_TRUE(matched);
  EXPECT_EQ(matched->parameters.at("id"), "45678");
  EXPECT_EQ(matched->parameters.at("note"), "plain text");
  EXPECT_FALSE(pattern->match(product("45678", "another text"), {}, {})) << "no slot";
  for (const char* value : {"4&amp;5", "4\t5", "4'5", "4\"5", "4<5", "\xc3\xa9", "4\x7f"}) {
    EXPECT_FALSE(pattern->match(product(value), {}, {})) << value;
  }
  EXPECT_FALSE(pattern->match(product("45678"), {.max_columns = 5}, {})) << "other limits";
}

TEST(VotableOutline, IsNotKeptOfADocumentWithATypeNorOfALargeOne) {
  std::string typed = product("123");
  typed.insert(typed.find("<VOTABLE"), "<!DOCTYPE VOTABLE>\n");
  EXPECT_FALSE(pattern_of(typed, 0, 0));
  EXPECT_TRUE(pattern_of(product("123"), 0, 0));
  EXPECT_FALSE(pattern_of(product(std::string(65u << 10, '1')), 0, 0));
}

TEST(VotableOutline, EveryChangedByteIsJudgedAsIfTheDocumentWereTheFirst) {
  const std::string good = product("4295806720", "a");
  const std::string seen = check(good);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'<', '&', '"', '\'', ' ', '7', '\0', '\x80', '>'}) {
      std::string changed = good;
      changed[at] = c;
      ASSERT_EQ(check(good), seen);  // the shape to match against
      const std::string got = check(changed);
      if (got == seen && changed == good) continue;
      // A parser of its own for each: what another shape leaves behind must not help.
      ASSERT_EQ(got, check_first(changed)) << "byte " << at << " as " << static_cast<int>(c);
    }
  }
}

TEST(VotableOutline, EveryCutAndEveryDoubledByteIsJudgedAsIfTheDocumentWereTheFirst) {
  const std::string good = product("4295806720", "a");
  for (std::size_t at = 0; at < good.size(); ++at) {
    const std::string doubled = std::string(good).insert(at, 1, good[at]), missing = std::string(good).erase(at, 1);
    for (const auto& changed : {good.substr(0, at), doubled, missing}) {
      (void)check(good);
      ASSERT_EQ(check(changed), check_first(changed)) << "byte " << at;
    }
  }
}

TEST(VotableOutline, ValuesRowsAndTheFirstCellAreThoseOfTheNewDocument) {
  const std::string longest(3000, 'x');
  for (const auto& text :
       {product("1"), product("22", "b"), product("", ""), product("1", "b", 0), product("1", "b", 40),
        product("3", longest), product("4 5", "c > d"), product("5", "&lt;")}) {
    EXPECT_EQ(check(text), check_first(text));
  }
}

TEST(VotableOutline, LongerValuesStillCountAgainstTheLimit) {
  Limits limits;
  limits.max_header_bytes = 4000;
  EXPECT_EQ(check(product("1"), limits), check_first(product("1"), limits));
  const std::string large = product("1", std::string(3900, 'x'));
  EXPECT_EQ(check(large, limits), check_first(large, limits));
  EXPECT_NE(check(large, limits).find("4000 bytes"), std::string::npos);
  EXPECT_EQ(check(large), check_first(large)) << "other limits, other verdict";
}

TEST(VotableOutline, AStreamInPiecesIsReadWhole) {
  for (const char* between : {"<!-- -->", "<![CDATA[]]>", "<?x?>"}) {
    std::string text = product("1");
    const std::size_t begin = text.find('>', text.find("<STREAM")) + 1;
    const std::size_t end = text.find("</STREAM>");
    text.insert(end, between + text.substr(begin, end - begin));  // whole rows on either side
    EXPECT_EQ(check(text), check_first(text));
    EXPECT_EQ(check(text), check_first(text));
  }
}

TEST(VotableOutline, AParameterGivenTwiceIsTheLastOne) {
  std::string text = product("1");
  text.insert(text.find("<FIELD"), "<PARAM name=\"id\" value=\"9\"/>");
  std::string other = text;
  other.replace(other.find("value=\"1\""), 9, "value=\"3\"");
  for (const auto& each : {text, other, text}) EXPECT_EQ(check(each), check_first(each));
}

TEST(VotableOutline, AStatusInAParameterIsSeen) {
  std::string text = product("1");
  text.insert(text.find("<FIELD"), "<PARAM name=\"QUERY_STATUS\" value=\"FINE\"/>");
  text.erase(text.find("<INFO"), text.find("<TABLE>") - text.find("<INFO"));
  std::string failed = text;
  failed.replace(failed.find("FINE"), 4, "ERROR");
  EXPECT_EQ(check(text), check_first(text));
  EXPECT_EQ(check(failed), check_first(failed));
  EXPECT_NE(check(failed).find("QUERY_STATUS ERROR"), std::string::npos);
}

}  // namespace
}  // namespace garner::table
