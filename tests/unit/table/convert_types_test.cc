// Every datatype, in every serialization, to every format; read back by CFITSIO, by a CSV parser of this file's own, by
// the project's readers and by astropy.
#include <fitsio.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "convert_fixture.h"

namespace garner::table {
namespace {

using samples::Bytes;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t kLowestLong = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kBeyondDoubles = (std::int64_t{1} << 53) + 1;

// A cell as TABLEDATA has it and as BINARY has it; what CSV holds then, and FITS where that differs.
struct Sample {
  std::string text, bytes, csv;
  std::optional<std::string> fits{};
  bool null = false;
};

struct Samples {
  std::string name, attributes;  // of the FIELD
  std::vector<Sample> cells;     // the last one is null
  bool binary_has_null = true;   // without BINARY2's mask
  std::string magic{};           // VALUES null
};

std::string counted(int count, const std::string& bytes) {
  return Bytes().i32(count).str() + bytes;
}

std::string utf16(std::u16string_view text) {
  Bytes bytes;
  for (const char16_t unit : text) bytes.i16(static_cast<std::int16_t>(unit));
  return bytes.str();
}

Sample null(std::string bytes) {
  return {.text = "", .bytes = std::move(bytes), .csv = "", .null = true};
}

std::vector<Samples> every_datatype() {
  const auto f32 = [](std::initializer_list<float> values) {
    Bytes bytes;
    for (const float value : values) bytes.f32(value);
    return bytes.str();
  };
  const auto f64 = [](std::initializer_list<double> values) {
    Bytes bytes;
    for (const double value : values) bytes.f64(value);
    return bytes.str();
  };
  const auto i16 = [](std::initializer_list<std::int16_t> values) {
    Bytes bytes;
    for (const auto value : values) bytes.i16(value);
    return bytes.str();
  };
  const auto i64 = [](std::int64_t value) { return Bytes().i64(value).str(); };
  return {
      {"boolean", R"(datatype="boolean")", {{"true", "1", "true"}, {"F", "f", "false"}, null("?")}},
      {"booleans",
       R"(datatype="boolean" arraysize="3")",
       {{"T 0 ?", std::string("t0\0", 3), "[true, false, null]"}, {"1 1 f", "TTF", "[true, true, false]"}, null("???")},
       false},
      {"flags",
       R"(datatype="boolean" arraysize="*")",
       {{"t f", counted(2, "1F"), "[true, false]"}, null(counted(0, ""))}},
      {"bit", R"(datatype="bit")", {{"1", "\x80", "true"}, {"0", std::string(1, '\0'), "false"}, null("\x80")}, false},
      {"bits",
       R"(datatype="bit" arraysize="11")",
       {{"10100000 011", "\xa0\x60", "[true, false, true, false, false, false, false, false, false, true, true]"},
        {.text = "",
         .bytes = std::string(2, '\0'),
         .csv = "",
         .fits = "[false, false, false, false, false, false, false, false, false, false, false]",  // X knows no null
         .null = true}},
       false},
      {"some_bits",
       R"(datatype="bit" arraysize="*")",
       {{"110000001", counted(9, "\xc0\x80"), "[true, true, false, false, false, false, false, false, true]"},
        null(counted(0, ""))}},
      {"byte", R"(datatype="unsignedByte")", {{"255", "\xff", "255"}, {"0x10", "\x10", "16"}, null("\x07")}, false},
      {"magic_byte", R"(datatype="unsignedByte")", {{"1", "\x01", "1"}, null("\x63")}, true, "99"},
      {"short",
       R"(datatype="short")",
       {{"-32768", i16({-32768}), "-32768"}, {"+7", i16({7}), "7"}, null(i16({5}))},
       false},
      {"int",
       R"(datatype="int")",
       {{"-2147483648", Bytes().i32(INT32_MIN).str(), "-2147483648"}, null(Bytes().i32(0).str())},
       false},
      {"long",
       R"(datatype="long")",
       {{std::to_string(kLowestLong), i64(kLowestLong), std::to_string(kLowestLong)},
        {std::to_string(kBeyondDoubles), i64(kBeyondDoubles), std::to_string(kBeyondDoubles)},
        {"9223372036854775807", i64(INT64_MAX), "9223372036854775807"},
        null(i64(-1))},
       false},
      {"magic_long", R"(datatype="long")", {{"-1", i64(-1), "-1"}, null(i64(-999))}, true, "-999"},
      {"float",
       R"(datatype="float")",
       {{"0.1", f32({0.1F}), "0.1"},
        {"-Inf", f32({-INFINITY}), "-Inf"},
        {"16777217", f32({16777216.F}), "16777216.0"},
        null(f32({kNan}))}},
      {"double",
       R"(datatype="double")",
       {{"0.1", f64({0.1}), "0.1"},
        {"1.7976931348623157e308", f64({1.7976931348623157e308}), "1.7976931348623157e+308"},
        {"4e-320", f64({4e-320}), "4e-320"},
        null(f64({kNan}))}},
      {"complex", R"(datatype="floatComplex")", {{"1.5 -2", f32({1.5F, -2}), "[1.5, -2.0]"}, null(f32({kNan, kNan}))}},
      {"complex2", R"(datatype="doubleComplex")", {{"1.5 -2", f64({1.5, -2}), "[1.5, -2.0]"}, null(f64({kNan, kNan}))}},
      {"complexes",
       R"(datatype="doubleComplex" arraysize="*")",
       {{"1 2 3 4.25", counted(2, f64({1, 2, 3, 4.25})), "[[1.0, 2.0], [3.0, 4.25]]"}, null(counted(0, ""))}},
      {"char", R"(datatype="char")", {{"x", "x", "x"}, null(std::string(1, '\0'))}},
      {"chars",
       R"(datatype="char" arraysize="5")",
       {{"a, b", std::string("a, b\0", 5), "a, b"}, {"fiver", "fiver", "fiver"}, null(std::string("\0five", 5))}},
      {"text",
       R"(datatype="char" arraysize="*")",
       {{"a &quot;b&quot;\nc", counted(7, "a \"b\"\nc"), "a \"b\"\nc"},
        {"1\xc2\xb5"
         "m",
         counted(4,
                 "1\xc2\xb5"
                 "m"),
         "1\xc2\xb5"
         "m"},
        null(counted(0, ""))}},
      {"strings",
       R"(datatype="char" arraysize="3x2")",
       {{"ab cde", "ab cde", R"(["ab ", "cde"])", R"(["ab", "cde"])"}, null(std::string(6, '\0'))},
       false},
      {"some_strings",
       R"(datatype="char" arraysize="3x*")",
       {{"abcde\"", counted(6, "abcde\""), R"(["abc", "de\""])"},
        {"xyz", counted(3, "xyz"), R"(["xyz"])", R"(["xyz", ""])"},
        null(counted(0, ""))}},
      {"unicode",
       R"(datatype="unicodeChar" arraysize="*")",
       {{"\xc3\xa9\xf0\x9f\x94\xad", counted(3, utf16(u"\u00e9\U0001f52d")), "\xc3\xa9\xf0\x9f\x94\xad"},
        null(counted(0, ""))}},
      {"unicodes",
       R"(datatype="unicodeChar" arraysize="4")",
       {{"\xc3\xa9!", utf16(u"\u00e9!") + std::string(4, '\0'), "\xc3\xa9!"}, null(std::string(8, '\0'))}},
      {"matrix",
       R"(datatype="short" arraysize="2x3")",
       {{"1 2 3 4 -5 -9", i16({1, 2, 3, 4, -5, -9}), "[[1, 2], [3, 4], [-5, null]]"},
        null(i16({-9, -9, -9, -9, -9, -9}))},
       false,
       "-9"},
      {"ints",
       R"(datatype="int" arraysize="*")",
       {{"7 -8", counted(2, Bytes().i32(7).i32(-8).str()), "[7, -8]"},
        {"9", counted(1, Bytes().i32(9).str()), "[9]"},
        null(counted(0, ""))}},
      {"doubles",
       R"(datatype="double" arraysize="*")",
       {{"1.5 NaN", counted(2, f64({1.5, kNan})), "[1.5, NaN]", "[1.5, null]"}, null(counted(0, ""))}},
      {"floats",
       R"(datatype="float" arraysize="2")",
       {{"0.1 1e30", f32({0.1F, 1e30F}), "[0.1, 1e+30]"}, null(f32({kNan, kNan}))},
       false},
      {"cubes",
       R"(datatype="short" arraysize="2x1x*")",
       {{"1 2 3 4", counted(4, i16({1, 2, 3, 4})), "[1, 2, 3, 4]"}, null(counted(0, ""))}},
  };
}

struct Document {
  std::string bytes;
  std::map<std::string, std::vector<const Sample*>> cells;  // a row each
};

// Rows in which each column's samples come again and again.
Document document_of(const std::vector<Samples>& columns, Serialization serialization) {
  constexpr std::size_t kRows = 13;
  std::string fields, rows;
  for (const auto& column : columns) {
    const std::string values = column.magic.empty() ? "" : fmt::format(R"(<VALUES null="{}"/>)", column.magic);
    fields += fmt::format("<FIELD name=\"{}\" {}>{}</FIELD>\n", column.name, column.attributes, values);
  }
  Document document;
  for (std::size_t row = 0; row < kRows; ++row) {
    std::string cells, mask((columns.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto& column = columns[i];
      const Sample* cell = &column.cells[row % column.cells.size()];
      if (cell->null && serialization == Serialization::Binary && !column.binary_has_null) cell = &column.cells[0];
      document.cells[column.name].push_back(cell);
      if (cell->null) mask[i / 8] = static_cast<char>(static_cast<unsigned char>(mask[i / 8]) | 0x80 >> i % 8);
      cells += serialization == Serialization::TableData ? "<TD>" + cell->text + "</TD>" : cell->bytes;
    }
    if (serialization == Serialization::TableData)
      rows += "<TR>" + cells + "</TR>\n";
    else
      rows += (serialization == Serialization::Binary2 ? mask : "") + cells;
  }
  const std::string data = serialization == Serialization::TableData ? "<TABLEDATA>\n" + rows + "</TABLEDATA>"
                           : serialization == Serialization::Binary  ? samples::binary("BINARY", rows)
                                                                     : samples::binary("BINARY2", rows);
  document.bytes = samples::votable(fields, data);
  return document;
}

// Rows of cells (RFC 4180).
std::vector<std::vector<std::string>> parse_csv(std::string_view text) {
  std::vector<std::vector<std::string>> rows{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      const bool doubled = quoted && i + 1 < text.size() && text[i + 1] == '"';
      if (doubled)
        rows.back().back() += text[++i];
      else
        quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\n') {
      rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  EXPECT_EQ(rows.back(), std::vector<std::string>{""}) << "no LF at the end";
  rows.pop_back();
  return rows;
}

class EveryDatatype : public ConvertFixture, public ::testing::WithParamInterface<Serialization> {};

TEST_P(EveryDatatype, IsInCsvAsItWas) {
  const auto columns = every_datatype();
  const Document document = document_of(columns, GetParam());
  const auto rows = parse_csv(converted(document.bytes, {.to = ConvertTo::Csv}));
  ASSERT_EQ(rows.size(), 14u);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(rows[0][i], columns[i].name);
    for (std::size_t row = 1; row < rows.size(); ++row) {
      ASSERT_EQ(rows[row].size(), columns.size());
      EXPECT_EQ(rows[row][i], document.cells.at(columns[i].name)[row - 1]->csv) << columns[i].name << " row " << row;
    }
  }
}

TEST_P(EveryDatatype, IsInEcsvAsItWas) {
  const auto columns = every_datatype();
  const Document document = document_of(columns, GetParam());
  const std::string ecsv = converted(document.bytes, {.to = ConvertTo::Ecsv});
  auto reader = open_table(from_memory(samples::bytes_of(ecsv)), {.format = Format::Ecsv, .wanted = {}, .limits = {}});
  ASSERT_TRUE(reader) << reader.error().detail << ecsv;
  for (std::size_t row = 0; row < 13; ++row) {
    ASSERT_TRUE((*reader)->next_row().value());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::string expected = document.cells.at(columns[i].name)[row]->csv;
      if (expected == "true") expected = "True";
      if (expected == "false") expected = "False";
      if (expected.starts_with('[')) std::erase_if(expected, [](char c) { return c == ' '; });
      std::string found((*reader)->cell(i).text);
      if (columns[i].name == "strings") std::erase_if(found, [](char c) { return c == ' '; });
      EXPECT_EQ(found, expected) << columns[i].name << " row " << row;
    }
  }
  EXPECT_FALSE((*reader)->next_row().value());
}

// All cells of a binary table as CFITSIO reads them, in the words of our CSV; nulls in arrays are "null".
class CfitsioTable {
 public:
  explicit CfitsioTable(std::string bytes) : bytes_(std::move(bytes)), memory_(bytes_.data()), size_(bytes_.size()) {
    fits_open_memfile(&file_, "memory", READONLY, &memory_, &size_, 0, nullptr, &status_);
    for (const int hdu : {1, 2}) {
      int data = 0, all = 0;
      fits_movabs_hdu(file_, hdu, nullptr, &status_);
      fits_verify_chksum(file_, &data, &all, &status_);
      EXPECT_EQ(data, 1) << "HDU " << hdu;
      EXPECT_EQ(all, 1) << "HDU " << hdu;
    }
    EXPECT_EQ(status_, 0);
  }
  ~CfitsioTable() { fits_close_file(file_, &status_); }

  std::string cell(const std::string& name, std::int64_t row) {
    int column = 0, type = 0;
    LONGLONG repeat = 0, width = 0, offset = 0;
    fits_get_colnum(file_, CASESEN, const_cast<char*>(name.c_str()), &column, &status_);
    fits_get_coltypell(file_, column, &type, &repeat, &width, &status_);
    if (type < 0) fits_read_descriptll(file_, column, row, &repeat, &offset, &status_);
    std::array<LONGLONG, 4> sizes{};
    int dimensions = 0;
    fits_read_tdimll(file_, column, 4, &dimensions, sizes.data(), &status_);
    EXPECT_EQ(status_, 0) << name;
    const bool in_heap = type < 0;
    type = std::abs(type);
    if (type == TSTRING) return text_cell(column, row, in_heap ? repeat : width, in_heap ? 1 : repeat / width);
    std::vector<std::string> elements;
    for (LONGLONG i = 1; i <= repeat; ++i) elements.push_back(element(column, row, type, i));
    const bool all_null = std::ranges::all_of(elements, [](const auto& text) { return text == "null"; });
    if (all_null) return "";
    const bool is_complex = type == TCOMPLEX || type == TDBLCOMPLEX;
    if (repeat == 1 && !in_heap && !is_complex) return elements[0];
    if (repeat == 1 && !in_heap) return elements[0];
    if (dimensions == 2) {
      std::vector<std::string> lists;
      for (std::size_t i = 0; i < elements.size(); i += static_cast<std::size_t>(sizes[0])) {
        const auto inner = std::span(elements).subspan(i, static_cast<std::size_t>(sizes[0]));
        lists.push_back(fmt::format("[{}]", fmt::join(inner, ", ")));
      }
      elements = lists;
    }
    return fmt::format("[{}]", fmt::join(elements, ", "));
  }

  std::string key(const std::string& name) {
    char value[FLEN_VALUE] = "";
    int status = 0;
    fits_read_key(file_, TSTRING, name.c_str(), value, nullptr, &status);
    return status == 0 ? value : "";
  }

 private:
  static std::string digits(auto number) {
    std::array<char, 32> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
  }
  static std::string real(auto number) {
    if (std::isnan(number)) return "null";
    if (std::isinf(number)) return number < 0 ? "-Inf" : "Inf";
    const std::string text = digits(number);
    return text.find_first_of(".e") == text.npos ? text + ".0" : text;
  }

  std::string element(int column, std::int64_t row, int type, LONGLONG i) {
    int any = 0;
    char null = 0;
    switch (type) {
      case TLOGICAL: {
        char value = 0;
        fits_read_colnull(file_, TLOGICAL, column, row, i, 1, &value, &null, &any, &status_);
        return null ? "null" : value ? "true" : "false";
      }
      case TBIT: {
        char value = 0;
        fits_read_col(file_, TBIT, column, row, i, 1, nullptr, &value, &any, &status_);
        return value ? "true" : "false";
      }
      case TFLOAT: {
        float value = 0;
        fits_read_col(file_, TFLOAT, column, row, i, 1, nullptr, &value, &any, &status_);
        return real(value);
      }
      case TDOUBLE: {
        double value = 0;
        fits_read_col(file_, TDOUBLE, column, row, i, 1, nullptr, &value, &any, &status_);
        return real(value);
      }
      case TCOMPLEX:
      case TDBLCOMPLEX: {
        double pair[2] = {};
        fits_read_col(file_, TDBLCOMPLEX, column, row, i, 1, nullptr, pair, &any, &status_);
        return std::isnan(pair[0]) ? "null" : fmt::format("[{}, {}]", real(pair[0]), real(pair[1]));
      }
      default: {
        LONGLONG value = 0;
        fits_read_colnull(file_, TLONGLONG, column, row, i, 1, &value, &null, &any, &status_);
        return null ? "null" : digits(static_cast<std::int64_t>(value));
      }
    }
  }

  std::string text_cell(int column, std::int64_t row, LONGLONG width, LONGLONG strings) {
    std::vector<std::string> texts;
    for (LONGLONG i = 0; i < strings; ++i) {
      std::string text(static_cast<std::size_t>(width) + 1, '\0');
      char* pointer = text.data();
      int any = 0;
      char blank[] = "";
      fits_read_col(file_, TSTRING, column, row, i + 1, 1, blank, &pointer, &any, &status_);
      text.resize(std::strlen(text.c_str()));
      std::string escaped;
      for (const char c : text) escaped += c == '"' ? "\\\"" : std::string(1, c);
      texts.push_back(strings == 1 ? text : "\"" + escaped + "\"");
    }
    if (strings == 1) return texts[0];
    if (std::ranges::all_of(texts, [](const auto& text) { return text == "\"\""; })) return "";
    return fmt::format("[{}]", fmt::join(texts, ", "));
  }

  std::string bytes_;
  void* memory_;
  std::size_t size_;
  fitsfile* file_ = nullptr;
  int status_ = 0;
};

TEST_P(EveryDatatype, IsInFitsAsItWas) {
  const auto columns = every_datatype();
  const Document document = document_of(columns, GetParam());
  CfitsioTable fits(converted(document.bytes, {.to = ConvertTo::Fits}));
  for (const auto& column : columns) {
    for (std::size_t row = 0; row < 13; ++row) {
      const Sample& sample = *document.cells.at(column.name)[row];
      const std::string expected = sample.fits.value_or(sample.csv);
      EXPECT_EQ(fits.cell(column.name, static_cast<std::int64_t>(row) + 1), expected) << column.name << " row " << row;
    }
  }
  EXPECT_EQ(fits.key("TFORM11"), "1K");
  EXPECT_EQ(fits.key("TNULL12"), "-999");
}

// Compares astropy's cells of a FITS and of an ECSV file with those of a CSV file.
constexpr std::string_view kAstropyScript = R"PY(
import csv, json, sys, warnings
import numpy as np
warnings.simplefilter('ignore')
from astropy.io import fits
from astropy.table import Table

def plain(cell):
    if cell is np.ma.masked or cell is None: return None
    if isinstance(cell, bytes): cell = cell.decode()
    if isinstance(cell, str): return cell.rstrip() or None
    if isinstance(cell, np.ma.MaskedArray): cell = cell.tolist()
    if isinstance(cell, (np.ndarray, list, tuple)):
        cells = [plain(c) for c in cell]
        return cells if any(c is not None for c in cells) else None
    if isinstance(cell, (complex, np.complexfloating)): return plain([cell.real, cell.imag])
    if isinstance(cell, (bool, np.bool_)): return bool(cell)
    if isinstance(cell, (float, np.floating)): return None if np.isnan(cell) else float(np.float32(cell))
    return int(cell)

def told(text, like):
    if text.startswith('['): return plain(json.loads(text))
    if text == '' or isinstance(like, str): return text.rstrip() or None
    if isinstance(like, bool): return {'true': True, 'false': False}[text]
    return plain(float(text) if isinstance(like, float) else int(text))

with fits.open(sys.argv[1], checksum=True) as hdus:
    hdus.verify('exception')
    for hdu in hdus: assert (hdu.verify_checksum(), hdu.verify_datasum()) == (1, 1), hdu
    # What astropy does not know of FITS: null in L, and L behind descriptors, whose letters it gives.
    null_is_false = {c.name for c in hdus[1].columns if 'L' in c.format or 'X' in c.format}
    letters = {c.name for c in hdus[1].columns if 'QL' in c.format}
names, *rows = csv.reader(open(sys.argv[3], newline=''))
for file, made in (('FITS', Table.read(sys.argv[1], hdu=1)), ('ECSV', Table.read(sys.argv[2], format='ascii.ecsv'))):
    assert made.colnames == names and len(made) == len(rows), file
    for column, name in enumerate(names):
        for row in range(len(rows)):
            cell = plain(made[name][row])
            text = rows[row][column]
            if file == 'FITS' and name in null_is_false and (text == '' or 'null' in text): continue
            if file == 'FITS' and name in letters: cell = [{84: True, 70: False}[letter] for letter in cell]
            # Fewer strings than the column has room for.
            if file == 'FITS' and isinstance(cell, list) and name == 'some_strings': cell = [c for c in cell if c]
            expected = told(text, cell)
            assert cell == expected, (file, name, row, cell, expected)
print('equal', len(rows))
)PY";

TEST_P(EveryDatatype, IsToAstropyAsItWas) {
  if (std::system("/usr/bin/python3 -c 'import astropy' 2>/dev/null") != 0)
    GTEST_SKIP() << "Debian's Python has no astropy";
  const Document document = document_of(every_datatype(), GetParam());
  std::string files;
  const auto put = [&](const char* name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    files += fmt::format(" '{}'", (folder_ / name).string());
  };
  const std::string fits = converted(document.bytes, {.to = ConvertTo::Fits});
  const std::string ecsv = converted(document.bytes, {.to = ConvertTo::Ecsv});
  const std::string csv = converted(document.bytes, {.to = ConvertTo::Csv});
  put("compare.py", std::string(kAstropyScript));
  put("made.fits", fits);
  put("made.ecsv", ecsv);
  put("made.csv", csv);
  FILE* pipe = ::popen(("/usr/bin/python3" + files + " 2>&1").c_str(), "r");
  std::string said;
  std::array<char, 4096> buffer;
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    said.append(buffer.data(), got);
  ::pclose(pipe);
  EXPECT_EQ(said, "equal 13\n");
}

INSTANTIATE_TEST_SUITE_P(Convert, EveryDatatype,
                         ::testing::Values(Serialization::TableData, Serialization::Binary, Serialization::Binary2),
                         [](const auto& tested) {
                           return tested.param == Serialization::TableData ? "Tabledata"
                                  : tested.param == Serialization::Binary  ? "Binary"
                                                                           : "Binary2";
                         });

}  // namespace
}  // namespace garner::table
