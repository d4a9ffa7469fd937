// Whole answers into files of every format: what is in the file, what becomes of bad answers.
#include "table/convert.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "samples.h"

namespace garner::table {
namespace {

namespace fs = std::filesystem;
using samples::bytes_of;

class Convert : public ::testing::Test {
 protected:
  Convert() {
    std::string name = (fs::temp_directory_path() / "garner-convert-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Convert() override { fs::remove_all(folder_); }

  fs::path path() const { return folder_ / "out"; }
  std::string content() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Converts, and gives the file's bytes; it is gone afterwards.
  std::string converted(std::string_view answer, ConvertOptions options) {
    auto table = convert_votable(bytes_of(answer), options, path());
    EXPECT_TRUE(table) << table.error().detail;
    const std::string bytes = content();
    if (table) EXPECT_EQ(table->bytes, bytes.size());
    fs::remove(path());
    return bytes;
  }

  fs::path folder_;
};

constexpr std::int64_t kBeyondDoubles = (std::int64_t{1} << 53) + 1;

std::string small_answer() {
  samples::Bytes rows;
  rows.u8(0x00).i64(kBeyondDoubles).i32(2).text("ab").f32(0.1f);
  rows.u8(0x40).i64(kBeyondDoubles + 2).i32(0).f32(0);
  return samples::votable(R"(<FIELD name="source_id" datatype="long" ucd="meta.id"><DESCRIPTION>Its
    id</DESCRIPTION></FIELD><FIELD name="name" datatype="char" arraysize="*"/><FIELD name="flux" datatype="float" unit="mag"/>)",
                          samples::binary("BINARY2", rows.str()));
}

TEST_F(Convert, CsvHasNamesAndEmptyNulls) {
  EXPECT_EQ(converted(small_answer(), {.to = ConvertTo::Csv}),
            "source_id,name,flux\n9007199254740993,ab,0.1\n9007199254740995,,0\n");
}

TEST_F(Convert, TheFileIsNewAndItsOwnersOnly) {
  ASSERT_TRUE(convert_votable(bytes_of(small_answer()), {.to = ConvertTo::Csv}, path()));
  struct stat about{};
  ASSERT_EQ(::stat(path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
  const std::string before = content();
  EXPECT_FALSE(convert_votable(bytes_of(small_answer()), {.to = ConvertTo::Fits}, path()));
  EXPECT_EQ(content(), before);
}

}  // namespace
}  // namespace garner::table
