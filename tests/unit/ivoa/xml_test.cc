#include "ivoa/xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace garner::ivoa {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Notes final : public XmlHandler {
 public:
  std::vector<std::string> seen;
  Result<void> start(const XmlPath& path, const XmlAttributes& attributes) override {
    if (const auto href = attributes.find("href")) seen.push_back(path.back() + "@" + std::string(*href));
    if (path.back() == "refused") return fail(Kind::Malformed, "not this");
    return {};
  }
  Result<void> end(const XmlPath& path, std::string_view text) override {
    seen.push_back(path.back() + "=" + std::string(text));
    return {};
  }
};

Kind kind_of(std::string_view document, XmlLimits limits = {}) {
  Notes notes;
  const auto read = read_xml(document, notes, limits);
  return read ? Kind::Internal : read.error().kind;
}

TEST(Xml, GivesLocalNamesOwnTextAndCdataWithoutTheBlanksAroundThem) {
  Notes notes;
  ASSERT_TRUE(
      read_xml("<a:r xmlns:a='u' xmlns:x='v'>\n <a:b x:href='h'>\n <![CDATA[ t ]]>\n<c>&lt;</c> u</a:b></a:r>", notes));
  EXPECT_THAT(notes.seen, ElementsAre("b@h", "c=<", "b=t \n u", "r="));
}

TEST(Xml, TellsACutDocumentFromABrokenOne) {
  EXPECT_EQ(kind_of("<r><b>text"), Kind::Corrupt);
  EXPECT_EQ(kind_of("<r><b></r>"), Kind::Malformed);
  EXPECT_EQ(kind_of(""), Kind::Corrupt);
}

TEST(Xml, NeverExpandsADeclaredEntity) {
  std::string bomb = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\">";
  for (char c = 'b'; c < 'k'; ++c)
    bomb += fmt::format("<!ENTITY {} \"&{};&{};&{};&{};\">", c, char(c - 1), char(c - 1), char(c - 1), char(c - 1));
  EXPECT_EQ(kind_of(bomb + "]><r>&j;</r>"), Kind::Malformed);
  EXPECT_EQ(kind_of("<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r>&x;</r>"), Kind::Malformed);
  EXPECT_EQ(kind_of("<!DOCTYPE r SYSTEM \"http://example.org/r.dtd\"><r>&x;</r>"), Kind::Malformed);
}

TEST(Xml, AcceptsADoctypeWithoutEntities) {
  Notes notes;
  EXPECT_TRUE(read_xml("<!DOCTYPE r SYSTEM \"http://example.org/r.dtd\"><r>x</r>", notes));
  EXPECT_THAT(notes.seen, ElementsAre("r=x"));
}

TEST(Xml, BoundsDepthTextTagsAndSize) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<d>";
  EXPECT_EQ(kind_of(deep), Kind::Malformed);
  EXPECT_EQ(kind_of("<r>" + std::string(2'000'000, 'x') + "</r>"), Kind::TooLarge);
  EXPECT_EQ(kind_of("<r a='" + std::string(5'000'000, 'x') + "'/>"), Kind::TooLarge);
  EXPECT_EQ(kind_of("<r>" + std::string(2000, ' ') + "</r>", {.max_bytes = 1000}), Kind::TooLarge);
}

TEST(Xml, NamesTheLineOfAHandlersRefusal) {
  Notes notes;
  const auto read = read_xml("<r>\n\n<refused/></r>", notes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().detail, "line 3: not this");
}

TEST(Xml, TakesAWebPageForMaintenanceWithItsWords) {
  Notes notes;
  const auto read = read_xml("<!DOCTYPE html>\n<html><body><h1>Back at noon</h1></body></html>", notes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, Kind::Maintenance);
  EXPECT_THAT(read.error().detail, HasSubstr("Back at noon"));
}

TEST(Xml, ReadsInPiecesAsInOne) {
  const std::string document = "<r><b>one</b><b x:href='h' xmlns:x='y'>two</b></r>";
  Notes whole;
  ASSERT_TRUE(read_xml(document, whole));
  for (std::size_t size = 1; size < document.size(); ++size) {
    Notes notes;
    XmlReader reader(notes);
    for (std::size_t at = 0; at < document.size(); at += size)
      ASSERT_TRUE(reader.feed(std::string_view(document).substr(at, size), false));
    ASSERT_TRUE(reader.feed({}, true));
    EXPECT_EQ(notes.seen, whole.seen);
  }
}

}  // namespace
}  // namespace garner::ivoa
