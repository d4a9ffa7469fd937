// TAP answers as chunks read them: nothing of one that is not good is handed on, and only a whole one tells who is
// absent.
#include "product/table_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace garner::product {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kOk = "<INFO name=\"QUERY_STATUS\" value=\"OK\"/>";
constexpr std::string_view kOverflow = "<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>";

std::string answer(const std::vector<std::string>& rows, std::string_view before = kOk, std::string_view after = "",
                   std::string_view fields = "<FIELD name=\"source_id\" datatype=\"long\"/>") {
  std::string text = "<VOTABLE version=\"1.4\"><RESOURCE type=\"results\">";
  text.append(before).append("<TABLE>").append(fields).append("<DATA><TABLEDATA>");
  for (const auto& row : rows) text += "<TR>" + row + "</TR>";
  return text.append("</TABLEDATA></DATA></TABLE>").append(after).append("</RESOURCE></VOTABLE>");
}

std::string td(const std::string& text) {
  return "<TD>" + text + "</TD>";
}

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

class Sink final : public ProductSink {
 public:
  Result<void> add(const Product& product) override {
    name = product.name;
    text.assign(reinterpret_cast<const char*>(product.bytes.data()), product.bytes.size());
    ++products;
    return {};
  }
  std::string name, text;
  int products = 0;
};

class TableAnswer : public ::testing::Test {
 protected:
  TableAnswer() {
    std::string name = (std::filesystem::temp_directory_path() / "garner-answer-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder = name;
    asked.name = "a.b-0000001.csv";
    asked.format = ProductFormat::Csv;
    asked.id_column = "source_id";
    asked.ids = ids;
    asked.spool_directory = folder.string();
  }
  ~TableAnswer() override {
    EXPECT_TRUE(std::filesystem::is_empty(folder)) << "nothing of ours stays";
    std::filesystem::remove_all(folder);
  }
  void expect_refused(const std::string& text, Kind kind) {
    Sink nobody;
    const auto read = read_table_answer(bytes(text), asked, nobody);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, kind) << read.error().detail;
  }

  std::filesystem::path folder;
  std::vector<SourceId> ids{SourceId{11}, SourceId{5937083312263887616}, SourceId{5937083312263887617}};
  TableAsked asked;
  Sink sink;
};

TEST_F(TableAnswer, TellsWhichSourcesCame) {
  const auto text = answer({td("5937083312263887617"), td("5937083312263887617"), td("11")});
  const auto read = read_table_answer(bytes(text), asked, sink);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->rows, 3u);
  EXPECT_EQ(read->found, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(sink.products, 1);
  EXPECT_EQ(sink.name, "a.b-0000001.csv");
  EXPECT_EQ(sink.text, "source_id\n5937083312263887617\n5937083312263887617\n11\n");
}

TEST_F(TableAnswer, WithoutRowsNothingIsHandedOn) {
  const auto text = answer({});
  const auto read = read_table_answer(bytes(text), asked, sink);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_FALSE(read->handed_on);
  EXPECT_EQ(read->found, std::vector<bool>(3));
  EXPECT_EQ(sink.products, 0);
}

TEST_F(TableAnswer, ThatWasCutIsTooLarge) {
  expect_refused(answer({td("11")}, kOverflow), Kind::TooLarge);
  expect_refused(answer({td("11")}, kOk, kOverflow), Kind::TooLarge);
  asked.row_limit = 2;
  expect_refused(answer({td("11"), td("11")}), Kind::TooLarge);
  EXPECT_TRUE(read_table_answer(bytes(answer({td("11")})), asked, sink));
}

TEST_F(TableAnswer, ThatIsNotWholeMakesNothingAbsent) {
  const auto good = answer({td("11"), td("5937083312263887616")});
  for (const std::size_t cut : {std::size_t{0}, std::size_t{20}, good.find("</TR>"), good.size() - 12})
    expect_refused(good.substr(0, cut), Kind::Corrupt);
  expect_refused(good + good, Kind::Corrupt);
  expect_refused("<html><body>The archive is down for maintenance.</body></html>", Kind::Maintenance);
}

TEST_F(TableAnswer, OfAnErrorIsWhatTheArchiveSays) {
  const auto text =
      answer({td("11")}, kOk,
             "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">canceling statement due to statement timeout</INFO>");
  expect_refused(text, Kind::TooLarge);
  expect_refused(
      "<VOTABLE><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" value=\"ERROR\">Unknown column \"x\"</INFO>"
      "</RESOURCE></VOTABLE>",
      Kind::Unsupported);
}

TEST_F(TableAnswer, WithASourceThatWasNotAskedIsMalformed) {
  expect_refused(answer({td("11"), td("12")}), Kind::Malformed);
  expect_refused(answer({td("")}), Kind::Malformed);
  asked.id_column = "elsewhere";
  expect_refused(answer({td("11")}), Kind::Malformed);
}

TEST_F(TableAnswer, IsHeldAgainstItsCount) {
  asked.rows_expected = 2;
  expect_refused(answer({td("11")}), Kind::Malformed);
  EXPECT_TRUE(read_table_answer(bytes(answer({td("11"), td("11")})), asked, sink));
  asked.rows_expected = 1;
  expect_refused(answer({}), Kind::Malformed);
}

TEST(CountAnswer, IsOneNumber) {
  const std::string_view field = "<FIELD name=\"n\" datatype=\"long\"/>";
  EXPECT_EQ(read_count_answer(bytes(answer({td("1811709771")}, kOk, "", field))).value(), 1811709771u);
  for (const auto& rows : {std::vector<std::string>{}, {td("1"), td("2")}, {td("")}, {td("-1")}})
    EXPECT_FALSE(read_count_answer(bytes(answer(rows, kOk, "", field))));
  EXPECT_FALSE(
      read_count_answer(bytes(answer({td("x")}, kOk, "", "<FIELD name=\"n\" datatype=\"char\" arraysize=\"*\"/>"))));
}

TEST(IdsAnswer, HandsOnTheIdsOfAGoodAnswerOnly) {
  std::vector<SourceId> taken;
  const auto take = [&taken](std::span<const SourceId> some) -> Result<void> {
    taken.insert(taken.end(), some.begin(), some.end());
    return {};
  };
  const auto read = read_ids_answer(bytes(answer({td("7"), td(""), td("5937083312263887616")})), "", 0, take);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(taken, (std::vector{SourceId{7}, SourceId{5937083312263887616}}));
  EXPECT_EQ(read->without_id, 1u);
  taken.clear();
  EXPECT_EQ(read_ids_answer(bytes(answer({td("7")}, kOk, kOverflow)), "", 0, take).error().kind, Kind::TooLarge);
  EXPECT_EQ(read_ids_answer(bytes(answer({td("7"), td("8")})), "", 2, take).error().kind, Kind::TooLarge);
  EXPECT_FALSE(read_ids_answer(bytes(answer({td("7")})), "other", 0, take));
  EXPECT_TRUE(taken.empty());
  const auto floats = answer({td("7.5")}, kOk, "", "<FIELD name=\"source_id\" datatype=\"double\"/>");
  EXPECT_THAT(read_ids_answer(bytes(floats), "", 0, take).error().detail, HasSubstr("no integers"));
}

TEST(FlagsAnswer, AFlagWithoutAValueIsWorthAsking) {
  const std::vector<SourceId> ids{SourceId{1}, SourceId{2}, SourceId{3}, SourceId{4}};
  const std::string_view fields =
      "<FIELD name=\"source_id\" datatype=\"long\"/><FIELD name=\"has_rvs\" datatype=\"boolean\"/>";
  const auto text = answer({td("1") + td("true"), td("2") + td("false"), td("3") + td("")}, kOk, "", fields);
  const auto flags = read_flags_answer(bytes(text), "has_rvs", ids);
  ASSERT_TRUE(flags) << flags.error().detail;
  EXPECT_EQ(flags->found, (std::vector<bool>{true, true, true, false}));
  EXPECT_EQ(flags->flag, (std::vector<bool>{true, false, true, false}));
  EXPECT_FALSE(read_flags_answer(bytes(answer({td("9") + td("true")}, kOk, "", fields)), "has_rvs", ids));
  EXPECT_FALSE(read_flags_answer(bytes(answer({td("1") + td("true")}, kOk, kOverflow, fields)), "has_rvs", ids));
}

}  // namespace
}  // namespace garner::product
