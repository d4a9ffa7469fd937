// Rows of the real server against the rows that were put into it, cell by cell.
#include <gmock/gmock.h>

#include <charconv>
#include <cmath>

#include "real_server/rig.h"
#include "real_server/sources.h"
#include "table/votable/writer.h"

namespace garner::real_server {
namespace {

using archive_sim::adql::Value;

class RealRows : public RealServer {
 protected:
  static const Sources& truth() {
    static const Sources sources;
    return sources;
  }
  static std::int64_t id(std::size_t row) { return truth().cell(row, 0).integer; }
};

template <class T>
bool is_number(std::string_view text, T value) {
  T read{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
  return error == std::errc() && end == text.data() + text.size() && read == value;
}

// What declares no types is text throughout.
bool same_text(std::string_view text, const Value& due, archive_sim::Type type) {
  switch (due.kind) {
    case Value::Kind::Null:
      return text.empty();
    case Value::Kind::Integer:
      return is_number(text, due.integer);
    case Value::Kind::Real:
      return type == archive_sim::Type::Float ? is_number(text, static_cast<float>(due.real))
                                              : is_number(text, due.real);
    case Value::Kind::Bool:
      return text == (due.integer != 0 ? "True" : "False");
    case Value::Kind::Text:
      return text == due.text;
  }
  return false;
}

bool same(const table::Cell& cell, table::ColumnType type, const Value& due, archive_sim::Type due_type) {
  if (type == table::ColumnType::Text && due.kind != Value::Kind::Text)
    return same_text(cell.null ? std::string_view() : cell.text, due, due_type);
  if (cell.null || due.is_null()) return cell.null && due.is_null();
  switch (type) {
    case table::ColumnType::Boolean:
      return due.kind == Value::Kind::Bool && cell.integer == due.integer;
    case table::ColumnType::Integer:
      return due.kind == Value::Kind::Integer && cell.integer == due.integer;
    case table::ColumnType::Float:
      if (due.kind != Value::Kind::Real) return false;
      // TABLEDATA gives a float in as few digits as tell it from other floats.
      if (due_type == archive_sim::Type::Float) return static_cast<float>(cell.real) == static_cast<float>(due.real);
      return cell.real == due.real;
    case table::ColumnType::Text:
      return cell.text == due.text;
    case table::ColumnType::Other:
      break;
  }
  return false;
}

// All of the table, ascending by source_id.
void expect_all_rows(const http::Body& body, const Sources& truth) {
  auto opened = open(body);
  ASSERT_TRUE(opened) << opened.error().detail;
  table::TableReader& reader = **opened;
  ASSERT_EQ(reader.columns().size(), truth.fields().size());
  std::size_t row = 0, wrong = 0, nulls = 0;
  auto more = reader.next_row();
  for (; more.value_or(false); more = reader.next_row(), ++row) {
    ASSERT_LT(row, kSources);
    for (std::size_t i = 0; i < truth.fields().size(); ++i) {
      const Value due = truth.cell(row, i);
      nulls += due.is_null() ? 1 : 0;
      if (same(reader.cell(i), reader.columns()[i].type, due, truth.fields()[i].type)) continue;
      if (++wrong <= 5)
        ADD_FAILURE() << truth.fields()[i].name << " of " << reader.position() << ": null " << reader.cell(i).null
                      << ", integer " << reader.cell(i).integer << ", real " << reader.cell(i).real << ", text '"
                      << reader.cell(i).text << "'; due: null " << due.is_null() << ", " << due.integer << ", "
                      << due.real << ", '" << due.text << "'";
    }
  }
  ASSERT_TRUE(more) << more.error().detail;
  EXPECT_EQ(row, kSources);
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(nulls, 10'000u);
}

class FullCopy : public RealRows, public ::testing::WithParamInterface<const char*> {};

TEST_P(FullCopy, EqualsWhatWasPutInCellByCell) {
  auto query = adql("SELECT * FROM gaia.source ORDER BY source_id", GetParam());
  query.maxrec = 1'000'000;
  const auto body = async(query);
  ASSERT_TRUE(body);
  if (ivoa::is_votable_format(query.format)) {
    const auto answer = ivoa::read_answer(body->bytes());
    EXPECT_EQ(answer.verdict, ivoa::Verdict::Ok) << answer.why.detail;
    EXPECT_EQ(answer.rows, kSources);
  }
  expect_all_rows(*body, truth());
}

INSTANTIATE_TEST_SUITE_P(Formats, FullCopy,
                         ::testing::Values("votable", "votable/b2", "votable/td", "votable1.1", "fits", "csv"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::erase_if(name, [](char c) { return c == '/' || c == '.'; });
                           return name;
                         });

TEST_F(RealRows, OfAPartEachMakeTheWholeWithItsNulls) {
  constexpr std::int64_t kLast = 1'811'709'770, kParts = 4;
  std::uint64_t rows = 0;
  for (std::int64_t part = 0; part <= kParts; ++part) {
    const std::string where = part == kParts
                                  ? "random_index IS NULL"
                                  : fmt::format("random_index BETWEEN {} AND {}",
                                                part == 0 ? 0 : kLast * part / kParts + 1, kLast * (part + 1) / kParts);
    auto query = adql("SELECT source_id, random_index FROM gaia.source WHERE " + where);
    query.maxrec = kSources;
    const auto body = sync(query);
    ASSERT_TRUE(body) << body.error().detail;
    const auto answer = ivoa::read_answer(body->bytes());
    EXPECT_EQ(answer.verdict, ivoa::Verdict::Ok) << answer.why.detail;
    EXPECT_GT(answer.rows, 0u);
    rows += answer.rows;
  }
  EXPECT_EQ(rows, kSources);
}

void expect_ids(const http::Body& body, const std::vector<std::int64_t>& known) {
  auto reader = open(body);
  ASSERT_TRUE(reader) << reader.error().detail;
  std::vector<std::int64_t> found;
  auto more = (*reader)->next_row();
  for (; more.value_or(false); more = (*reader)->next_row()) found.push_back((*reader)->cell(0).integer);
  ASSERT_TRUE(more) << more.error().detail;
  EXPECT_EQ(found, known);
}

// Every fiftieth source, and behind each an id that the table does not have.
TEST_F(RealRows, JoinedWithUploadedIdsKeepAll64Bits) {
  std::vector<std::int64_t> known, asked;
  for (std::size_t row = 0; row < kSources; row += kSources / 1000) {
    known.push_back(id(row));
    asked.push_back(id(row));
    asked.push_back(id(row) + 1);  // would be the same as a double
  }
  auto query = adql(
      "SELECT g.source_id, g.ra FROM gaia.source AS g JOIN TAP_UPLOAD.ids AS u ON g.source_id = u.source_id "
      "ORDER BY source_id");
  auto upload = table::id_upload("source_id", asked);
  ASSERT_TRUE(upload) << upload.error().detail;
  query.uploads.push_back({"ids", *std::move(upload)});
  ASSERT_EQ(known.size(), 1000u);
  const auto at_once = sync(query);
  ASSERT_TRUE(at_once) << at_once.error().detail;
  expect_ids(*at_once, known);
  const auto by_job = async(query);
  ASSERT_TRUE(by_job);
  expect_ids(*by_job, known);
}

TEST_F(RealRows, JoinedWithAHundredThousandUploadedIdsAreAllThatExist) {
  std::vector<std::int64_t> known, asked;
  for (std::size_t row = 0; row < kSources; ++row) {
    known.push_back(id(row));
    asked.push_back(id(row));
    asked.push_back(id(row) + 1);
  }
  auto query = adql(
      "SELECT g.source_id, g.ra FROM gaia.source AS g JOIN TAP_UPLOAD.ids AS u ON g.source_id = u.source_id "
      "ORDER BY source_id",
      "votable/b2");
  query.maxrec = asked.size();
  query.uploads.push_back({"ids", table::id_upload("source_id", asked).value_or("")});
  const auto body = async(query);
  ASSERT_TRUE(body);
  EXPECT_EQ(ivoa::read_answer(body->bytes()).verdict, ivoa::Verdict::Ok);
  expect_ids(*body, known);
}

TEST_F(RealRows, ByAListOfIdsAreThoseAsked) {
  std::string list;
  for (std::size_t row = 0; row < 1500; ++row) list += fmt::format("{}{}", row == 0 ? "" : ",", id(row * 3));
  const auto body = sync(adql("SELECT source_id FROM gaia.source WHERE source_id IN (" + list + ")"));
  ASSERT_TRUE(body) << body.error().detail;
  const auto answer = ivoa::read_answer(body->bytes());
  EXPECT_EQ(answer.verdict, ivoa::Verdict::Ok) << answer.why.detail;
  EXPECT_EQ(answer.rows, 1500u);
}

}  // namespace
}  // namespace garner::real_server
