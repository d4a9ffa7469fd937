// What is in the files that answers are made into, and what becomes of ids.
#include <fcntl.h>
#include <fitsio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "convert_fixture.h"

namespace garner::table {
namespace {

namespace fs = std::filesystem;
using samples::bytes_of;

using Convert = ConvertFixture;

constexpr std::int64_t kBeyondDoubles = (std::int64_t{1} << 53) + 1;
constexpr std::array kTargets = {ConvertTo::Fits, ConvertTo::Csv, ConvertTo::Ecsv, ConvertTo::VOTable};

std::string small_answer() {
  samples::Bytes rows;
  rows.u8(0x00).i64(kBeyondDoubles).i32(2).text("ab").f32(0.1f);
  rows.u8(0x40).i64(kBeyondDoubles + 2).i32(0).f32(0);
  return samples::votable(
      "<FIELD name=\"source_id\" datatype=\"long\" ucd=\"meta.id;meta.main\"><DESCRIPTION>Its\n  id: one</DESCRIPTION>"
      "</FIELD><FIELD name=\"name\" datatype=\"char\" arraysize=\"*\"/>"
      "<FIELD name=\"the flux\" datatype=\"float\" unit=\"mag\"/>",
      samples::binary("BINARY2", rows.str()));
}

// One column of an integer datatype in BINARY2; nothing is null.
std::string integers(std::string_view datatype, const std::vector<std::optional<std::int64_t>>& values) {
  samples::Bytes rows;
  for (const auto& value : values) {
    rows.u8(value ? 0x00 : 0x80);
    if (datatype == "unsignedByte") rows.u8(static_cast<std::uint8_t>(value.value_or(0)));
    if (datatype == "short") rows.i16(static_cast<std::int16_t>(value.value_or(0)));
    if (datatype == "long") rows.i64(value.value_or(0));
  }
  return samples::votable(fmt::format(R"(<FIELD name="n" datatype="{}"/>)", datatype),
                          samples::binary("BINARY2", rows.str()));
}

std::vector<std::optional<std::int64_t>> integers_in(const std::string& fits) {
  auto reader = open_table(from_memory(bytes_of(fits)), {});
  EXPECT_TRUE(reader) << reader.error().detail;
  std::vector<std::optional<std::int64_t>> values;
  while ((*reader)->next_row().value()) {
    const Cell& cell = (*reader)->cell(0);
    values.push_back(cell.null ? std::nullopt : std::optional(cell.integer));
  }
  return values;
}

std::string card_in(const std::string& fits, const std::string& keyword) {
  auto reader = open_table(from_memory(bytes_of(fits)), {});
  EXPECT_TRUE(reader) << reader.error().detail;
  const auto at = (*reader)->parameters().find(keyword);
  return at == (*reader)->parameters().end() ? "" : at->second;
}

TEST_F(Convert, CsvHasNamesAndEmptyNulls) {
  EXPECT_EQ(converted(small_answer(), {.to = ConvertTo::Csv}),
            "source_id,name,the flux\n9007199254740993,ab,0.1\n9007199254740995,,0.0\n");
}

TEST_F(Convert, EcsvSaysWhatTheFieldsSay) {
  EXPECT_EQ(converted(small_answer(), {.to = ConvertTo::Ecsv}),
            "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
            "# -\n#   name: source_id\n#   datatype: int64\n#   description: 'Its id: one'\n"
            "#   meta:\n#     ucd: 'meta.id;meta.main'\n"
            "# -\n#   name: 'name'\n#   datatype: string\n"
            "# -\n#   name: 'the flux'\n#   datatype: float32\n#   unit: 'mag'\n"
            "source_id,name,the flux\n9007199254740993,ab,0.1\n9007199254740995,,0.0\n");
}

// Names and cells that look like the begin of something else, in the formats that are lines of text.
TEST_F(Convert, WhatLooksLikeACommentOrMarkupIsQuoted) {
  for (const std::string name : {"# %ECSV 1.0", "#x", "&lt;a>", "\xef\xbb\xbfmark"}) {
    const std::string answer = samples::votable("<FIELD name=\"" + name + "\" datatype=\"char\" arraysize=\"*\"/>",
                                                "<TABLEDATA><TR><TD>#7</TD></TR><TR><TD>a</TD></TR></TABLEDATA>");
    for (const auto to : {ConvertTo::Csv, ConvertTo::Ecsv}) {
      const std::string file = converted(answer, {.to = to});
      const auto format = to == ConvertTo::Csv ? Format::Csv : Format::Ecsv;
      auto reader = open_table(from_memory(bytes_of(file)), {.format = format, .wanted = {}, .limits = {}});
      ASSERT_TRUE(reader) << name << ": " << reader.error().detail;
      EXPECT_EQ((*reader)->columns()[0].name, name == "&lt;a>" ? "<a>" : name);
      EXPECT_TRUE((*reader)->next_row().value());
      EXPECT_EQ((*reader)->cell(0).text, "#7");
      EXPECT_TRUE(file.ends_with("\n\"#7\"\na\n")) << file;
    }
  }
}

TEST_F(Convert, NoControlCharacterIsInANameOrADescription) {
  const std::string file =
      converted(samples::votable(
                    "<FIELD name=\"a\xc2\x85z\" datatype=\"int\"><DESCRIPTION>b&#x9f;&#x2028;c \xc2\xb5</DESCRIPTION>"
                    "</FIELD>",
                    "<TABLEDATA><TR><TD>7</TD></TR></TABLEDATA>"),
                {.to = ConvertTo::Ecsv});
  EXPECT_EQ(file,
            "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
            "# -\n#   name: 'a z'\n#   datatype: int32\n#   description: 'b c \xc2\xb5'\na z\n7\n");
}

TEST_F(Convert, FitsSaysWhatTheFieldsSay) {
  const std::string longer =
      "A description that is longer than a card of a FITS header: it's 'quoted', and has a \xc2\xb5";
  const std::string fits = converted(
      samples::votable("<FIELD name=\"a\" datatype=\"int\" unit=\"km.s**-1\" ucd=\"pos.eq.ra\"><DESCRIPTION>" + longer +
                           "</DESCRIPTION></FIELD><FIELD datatype=\"short\"/>",
                       "<TABLEDATA><TR><TD>1</TD><TD>2</TD></TR></TABLEDATA>"),
      {.to = ConvertTo::Fits});
  auto reader = open_table(from_memory(bytes_of(fits)), {});
  ASSERT_TRUE(reader) << reader.error().detail;
  const Column& column = (*reader)->columns()[0];
  EXPECT_EQ(column.name, "a");
  EXPECT_EQ(column.unit, "km.s**-1");
  EXPECT_EQ(column.ucd, "pos.eq.ra");
  EXPECT_EQ(column.description, longer.substr(0, longer.size() - 2) + "??");
  EXPECT_EQ((*reader)->columns()[1].name, "col2");
  EXPECT_EQ(card_in(fits, "TNULL1"), "");
}

TEST_F(Convert, WhatStandsForNullDoesNotOccur) {
  const std::vector<std::optional<std::int64_t>> values{INT64_MIN, INT64_MIN + 2, {}, INT64_MAX, 0};
  const std::string fits = converted(integers("long", values), {.to = ConvertTo::Fits});
  EXPECT_EQ(card_in(fits, "TNULL1"), std::to_string(INT64_MIN + 1));
  EXPECT_EQ(integers_in(fits), values);
}

TEST_F(Convert, WhereEveryValueOccursIntegersGetWiderForNull) {
  std::vector<std::optional<std::int64_t>> bytes{std::nullopt}, shorts{std::nullopt}, longs{std::nullopt};
  for (std::int64_t value = 0; value < 256; ++value) bytes.emplace_back(value);
  for (std::int64_t value = INT16_MIN; value <= INT16_MAX; ++value) shorts.emplace_back(value);
  for (std::int64_t value = 0; value < 65'536; ++value) longs.emplace_back(INT64_MIN + value);
  const std::string wider = converted(integers("unsignedByte", bytes), {.to = ConvertTo::Fits});
  EXPECT_EQ(card_in(wider, "TFORM1"), "1I");
  EXPECT_EQ(integers_in(wider), bytes);
  const std::string widest = converted(integers("short", shorts), {.to = ConvertTo::Fits});
  EXPECT_EQ(card_in(widest, "TFORM1"), "1J");
  EXPECT_EQ(integers_in(widest), shorts);
  const auto answer = integers("long", longs);
  const auto none_left = convert_votable(bytes_of(answer), {.to = ConvertTo::Fits}, path());
  ASSERT_FALSE(none_left);
  EXPECT_EQ(none_left.error().kind, Kind::Malformed);
  bytes.pop_back();
  EXPECT_EQ(card_in(converted(integers("unsignedByte", bytes), {.to = ConvertTo::Fits}), "TNULL1"), "255");
}

TEST_F(Convert, ALongTextAmongShortOnesDoesNotPadThemAll) {
  constexpr int kRows = 4000;
  const std::string longest(20'000, 'x');  // CFITSIO 4.2 overruns its stack from 28,800 on
  std::string rows;
  for (int i = 0; i < kRows; ++i) rows += fmt::format("<TR><TD>{}</TD></TR>\n", i == 7 ? longest : std::to_string(i));
  std::string fits = converted(samples::votable(R"(<FIELD name="t" datatype="char" arraysize="*"/>)",
                                                "<TABLEDATA>" + rows + "<TR><TD/></TR></TABLEDATA>"),
                               {.to = ConvertTo::Fits});
  EXPECT_LT(fits.size(), 300'000u);
  void* memory = fits.data();
  std::size_t size = fits.size();
  fitsfile* file = nullptr;
  int status = 0, any = 0, data = 0, all = 0;
  fits_open_memfile(&file, "memory", READONLY, &memory, &size, 0, nullptr, &status);
  fits_movabs_hdu(file, 2, nullptr, &status);
  fits_verify_chksum(file, &data, &all, &status);
  EXPECT_EQ(data * all, 1);
  for (LONGLONG row = 1; row <= kRows + 1; ++row) {
    std::string text(longest.size() + 1, '\0');
    char* pointer = text.data();
    char blank[] = "";
    fits_read_col(file, TSTRING, 1, row, 1, 1, blank, &pointer, &any, &status);
    const std::string expected = row == 8 ? longest : row > kRows ? "" : std::to_string(row - 1);
    ASSERT_STREQ(text.c_str(), expected.c_str()) << row;
  }
  EXPECT_EQ(status, 0);
  fits_close_file(file, &status);
}

TEST_F(Convert, ARowOfOneNullIsStillARow) {
  const std::string answer = samples::votable(R"(<FIELD name="a" datatype="int"/>)",
                                              "<TABLEDATA><TR><TD/></TR><TR><TD>1</TD></TR></TABLEDATA>");
  const std::string csv = converted(answer, {.to = ConvertTo::Csv});
  EXPECT_EQ(csv, "a\n\"\"\n1\n");
  EXPECT_EQ(samples::count_rows(csv, Format::Csv).value(), 2u);
}

TEST_F(Convert, ATableWithoutRowsIsATable) {
  for (const auto* data : {"<TABLEDATA/>", "<BINARY2><STREAM encoding='base64'/></BINARY2>"}) {
    const std::string answer = samples::votable(R"(<FIELD name="a" datatype="char" arraysize="*"/>)", data);
    EXPECT_EQ(converted(answer, {.to = ConvertTo::Csv}), "a\n");
    const std::string fits = converted(answer, {.to = ConvertTo::Fits});
    EXPECT_EQ(check_table(bytes_of(fits), Format::Fits)->rows, 0u);
    EXPECT_EQ(fits.size() % 2880, 0u);
  }
}

TEST_F(Convert, BytesThatAreNoUtf8AreTakenForLatin1InText) {
  samples::Bytes rows;
  rows.i32(4).text("caf\xe9").i32(3).text("\xc3\xa9!");
  const std::string answer =
      samples::votable(R"(<FIELD name="a" datatype="char" arraysize="*"/>)", samples::binary("BINARY", rows.str()));
  EXPECT_EQ(converted(answer, {.to = ConvertTo::Csv}), "a\ncaf\xc3\xa9\n\xc3\xa9!\n");
}

TEST_F(Convert, CompressedOrNotTheFilesAreTheSame) {
  for (const auto& answer : {small_answer(), samples::fixed_binary2(60'000), samples::variable_binary2(30'000),
                             samples::tabledata(20'000)}) {
    for (const auto to : kTargets) {
      const std::string made = converted(answer, {.to = to});
      EXPECT_TRUE(converted(samples::gzip(answer), {.to = to}) == made);
      EXPECT_TRUE(converted(answer, {.to = to}) == made);
      if (to == ConvertTo::VOTable) EXPECT_TRUE(made == answer);
    }
  }
}

// The answer is parsed in blocks: wherever they end, the same comes out.
TEST_F(Convert, AStreamMayBeginAtTheEndOfABlock) {
  constexpr std::size_t kBlock = 256u << 10;
  const std::string answer = samples::variable_binary2(2000);
  const std::string made = converted(answer, {.to = ConvertTo::Csv});
  const std::size_t stream = answer.find("<STREAM");
  for (std::size_t before = 0; before < 60; ++before) {
    std::string padded = answer;
    padded.insert(answer.find("<RESOURCE"), "<!--" + std::string(kBlock - before - stream - 7, '-' + 1) + "-->");
    ASSERT_EQ(padded.find("<STREAM"), kBlock - before);
    ASSERT_TRUE(converted(padded, {.to = ConvertTo::Csv}) == made) << before;
  }
}

TEST_F(Convert, MarkupInAStreamIsNoneOfItsCharacters) {
  std::string answer = samples::variable_binary2(500);
  const std::string made = converted(answer, {.to = ConvertTo::Csv});
  answer.insert(answer.find('\n', answer.find("<STREAM") + 200), "&#10;<!-- AAAA --><![CDATA[\n]]>");
  EXPECT_TRUE(converted(answer, {.to = ConvertTo::Csv}) == made);
}

TEST_F(Convert, AMappedAnswerIsReadAsAnyOther) {
  const std::string answer = samples::fixed_binary2(60'000);
  const fs::path file = folder_ / "answer";
  std::ofstream(file, std::ios::binary) << answer;
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  void* const at = ::mmap(nullptr, answer.size(), PROT_READ, MAP_PRIVATE, descriptor, 0);
  ASSERT_NE(at, MAP_FAILED);
  ::close(descriptor);
  fs::remove(file);
  for (const auto to : kTargets) {
    const std::string_view mapped(static_cast<const char*>(at), answer.size());
    EXPECT_TRUE(converted(mapped, {.to = to, .is_mapped = true}) == converted(answer, {.to = to}));
  }
  ::munmap(at, answer.size());
}

TEST_F(Convert, ThreadsConvertToFitsAtOnce) {
  const std::string answer = samples::variable_binary2(300);
  const std::string made = converted(answer, {.to = ConvertTo::Fits});
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&, n] {
      for (int i = 0; i < 50; ++i) {
        const fs::path into = folder_ / fmt::format("out-{}-{}", n, i);
        const auto table = convert_votable(bytes_of(answer), {.to = ConvertTo::Fits}, into);
        EXPECT_TRUE(table && table->bytes == made.size());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& file : fs::directory_iterator(folder_)) {
    std::ifstream in(file.path(), std::ios::binary);
    EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(in), {}) == made);
  }
}

TEST_F(Convert, TheFileIsNewAndItsOwnersOnly) {
  ASSERT_TRUE(convert_votable(bytes_of(small_answer()), {.to = ConvertTo::Csv}, path()));
  struct stat about{};
  ASSERT_EQ(::stat(path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
  const std::string before = content();
  EXPECT_FALSE(convert_votable(bytes_of(small_answer()), {.to = ConvertTo::Fits}, path()));
  EXPECT_EQ(content(), before);
  EXPECT_FALSE(convert_votable(bytes_of(small_answer()), {.to = ConvertTo::Fits}, folder_ / "missing" / "out"));
}

TEST_F(Convert, GivesColumnsRowsAndTheStatusThatStandsLast) {
  std::string answer = small_answer();
  answer.insert(answer.find("</RESOURCE>"), "<INFO name=\"query_status\" value=\"error\">Out of time</INFO>");
  for (const auto to : kTargets) {
    const auto table = convert_votable(bytes_of(answer), {.to = to}, path());
    ASSERT_TRUE(table) << table.error().detail;
    EXPECT_EQ(table->rows, 2u);
    ASSERT_EQ(table->columns.size(), 3u);
    EXPECT_EQ(table->columns[2].unit, "mag");
    EXPECT_EQ(table->parameters.at("QUERY_STATUS"), "ERROR");
    EXPECT_EQ(table->status_text, "Out of time");
    fs::remove(path());
  }
}

TEST_F(Convert, IdsKeepAllTheirDigitsAndTheirOrder) {
  for (const auto to : kTargets) {
    std::vector<std::int64_t> ids;
    ConvertOptions options{.to = to, .id_column = "SOURCE_ID"};
    options.take_id = [&](std::int64_t id) -> Result<void> {
      ids.push_back(id);
      return {};
    };
    converted(small_answer(), options);
    EXPECT_EQ(ids, (std::vector<std::int64_t>{kBeyondDoubles, kBeyondDoubles + 2}));
  }
}

TEST_F(Convert, IdsMustBeThereAndIntegers) {
  EXPECT_EQ(refused(small_answer(), {.id_column = "id"}).kind, Kind::Malformed);
  EXPECT_EQ(refused(small_answer(), {.id_column = "the flux"}).kind, Kind::Malformed);
  const auto nulled = refused(integers("long", {5, std::nullopt}), {.id_column = "n"});
  EXPECT_EQ(nulled.kind, Kind::Malformed);
  EXPECT_NE(nulled.detail.find("row 2: column 'n' is null"), std::string::npos) << nulled.detail;
  EXPECT_EQ(refused(samples::votable(R"(<FIELD name="n" datatype="long"><VALUES null="-1"/></FIELD>)",
                                     "<TABLEDATA><TR><TD>-1</TD></TR></TABLEDATA>"),
                    {.id_column = "n"})
                .kind,
            Kind::Malformed);
}

TEST_F(Convert, TheErrorOfWhoTakesIdsIsTheConversions) {
  ConvertOptions options{.id_column = "source_id"};
  options.take_id = [](std::int64_t) -> Result<void> { return fail(Kind::Conflict, "not asked"); };
  EXPECT_EQ(refused(small_answer(), options).kind, Kind::Conflict);
}

}  // namespace
}  // namespace garner::table
