// Real answers of archives: every cell of what they become is the cell that was served. Skipped where GARNER_TEST_DATA
// names no folder.
#include <charconv>
#include <cstdlib>
#include <fstream>

#include "convert_fixture.h"

namespace garner::table {
namespace {

namespace fs = std::filesystem;
using samples::bytes_of;

class ConvertRealData : public ConvertFixture {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("GARNER_TEST_DATA");
    if (!folder) GTEST_SKIP() << "GARNER_TEST_DATA is not set";
    root_ = folder;
  }

  std::string load(const fs::path& file) const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void expect_same_cells(const std::string& answer, ConvertTo to, const std::string& name);

  fs::path root_;
};

std::unique_ptr<TableReader> reader_of(std::string_view bytes, std::optional<Format> format) {
  auto plain = decompressed(from_memory(bytes_of(bytes)));
  EXPECT_TRUE(plain);
  auto reader = open_table(std::move(*plain), {.format = format, .wanted = {}, .limits = {}});
  EXPECT_TRUE(reader) << reader.error().detail;
  return std::move(*reader);
}

// A FITS text ends with its last character that is no blank.
std::string_view without_blanks(std::string_view text) {
  const auto last = text.find_last_not_of(' ');
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// Read from text and as double, both may be what was a float.
bool same_real(double a, double b) {
  return static_cast<float>(a) == static_cast<float>(b);
}

// Nothing where the cells are the same. CSV knows no types: its cell is taken for what the served column is.
std::optional<std::string> difference(const Column& column, const Cell& served, Cell made, ConvertTo to) {
  if (to == ConvertTo::Csv && !made.null && column.type != ColumnType::Text) {
    const std::string text(made.text);
    if (column.type == ColumnType::Boolean) made.integer = text == "true";
    if (column.type == ColumnType::Integer) std::from_chars(text.data(), text.data() + text.size(), made.integer);
    if (column.type == ColumnType::Float) {
      std::from_chars(text.data(), text.data() + text.size(), made.real);
      made.null = text == "NaN";
    }
  }
  const auto text = [&](const Cell& cell) { return to == ConvertTo::Fits ? without_blanks(cell.text) : cell.text; };
  bool same = served.null == made.null;
  if (same && !served.null) {
    same = column.type == ColumnType::Float  ? same_real(served.real, made.real)
           : column.type == ColumnType::Text ? text(served) == text(made)
                                             : served.integer == made.integer;
  }
  if (same) return std::nullopt;
  return fmt::format("null {} {} {} '{}' and null {} {} {} '{}'", served.null, served.integer, served.real, served.text,
                     made.null, made.integer, made.real, made.text);
}

void ConvertRealData::expect_same_cells(const std::string& answer, ConvertTo to, const std::string& name) {
  const std::string bytes = converted(answer, {.to = to});
  const Format format = to == ConvertTo::Fits ? Format::Fits : to == ConvertTo::Csv ? Format::Csv : Format::Ecsv;
  const auto served = reader_of(answer, Format::VOTable), made = reader_of(bytes, format);
  ASSERT_EQ(served->columns().size(), made->columns().size()) << name;
  for (std::size_t row = 1; served->next_row().value(); ++row) {
    ASSERT_TRUE(made->next_row().value()) << name << " row " << row;
    for (std::size_t i = 0; i < served->columns().size(); ++i) {
      const auto& column = served->columns()[i];
      if (column.is_array || column.type == ColumnType::Other) continue;
      const auto differ = difference(column, served->cell(i), made->cell(i), to);
      ASSERT_FALSE(differ) << name << ": " << column.name << " row " << row << ": " << *differ;
    }
  }
  EXPECT_FALSE(made->next_row().value()) << name;
}

TEST_F(ConvertRealData, KeepTheirCellsInEveryFormat) {
  std::size_t answers = 0;
  for (const char* folder : {"gaia/tap", "gaia/gaiaxpy", "ivoa/votable", "ivoa/dal", "ivoa/datalink", "cadc"}) {
    for (const auto& entry : fs::directory_iterator(root_ / folder)) {
      const auto name = entry.path().filename().string();
      const std::string answer = load(entry.path());
      const auto table = convert_votable(bytes_of(answer), {.to = ConvertTo::VOTable}, path());
      if (!table) continue;  // no VOTable, or one that is bad on purpose
      fs::remove(path());
      const auto status = table->parameters.find("QUERY_STATUS");
      if (status != table->parameters.end() && status->second == "ERROR") continue;  // which readers refuse
      for (const auto to : {ConvertTo::Fits, ConvertTo::Csv, ConvertTo::Ecsv}) expect_same_cells(answer, to, name);
      ++answers;
    }
  }
  EXPECT_GE(answers, 60u);
}

TEST_F(ConvertRealData, GaiasOwnIdsAreTaken) {
  const std::string answer = load(root_ / "gaia/tap/xmlparser__1714556098855O-result.vot");
  std::vector<std::int64_t> ids;
  ConvertOptions options{.id_column = "source_id"};
  options.take_id = [&](std::int64_t id) -> Result<void> {
    ids.push_back(id);
    return {};
  };
  converted(answer, options);
  EXPECT_EQ(ids, std::vector<std::int64_t>{5929246508730155392});
}

// Of the same answer; 2016 and 2016.0, 1e-13 and 1.0E-13 are the same.
TEST_F(ConvertRealData, TheArchivesOwnCsvHasTheSameCells) {
  const std::string csv =
      converted(load(root_ / "gaia/tap/xmlparser__1714556098855O-result.vot"), {.to = ConvertTo::Csv});
  const auto made = reader_of(csv, Format::Csv);
  const auto served = reader_of(load(root_ / "gaia/tap/xmlparser__1714556098855O-result.csv"), Format::Csv);
  ASSERT_EQ(made->columns().size(), 152u);
  ASSERT_TRUE(made->next_row().value() && served->next_row().value());
  for (std::size_t i = 0; i < 152; ++i) {
    EXPECT_EQ(made->columns()[i].name, served->columns()[i].name);
    const auto number = [](std::string_view text) {
      double value = 0;
      const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
      return end == text.data() + text.size() && text.find_first_of(".e") != text.npos ? fmt::format("{:.17g}", value)
                                                                                       : std::string(text);
    };
    EXPECT_EQ(number(made->cell(i).text), number(served->cell(i).text)) << made->columns()[i].name;
  }
}

}  // namespace
}  // namespace garner::table
