#include "convert_fixture.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace garner::table {

namespace fs = std::filesystem;

ConvertFixture::ConvertFixture() {
  std::string name = (fs::temp_directory_path() / "garner-convert-XXXXXX").string();
  folder_ = ::mkdtemp(name.data());
}

std::string ConvertFixture::content() const {
  std::ifstream in(path(), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string ConvertFixture::converted(std::string_view answer, const ConvertOptions& options) {
  auto table = convert_votable(samples::bytes_of(answer), options, path());
  EXPECT_TRUE(table) << table.error().detail;
  const std::string bytes = content();
  if (table) EXPECT_EQ(table->bytes, bytes.size());
  fs::remove(path());
  EXPECT_TRUE(fs::is_empty(folder_));
  return bytes;
}

Error ConvertFixture::refused(std::string_view answer, ConvertOptions options) {
  std::optional<Error> error;
  for (const auto to : {ConvertTo::Fits, ConvertTo::Csv, ConvertTo::Ecsv, ConvertTo::VOTable}) {
    options.to = to;
    auto table = convert_votable(samples::bytes_of(answer), options, path());
    EXPECT_FALSE(table);
    EXPECT_TRUE(fs::is_empty(folder_));
    if (table) return {};
    if (error) EXPECT_EQ(table.error().kind, error->kind) << table.error().detail;
    error = std::move(table.error());
  }
  return *error;
}

}  // namespace garner::table
