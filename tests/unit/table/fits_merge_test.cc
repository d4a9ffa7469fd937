// Merged tables, taken apart by CFITSIO and held against the tables they were made of.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "../support/fits_tables.h"
#include "samples.h"
#include "table/fits/head.h"
#include "table/fits/header.h"
#include "table/fits/merge.h"

namespace garner::table {
namespace {

namespace fs = std::filesystem;
using samples::bytes_of;
using testing::FitsMaker;
using testing::FitsRow;
using testing::FitsTaken;
using ::testing::HasSubstr;

using Tables = std::vector<std::pair<std::string, std::string>>;  // name, bytes

ReadAt read_from(const std::string& bytes) {
  return [&bytes](std::uint64_t offset, std::span<std::byte> out) -> Result<void> {
    if (offset > bytes.size() || out.size() > bytes.size() - offset) return fail(Kind::Corrupt, "ends too early");
    std::ranges::copy(bytes_of(bytes).subspan(offset, out.size()), out.begin());
    return {};
  };
}

struct Merged {
  std::string bytes;
  std::uint64_t rows = 0;
  std::vector<std::uint64_t> taken;
};

Result<Merged> merge(const Tables& tables, MergeRequest request = {.first = {1}, .last = {kMaxSourceId}}) {
  std::vector<TableToMerge> inputs;
  for (const auto& [name, bytes] : tables) {
    inputs.push_back({name, [&bytes]() -> Result<OpenedTable> { return OpenedTable{read_from(bytes), bytes.size()}; }});
  }
  Merged out;
  request.take_id = [&out](SourceId id) -> Result<void> {
    out.taken.push_back(id.value);
    return {};
  };
  const auto write = [&out](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
    out.bytes.resize(std::max<std::size_t>(out.bytes.size(), offset + bytes.size()));
    std::memcpy(out.bytes.data() + offset, bytes.data(), bytes.size());
    return {};
  };
  const auto merged = merge_fits(inputs, request, write);
  if (!merged) return std::unexpected(merged.error());
  EXPECT_EQ(merged->bytes, out.bytes.size());
  out.rows = merged->rows;
  return out;
}

// All rows of the tables, by source_id, rows of one source in their order.
std::vector<FitsRow> rows_by_id(const Tables& tables) {
  std::multimap<std::uint64_t, FitsRow> by_id;
  for (const auto& [name, bytes] : tables) {
    for (auto& row : FitsTaken(bytes).rows()) by_id.emplace(std::stoull(row.at("source_id")), std::move(row));
  }
  std::vector<FitsRow> all;
  for (auto& [id, row] : by_id) all.push_back(std::move(row));
  return all;
}

Error why_not(const Tables& tables) {
  const auto merged = merge(tables);
  EXPECT_FALSE(merged);
  return merged ? Error{} : merged.error();
}

// Merges and expects that every cell is that of the tables.
Merged must_merge(const Tables& tables) {
  auto merged = merge(tables);
  EXPECT_TRUE(merged) << merged.error().detail;
  if (!merged) return {};
  FitsTaken taken(merged->bytes);
  taken.expect_good_sums();
  EXPECT_EQ(taken.rows(), rows_by_id(tables));
  const auto checked = check_table(bytes_of(merged->bytes), Format::Fits);
  EXPECT_TRUE(checked) << checked.error().detail;
  return std::move(*merged);
}

// One column beside source_id; a row for each value, whose ids begin at `first`.
template <class Value>
std::string one_column(const std::string& form, long long first, const std::vector<Value>& values,
                       std::optional<long long> tnull = {}, const std::string& unit = "") {
  FitsMaker maker({{"source_id", "K"}, {"x", form, unit}});
  if (tnull) maker.key("TNULL2", *tnull);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto row = static_cast<long long>(i) + 1;
    maker.integers(1, row, {first + static_cast<long long>(i)});
    if constexpr (std::is_same_v<Value, std::string>)
      maker.text(2, row, values[i]);
    else if constexpr (std::is_same_v<Value, std::vector<double>>)
      maker.reals(2, row, values[i]);
    else if constexpr (std::is_same_v<Value, std::vector<long long>>)
      maker.integers(2, row, values[i]);
    else
      maker.integers(2, row, {values[i]});
  }
  return maker.bytes();
}

std::vector<std::string> column_x(const std::string& bytes) {
  std::vector<std::string> cells;
  for (const auto& row : FitsTaken(bytes).rows()) cells.push_back(row.at("x"));
  return cells;
}

// Astropy's sums of the file's bytes, and every cell read; nothing where Debian's Python has no astropy.
std::optional<std::string> astropy_says(const std::string& bytes) {
  if (std::system("/usr/bin/python3 -c 'import astropy' 2>/dev/null") != 0) return std::nullopt;
  std::string name = (fs::temp_directory_path() / "garner-merge-XXXXXX").string();
  const int file = ::mkstemp(name.data());
  EXPECT_EQ(::write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::close(file);
  constexpr std::string_view kScript =
      "import sys, warnings; warnings.simplefilter('error')\n"
      "from astropy.io import fits\n"
      "with fits.open(sys.argv[1], checksum=True) as hdus:\n"
      "  good = [(h.verify_checksum(), h.verify_datasum()) for h in hdus]\n"
      "  cells = sum(1 for name in hdus[1].columns.names for cell in hdus[1].data[name])\n"
      "  print(good, len(hdus[1].data), cells)\n";
  FILE* pipe = ::popen(fmt::format("/usr/bin/python3 -c \"{}\" '{}' 2>&1", kScript, name).c_str(), "r");
  std::string said;
  std::array<char, 4096> buffer;
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    said.append(buffer.data(), got);
  ::pclose(pipe);
  fs::remove(name);
  return said;
}

TEST(FitsMerge, SortsRowsByIdAndKeepsTheOrderWithinASource) {
  const std::string a = one_column<long long>("J", 20, {1, 2, 3});
  FitsMaker many({{"source_id", "K"}, {"x", "J"}});
  const std::vector<long long> ids{9, 30, 9, 5, 30, 9};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto row = static_cast<long long>(i) + 1;
    many.integers(1, row, {ids[i]}).integers(2, row, {100 - row});
  }
  const auto merged = must_merge({{"a", a}, {"b", many.bytes()}});
  EXPECT_EQ(merged.rows, 9U);
  EXPECT_EQ(merged.taken, (std::vector<std::uint64_t>{5, 9, 20, 21, 22, 30}));
  EXPECT_EQ(column_x(merged.bytes), (std::vector<std::string>{"96", "99", "97", "94", "1", "2", "3", "98", "95"}));
}

TEST(FitsMerge, TakesOnlyTheRowsOfTheRange) {
  const Tables tables{{"a", one_column<long long>("J", 10, {0, 1, 2, 3})},
                      {"b", one_column<long long>("J", 14, {4, 5})}};
  const auto some = merge(tables, {.first = {12}, .last = {14}});
  ASSERT_TRUE(some);
  EXPECT_EQ(some->taken, (std::vector<std::uint64_t>{12, 13, 14}));
  EXPECT_EQ(column_x(some->bytes), (std::vector<std::string>{"2", "3", "4"}));
  const auto none = merge(tables, {.first = {100}, .last = {200}});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->rows, 0U);
  EXPECT_TRUE(none->bytes.empty());
}

TEST(FitsMerge, KeepsTheOrderOfTablesWithoutIdsWhereAllIsWanted) {
  const auto table = [](const char* form, std::vector<long long> values) {
    FitsMaker maker({{"n", form}});
    for (std::size_t i = 0; i < values.size(); ++i) maker.integers(1, static_cast<long long>(i) + 1, {values[i]});
    return maker.bytes();
  };
  const Tables tables{{"a", table("J", {5, 3})}, {"b", table("I", {9})}, {"c", table("J", {1, 2})}};
  EXPECT_THAT(why_not(tables).detail, HasSubstr("a: it has no column source_id"));
  const auto merged = merge(tables, {.all = true});
  ASSERT_TRUE(merged) << merged.error().detail;
  std::vector<std::string> values;
  for (const auto& row : FitsTaken(merged->bytes).rows()) values.push_back(row.at("n"));
  EXPECT_EQ(values, (std::vector<std::string>{"5", "3", "9", "1", "2"}));
  EXPECT_EQ(
      merge({{"a", one_column<long long>("J", 20, {1})}, {"b", one_column<long long>("J", 3, {2})}}, {.all = true})
          ->taken,
      (std::vector<std::uint64_t>{3, 20}));
}

TEST(FitsMerge, TakesEveryTypeFixedAndBehindDescriptors) {
  const std::vector<std::string> forms{"L", "X", "B", "I", "J", "K", "E", "D", "C", "M", "A"};
  const auto table = [&](long long first, int rows, int repeat) {
    std::vector<FitsMaker::Column> columns{{"source_id", "K"}};
    for (const auto& form : forms) columns.push_back({"fixed_" + form, fmt::format("{}{}", repeat, form)});
    for (const auto& form : forms) columns.push_back({"p_" + form, "1P" + form});
    for (const auto& form : forms) columns.push_back({"q_" + form, "1Q" + form});
    FitsMaker maker(columns);
    for (int row = 1; row <= rows; ++row) {
      maker.integers(1, row, {first + row});
      for (int column = 2; column <= static_cast<int>(columns.size()); ++column) {
        const char form = columns[static_cast<std::size_t>(column - 1)].form.back();
        const bool fixed = column < 2 + static_cast<int>(forms.size());
        const std::size_t count =
            fixed ? static_cast<std::size_t>(repeat) : static_cast<std::size_t>((row * column) % 5);
        std::vector<long long> whole(count);
        std::vector<double> real(count), pairs(2 * count);
        std::vector<char> bits(count);
        for (std::size_t i = 0; i < count; ++i) {
          whole[i] = static_cast<long long>(i) * 3 + row + column;
          real[i] = 0.1f * static_cast<float>(row) + static_cast<float>(i);
          pairs[2 * i] = real[i];
          pairs[2 * i + 1] = -real[i];
          bits[i] = static_cast<char>((row + static_cast<int>(i)) % 2);
        }
        switch (form) {
          case 'L':
            maker.logicals(column, row, bits);
            break;
          case 'X':
            maker.bits(column, row, bits);
            break;
          case 'E':
          case 'D':
            maker.reals(column, row, real);
            break;
          case 'C':
          case 'M':
            if (count > 0) maker.complex(column, row, pairs);
            break;
          case 'A':
            maker.text(column, row, std::string(count, static_cast<char>('a' + row % 20)));
            break;
          default:
            maker.integers(column, row, whole);
        }
      }
    }
    return maker.bytes();
  };
  must_merge({{"a", table(100, 7, 3)}, {"b", table(50, 5, 3)}, {"c", table(200, 0, 3)}});
  must_merge({{"a", table(100, 7, 3)}, {"b", table(50, 5, 2)}});  // fixed arrays of different size
  must_merge({{"a", table(100, 4, 1)}, {"b", table(50, 4, 9)}});
}

TEST(FitsMerge, FixedArraysAndDescriptorsGoTogether) {
  const std::vector<std::vector<double>> some{{1, 2, 3}, {4, 5, 6}}, others{{7}, {}, {8, 9}};
  for (const char* fixed : {"3D", "3E"}) {
    for (const char* variable : {"1PE", "1QD"}) {
      const auto merged = must_merge({{"a", one_column(fixed, 10, some)}, {"b", one_column(variable, 5, others)}});
      EXPECT_EQ(column_x(merged.bytes), (std::vector<std::string>{"7", "[]", "[8,9]", "[1,2,3]", "[4,5,6]"}));
      EXPECT_TRUE(FitsTaken(merged.bytes).key("TFORM2").starts_with("1Q")) << FitsTaken(merged.bytes).key("TFORM2");
      EXPECT_TRUE(FitsTaken(merged.bytes).key("TFORM2").ends_with("(3)")) << FitsTaken(merged.bytes).key("TFORM2");
    }
  }
}

TEST(FitsMerge, AHalfThatIsMissingEverywhereInOneTableGoesTogetherWithTheOther) {
  const std::vector<std::vector<double>> none{{}, {}}, full{{1, 2}, {3, 4}};
  must_merge({{"a", one_column("1PD", 1, none)}, {"b", one_column("1PD", 5, full)}});
  must_merge({{"a", one_column("0D", 1, none)}, {"b", one_column("2D", 5, full)}});
  must_merge({{"a", one_column("0D", 1, none)}, {"b", one_column("0D", 5, none)}});
}

TEST(FitsMerge, TextsBecomeAsWideAsTheWidest) {
  const std::vector<std::string> narrow{"a", "bc", ""}, wide{"a long text", "  blanks in front"};
  auto merged = must_merge({{"a", one_column("2A", 1, narrow)}, {"b", one_column("20A", 5, wide)}});
  EXPECT_EQ(FitsTaken(merged.bytes).key("TFORM2"), "20A");
  merged = must_merge({{"a", one_column("20A", 1, wide)}, {"b", one_column("2A", 5, narrow)}});
  EXPECT_EQ(FitsTaken(merged.bytes).key("TFORM2"), "20A");
  merged = must_merge({{"a", one_column("1PA", 1, wide)}, {"b", one_column("2A", 5, narrow)}});
  EXPECT_EQ(FitsTaken(merged.bytes).key("TFORM2"), "1QA(17)");
}

TEST(FitsMerge, TextsInArraysBecomeAsWideAsTheWidest) {
  const auto table = [](long long first, const std::string& form, const std::string& dim, const std::string& cell) {
    FitsMaker maker({{"source_id", "K"}, {"x", form}});
    maker.key("TDIM2", dim).integers(1, 1, {first}).raw(1, 9, cell);
    return maker.bytes();
  };
  const auto merged = merge({{"a", table(2, "6A", "(3,2)", "ab c  ")}, {"b", table(1, "10A", "(5,2)", "hello12345")}});
  ASSERT_TRUE(merged) << merged.error().detail;
  FitsTaken taken(merged->bytes);
  EXPECT_EQ(taken.key("TDIM2"), "(5,2)");
  EXPECT_EQ(taken.rows()[0].at("x"), "['hello','12345']");
  EXPECT_EQ(taken.rows()[1].at("x"), "['ab','c']");
  EXPECT_THAT(why_not({{"a", table(2, "6A", "(3,2)", "ab c  ")}, {"b", table(1, "6A", "(2,3)", "abcdef")}}).detail,
              HasSubstr("column 'x' has cells of shape (3,2) in a, but (2,3) in b"));
}

TEST(FitsMerge, WidensIntegersAndFloats) {
  auto merged = must_merge({{"a", one_column<long long>("I", 1, {-5, 32'767})},
                            {"b", one_column<long long>("B", 5, {200, 255})},
                            {"c", one_column<long long>("J", 9, {-2'000'000'000})}});
  EXPECT_EQ(FitsTaken(merged.bytes).key("TFORM2"), "1J");
  merged = must_merge({{"a", one_column<std::vector<double>>("E", 1, {{0.1}, {NAN}})},
                       {"b", one_column<std::vector<double>>("D", 5, {{0.1}, {1e300}})}});
  EXPECT_EQ(FitsTaken(merged.bytes).key("TFORM2"), "1D");
}

TEST(FitsMerge, ATableWithoutNullsGoesTogetherWithOneThatHasSome) {
  const std::string nulls = one_column<long long>("I", 1, {-32'768, 7}, -32'768),
                    none = one_column<long long>("I", 5, {8});
  for (const Tables& tables : {Tables{{"a", nulls}, {"b", none}}, Tables{{"b", none}, {"a", nulls}}}) {
    const auto merged = must_merge(tables);
    EXPECT_EQ(column_x(merged.bytes), (std::vector<std::string>{"null", "7", "8"}));
    EXPECT_EQ(FitsTaken(merged.bytes).key("TNULL2"), "-32768");
    EXPECT_EQ(FitsTaken(merged.bytes).key("TFORM2"), "1I");
  }
}

TEST(FitsMerge, TablesWithDifferentNullsGetOne) {
  for (const char* form : {"B", "I", "J", "K"}) {
    const auto merged = must_merge({{"a", one_column<long long>(form, 1, {99, 1}, 99)},
                                    {"b", one_column<long long>(form, 5, {99, 0}, 0)},
                                    {"c", one_column<long long>(form, 9, {99, 0})}});
    EXPECT_EQ(column_x(merged.bytes), (std::vector<std::string>{"null", "1", "99", "null", "99", "0"})) << form;
  }
  const std::vector<std::vector<long long>> arrays{{1, 99, 3}, {}, {99}};
  const auto merged = must_merge({{"a", one_column("1PI", 1, arrays, 99)},
                                  {"b", one_column("1PI", 5, arrays, 1)},
                                  {"c", one_column("3I", 9, std::vector<std::vector<long long>>{{99, 1, 2}})}});
  EXPECT_EQ(column_x(merged.bytes),
            (std::vector<std::string>{"[1,null,3]", "[]", "null", "[null,99,3]", "[]", "99", "[99,1,2]"}));
}

TEST(FitsMerge, NeverTakesAValueForNull) {
  // -32768 is null in one table and a number in the other: the column gets wider, and another null.
  auto merged = must_merge(
      {{"a", one_column<long long>("I", 1, {-32'768, 7}, -32'768)}, {"b", one_column<long long>("I", 5, {-32'768})}});
  EXPECT_EQ(column_x(merged.bytes), (std::vector<std::string>{"null", "7", "-32768"}));
  EXPECT_EQ(FitsTaken(merged.bytes).key("TFORM2"), "1J");
  const std::vector<std::vector<long long>> arrays{{1, 2}, {-32'768, 3}};
  merged =
      must_merge({{"a", one_column<long long>("I", 1, {-32'768, 7}, -32'768)}, {"b", one_column("1PI", 5, arrays)}});
  EXPECT_EQ(column_x(merged.bytes), (std::vector<std::string>{"null", "7", "[1,2]", "[-32768,3]"}));
  merged =
      must_merge({{"a", one_column<long long>("B", 1, {0, 7}, 0)}, {"b", one_column<long long>("B", 5, {0, 255}, 1)}});
  EXPECT_EQ(column_x(merged.bytes), (std::vector<std::string>{"null", "7", "0", "255"}));
  EXPECT_EQ(FitsTaken(merged.bytes).key("TFORM2"), "1I");
  const auto error =
      why_not({{"a", one_column<long long>("K", 1, {4, 7}, 4)}, {"b", one_column<long long>("K", 5, {4})}});
  EXPECT_EQ(error.kind, Kind::Malformed);
  EXPECT_THAT(error.detail, HasSubstr("b: column 'x' holds 4, which stands for null in other tables"));
}

TEST(FitsMerge, KeepsScalingAndRefusesAnother) {
  const auto table = [](long long first, double zero, const char* form) {
    FitsMaker maker({{"source_id", "K"}, {"x", form}});
    if (zero != 0) maker.key("TZERO2", static_cast<long long>(zero));
    maker.integers(1, 1, {first}).integers(2, 1, {5});
    return maker.bytes();
  };
  const auto merged = must_merge({{"a", table(1, 32'768, "I")}, {"b", table(2, 32'768, "I")}});
  EXPECT_EQ(column_x(merged.bytes), (std::vector<std::string>{"32773", "32773"}));
  EXPECT_THAT(why_not({{"a", table(1, 32'768, "I")}, {"b", table(2, 0, "I")}}).detail,
              HasSubstr("column 'x' is not scaled in the same way (TSCAL, TZERO) in a and in b"));
  EXPECT_FALSE(merge({{"a", table(1, 7, "I")}, {"b", table(2, 7, "J")}}));
}

TEST(FitsMerge, KeepsUnitsUcdsAndDescriptions) {
  const auto table = [](long long first, const char* unit, const char* ucd, const char* description) {
    FitsMaker maker({{"source_id", "K"}, {"x", "E", unit}});
    if (*ucd != '\0') maker.key("TUCD2", ucd);
    if (*description != '\0') maker.key("TCOMM2", description);
    maker.key("TDISP2", "F8.3").integers(1, 1, {first}).reals(2, 1, {1});
    return maker.bytes();
  };
  const auto merged = must_merge({{"a", table(2, "", "", "")}, {"b", table(1, "mas", "pos.parallax", "The parallax")}});
  FitsTaken taken(merged.bytes);
  EXPECT_EQ(taken.key("TUNIT2"), "mas");
  EXPECT_EQ(taken.key("TUCD2"), "pos.parallax");
  EXPECT_EQ(taken.key("TCOMM2"), "The parallax");
  EXPECT_EQ(taken.key("TDISP2"), "F8.3");
  EXPECT_THAT(
      why_not({{"a", table(2, "", "", "")}, {"b", table(1, "mas", "", "")}, {"c", table(3, "arcsec", "", "")}}).detail,
      HasSubstr("column 'x' has the unit 'mas' in b, but 'arcsec' in c"));
}

TEST(FitsMerge, FindsColumnsByNameInAnyOrder) {
  FitsMaker turned({{"X", "J"}, {"SOURCE_ID", "K"}});
  turned.integers(1, 1, {77}).integers(2, 1, {3});
  const auto merged = merge({{"a", one_column<long long>("J", 5, {1})}, {"b", turned.bytes()}});
  ASSERT_TRUE(merged) << merged.error().detail;
  EXPECT_EQ(column_x(merged->bytes), (std::vector<std::string>{"77", "1"}));
}

TEST(FitsMerge, SaysWhatDoesNotGoTogether) {
  const std::string plain = one_column<long long>("J", 1, {1});
  const auto error = why_not({{"one.fits", plain}, {"two.fits", one_column<std::string>("8A", 2, {"text"})}});
  EXPECT_EQ(error.kind, Kind::Malformed);
  EXPECT_THAT(error.detail, HasSubstr("column 'x' is of type 1J in one.fits, but 8A in two.fits"));
  FitsMaker more({{"source_id", "K"}, {"x", "J"}, {"y", "J"}});
  more.integers(1, 1, {9});
  EXPECT_THAT(why_not({{"a", plain}, {"b", more.bytes()}}).detail, HasSubstr("column 'y' is in b, but not in a"));
  EXPECT_THAT(why_not({{"a", more.bytes()}, {"b", plain}}).detail, HasSubstr("column 'y' is in a, but not in b"));
  FitsMaker twice({{"source_id", "K"}, {"x", "J"}, {"X", "J"}});
  twice.integers(1, 1, {9});
  EXPECT_THAT(why_not({{"a", twice.bytes()}}).detail, HasSubstr("two columns have the same name"));
}

TEST(FitsMerge, RefusesRowsWithoutAnId) {
  EXPECT_THAT(why_not({{"a", one_column<long long>("J", 0, {1})}}).detail, HasSubstr("a: row 1 has no source_id"));
  FitsMaker other({{"ident", "K"}});
  other.integers(1, 1, {1});
  EXPECT_THAT(why_not({{"a", other.bytes()}}).detail, HasSubstr("a: it has no column source_id"));
  FitsMaker text({{"source_id", "20A"}});
  text.text(1, 1, "123");
  EXPECT_THAT(why_not({{"a", text.bytes()}}).detail, HasSubstr("does not hold whole numbers"));
}

TEST(FitsMerge, RefusesASourceThatIsInTwoTables) {
  const auto error =
      why_not({{"a", one_column<long long>("J", 1, {1, 2, 3})}, {"b", one_column<long long>("J", 3, {4})}});
  EXPECT_EQ(error.kind, Kind::Corrupt);
  EXPECT_THAT(error.detail, HasSubstr("source 3 has rows in a and in b"));
}

TEST(FitsMerge, RefusesFilesThatAreCut) {
  const std::vector<std::vector<double>> arrays{{1, 2, 3}, {4, 5}};
  const std::string good = one_column("1PD", 1, arrays);
  for (std::size_t size :
       {good.size() - 2880, good.size() - 5000, std::size_t{2880}, std::size_t{100}, std::size_t{0}}) {
    const auto error = why_not({{"a", one_column("1PD", 5, arrays)}, {"b", good.substr(0, size)}});
    EXPECT_TRUE(error.kind == Kind::Corrupt || error.kind == Kind::Malformed) << error.detail;
    EXPECT_THAT(error.detail, HasSubstr("b: ")) << size;
  }
}

TEST(FitsMerge, RefusesDescriptorsThatPointOutOfTheHeap) {
  const std::vector<std::vector<double>> arrays{{1, 2, 3}, {4, 5}};
  FitsMaker maker({{"source_id", "K"}, {"x", "1PD"}});
  maker.integers(1, 1, {1}).reals(2, 1, {1, 2, 3});
  maker.raw(1, 9, std::string("\0\0\0\x9\0\0\0\0", 8));
  const auto error = why_not({{"a", one_column("1PD", 5, arrays)}, {"b", maker.bytes()}});
  EXPECT_EQ(error.kind, Kind::Corrupt);
  EXPECT_THAT(error.detail, HasSubstr("b: column 'x': 9 elements at byte 0 lie outside of the heap of 24 bytes"));
}

TEST(FitsMerge, NeverTrustsDamagedBytes) {
  const std::vector<std::vector<double>> arrays{{1, 2, 3}, {4, 5}};
  const std::string good = one_column("1PD", 1, arrays), other = one_column("1PD", 5, arrays);
  for (std::size_t at = 0; at < good.size(); at += 7) {
    for (const char value : {'\0', '9', '\xff'}) {
      std::string bytes = good;
      bytes[at] = value;
      const auto merged = merge({{"a", other}, {"b", bytes}});
      if (merged) EXPECT_TRUE(check_table(bytes_of(merged->bytes), Format::Fits)) << at;
    }
  }
}

TEST(FitsMerge, IsGoodToAstropy) {
  const std::vector<std::vector<double>> arrays{{1, 2, 3}, {}, {4, 5}};
  const auto merged = must_merge(
      {{"a", one_column("1PE", 1, arrays)}, {"b", one_column("3D", 9, std::vector<std::vector<double>>{{1, 2, 3}})}});
  const auto said = astropy_says(merged.bytes);
  if (!said) GTEST_SKIP() << "Debian's Python has no astropy";
  EXPECT_EQ(*said, "[(1, 1), (1, 1)] 4 8\n");
}

TEST(FitsMerge, TheSameTablesGiveTheSameBytes) {
  const Tables tables{{"a", one_column<long long>("J", 1, {1, 2})}, {"b", one_column<long long>("I", 5, {4})}};
  EXPECT_EQ(merge(tables)->bytes, merge(tables)->bytes);
}

TEST(FitsMerge, CarriesItsOwnCardsAndNothingOfTheTables) {
  FitsMaker maker({{"source_id", "K"}});
  maker.key("STILVERS", "4.0-2").key("EXTNAME", "theirs").integers(1, 1, {5});
  const auto merged =
      merge({{"a", maker.bytes()}},
            {.first = {1}, .last = {9}, .table_name = "XP_SAMPLED", .cards = {{"HPXPIXEL", 17, "its pixel"}}});
  ASSERT_TRUE(merged);
  FitsTaken taken(merged->bytes);
  EXPECT_EQ(taken.key("EXTNAME"), "XP_SAMPLED");
  EXPECT_EQ(taken.key("HPXPIXEL"), "17");
  EXPECT_EQ(taken.key("STILVERS"), "");
}

TEST(FitsMerge, ManyTablesWhoseRowsLieInAnyOrderStayExact) {
  Tables tables;
  std::vector<std::pair<long long, long long>> expected;
  for (long long t = 0; t < 60; ++t) {
    FitsMaker maker({{"source_id", "K"}, {"x", t % 2 == 0 ? "1PJ" : "1QJ"}});
    for (long long row = 1; row <= 50; ++row) {
      const long long id = 1 + (t / 3 * 50 + (row * 37 + t) % 50) * 3 + t % 3;  // three tables overlap each time
      const long long count = (id * 7) % 5;
      maker.integers(1, row, {id}).integers(2, row, std::vector<long long>(static_cast<std::size_t>(count), id));
    }
    tables.emplace_back(fmt::format("t{}", t), maker.bytes());
  }
  std::ranges::reverse(tables);
  const auto merged = must_merge(tables);
  EXPECT_EQ(merged.rows, 3000U);
  EXPECT_TRUE(std::ranges::is_sorted(merged.taken));
  EXPECT_EQ(merged.taken.size(), 3000U);
}

TEST(FitsMerge, HeapsMayBeLargerThanTwoGiB) {
  // Rows of 32 MiB each, which exist only while they are read, and are only counted when they are written.
  constexpr std::uint64_t kCell = 32u << 20, kRows = 70;
  FitsHead head;
  head.columns = {{.name = "source_id", .tform = "K"}, {.name = "x", .tform = "1PB(33554432)"}};
  head.rows = kRows;
  head.heap_bytes = kRows * kCell;
  std::string front = *make_fits_head(head, 0);
  for (std::uint64_t row = 0; row < kRows; ++row) {
    samples::Bytes bytes;
    bytes.i64(static_cast<std::int64_t>(row) + 1).i32(kCell).i32(static_cast<std::int32_t>(row * kCell));
    front += bytes.str();
  }
  const auto read = [&front](std::uint64_t offset, std::span<std::byte> out) -> Result<void> {
    std::ranges::fill(out, std::byte{7});
    if (offset < front.size())
      std::ranges::copy(bytes_of(front).subspan(offset, std::min(out.size(), front.size() - offset)), out.begin());
    return {};
  };
  const TableToMerge table{
      "large", [&]() -> Result<OpenedTable> { return OpenedTable{read, front.size() + kRows * kCell + kFitsBlock}; }};
  std::string written(front.size(), '\0');
  const auto write = [&](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
    if (offset + bytes.size() <= written.size()) std::memcpy(written.data() + offset, bytes.data(), bytes.size());
    return {};
  };
  written.resize(written.size() + kRows * 8);  // the merged descriptors are wider
  const auto merged = merge_fits({&table, 1}, {.all = true}, write);
  ASSERT_TRUE(merged) << merged.error().detail;
  EXPECT_GT(merged->bytes, kRows * kCell);
  const std::string last = written.substr(written.size() - 16);
  EXPECT_EQ(last, samples::Bytes().i64(kCell).i64(static_cast<std::int64_t>((kRows - 1) * kCell)).str());
  EXPECT_NE(written.find("TFORM2  = '1QB(33554432)'"), std::string::npos);
}

TEST(FitsMerge, MergesAMergedTableWithOthers) {
  const std::vector<std::vector<double>> arrays{{1, 2, 3}, {4, 5}};
  const auto first = must_merge(
      {{"a", one_column("1PD", 1, arrays)}, {"b", one_column("3D", 9, std::vector<std::vector<double>>{{1, 2, 3}})}});
  must_merge({{"merged", first.bytes}, {"c", one_column("1PD", 5, arrays)}});
}

class RealFitsMerge : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("GARNER_TEST_DATA");
    if (!folder) GTEST_SKIP() << "GARNER_TEST_DATA is not set";
    root_ = fs::path(folder) / "gaia";
  }
  std::pair<std::string, std::string> load(const std::string& name) const {
    std::ifstream file(root_ / name, std::ios::binary);
    EXPECT_TRUE(file) << name;
    return {name, {std::istreambuf_iterator<char>(file), {}}};
  }
  fs::path root_;
};

TEST_F(RealFitsMerge, TwoOfTheArchivesTablesMakeWhatItServesForTheirSourcesTogether) {
  const Tables parts{load("gaiaxpy/XP_CONTINUOUS_RAW.fits"), load("gaiaxpy/XP_CONTINUOUS_RAW_missing_BP_dr3int6.fits")};
  const auto whole = load("gaiaxpy/XP_CONTINUOUS_RAW_with_missing_BP.fits");
  const auto merged = must_merge(parts);
  EXPECT_EQ(FitsTaken(merged.bytes).rows(), rows_by_id({whole}));
  FitsTaken taken(merged.bytes), theirs(whole.second);
  EXPECT_EQ(taken.key("TFORM10"), "1QD(55)");
  for (int column = 1; column <= 26; ++column) {
    for (const char* stem : {"TTYPE", "TUCD", "TUNIT", "TNULL"}) {
      const std::string keyword = fmt::format("{}{}", stem, column);
      EXPECT_EQ(taken.key(keyword), theirs.key(keyword)) << keyword;
    }
  }
  EXPECT_EQ(taken.key("TCOMM12"), "Correlation matrix for BP coefficients");
  if (const auto said = astropy_says(merged.bytes)) EXPECT_EQ(*said, "[(1, 1), (1, 1)] 3 78\n");
}

TEST_F(RealFitsMerge, EveryMultiSourceTableSurvivesAsItIs) {
  for (const char* name : {"gaiaxpy/XP_CONTINUOUS_RAW.fits", "gaiaxpy/XP_CONTINUOUS_RAW_missing_BP_dr3int6.fits",
                           "gaiaxpy/XP_CONTINUOUS_RAW_with_missing_BP.fits", "gaiaxpy/XP_SAMPLED_RAW_dr3int6.fits",
                           "gaiaxpy/XP_SPECTRA_RAW_mini.fits", "tap/upload__1744351221317O-result.fits",
                           "tap/xmlparser__1714556098855O-result.fits"}) {
    SCOPED_TRACE(name);
    must_merge({load(name)});
  }
}

}  // namespace
}  // namespace garner::table
