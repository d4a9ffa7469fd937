#include "ivoa/vosi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ivoa/fake_service.h"

namespace garner::ivoa {
namespace {

using testing::FakeTransport;
using testing::finish;
using testing::VirtualLoop;

const std::string kTables =
    "<t:tableset xmlns:t=\"u\" xmlns:e=\"v\"><schema><name>s</name>"
    "<table e:size=\"12\"><name>one</name><column><name>id</name><unit>mas</unit><ucd>meta.id</ucd><dataType "
    "arraysize=\"*\">BIGINT</dataType><flag>indexed</flag></column></table>"
    "<table><name>s.two</name><nrows>7</nrows></table></schema></t:tableset>";

struct Stage {
  VirtualLoop loop;
  FakeTransport transport{loop};
  Caller caller{transport, loop, {.base_url = "https://tap.example.org/tap"}};
};

TEST(Tables, HaveTheirSchemasNameOnce) {
  const auto tables = parse_tables(kTables);
  ASSERT_TRUE(tables);
  ASSERT_EQ(tables->size(), 2u);
  EXPECT_EQ((*tables)[0].full_name(), "s.one");
  EXPECT_EQ((*tables)[1].full_name(), "s.two");
  EXPECT_EQ((*tables)[0].rows, 12u);
  EXPECT_EQ((*tables)[1].rows, 7u);
  ASSERT_EQ((*tables)[0].columns.size(), 1u);
  const auto& column = (*tables)[0].columns[0];
  EXPECT_EQ(column.name + column.unit + column.ucd + column.datatype + column.arraysize, "idmasmeta.idBIGINT*");
  EXPECT_TRUE(column.indexed);
}

TEST(Tables, AreGivenOneByOneUntilEnough) {
  int seen = 0;
  ASSERT_TRUE(read_tables(kTables, [&seen](TableInfo) { return ++seen < 1; }));
  EXPECT_EQ(seen, 1);
}

TEST(Tables, OfAMaintenancePageAreNone) {
  EXPECT_EQ(parse_tables(testing::kMaintenance).error().kind, Kind::Maintenance);
  EXPECT_EQ(parse_tables(kTables.substr(0, 200)).error().kind, Kind::Corrupt);
  EXPECT_EQ(parse_tables("<VOTABLE/>").error().kind, Kind::Malformed);
}

TEST(Tables, AreAskedForInTheServicesDialect) {
  Stage stage;
  stage.transport.always = [](const http::Request&) -> Result<http::Reply> { return testing::reply(200, kTables); };
  ASSERT_TRUE(finish(stage.loop, fetch_table_names(stage.caller, TablesDialect::Vosi, {})));
  ASSERT_TRUE(finish(stage.loop, fetch_table_names(stage.caller, TablesDialect::TapPlus, {})));
  const auto one = finish(stage.loop, fetch_table(stage.caller, TablesDialect::TapPlus, "S.ONE", {}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->columns.size(), 1u);
  EXPECT_EQ(finish(stage.loop, fetch_table(stage.caller, TablesDialect::Vosi, "s.three", {})).error().kind,
            Kind::NotFound);
  EXPECT_EQ(finish(stage.loop, fetch_table(stage.caller, TablesDialect::Vosi, "s/../x", {})).error().kind,
            Kind::Invalid);
  EXPECT_THAT(stage.transport.urls(), ::testing::ElementsAre("GET https://tap.example.org/tap/tables?detail=min",
                                                             "GET https://tap.example.org/tap/tables?only_tables=true",
                                                             "GET https://tap.example.org/tap/tables?tables=S.ONE",
                                                             "GET https://tap.example.org/tap/tables/s.three"));
}

TEST(Capabilities, AreFoundByStandardIdIgnoringCaseAndFragment) {
  const auto read = parse_capabilities(
      "<capabilities><capability standardid=\"nix\"/><capability standardID=\"IVO://ivoa.net/std/tap#aux\"/>"
      "<capability standardID=\"ivo://ivoa.net/std/VOSI#tables-1.1\"/></capabilities>");
  ASSERT_TRUE(read);
  ASSERT_NE(read->tap(), nullptr);
  EXPECT_EQ(read->tap()->standard_id, "IVO://ivoa.net/std/tap#aux");
  EXPECT_EQ(read->find("ivo://ivoa.net/std/VOSI#tables"), nullptr);
}

TEST(Availability, ThatIsNotToldIsNot) {
  EXPECT_FALSE(parse_availability("<availability/>")->available);
  EXPECT_EQ(parse_availability("<available>true</available>").error().kind, Kind::Malformed);
}

TEST(Metadata, FetchedFromAServiceThatIsDownTellsSo) {
  Stage stage;
  stage.transport.then(200, std::string(testing::kMaintenance));
  EXPECT_EQ(finish(stage.loop, fetch_capabilities(stage.caller, {})).error().kind, Kind::Maintenance);
  stage.transport.then(503, "no");
  EXPECT_EQ(finish(stage.loop, fetch_availability(stage.caller, {})).error().kind, Kind::Overloaded);
}

}  // namespace
}  // namespace garner::ivoa
