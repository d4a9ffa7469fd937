#include "disk.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

namespace garner::e2e {

namespace {

bool beside_the_data(const std::string& file) {
  return file == "SHA256SUMS" || file == "CATALOGUE.csv.zst" || file == "MANIFEST.yaml" || file == "CREDIT.txt" ||
         file == "RECEIPT.md" || file == "RECEIPT.json";
}

std::string tool(const std::vector<std::string>& arguments, const fs::path& directory = {}) {
  const Ran ran = run(arguments, {}, {}, directory);
  EXPECT_EQ(ran.exit_code, 0) << arguments[0] << " " << arguments.back() << "\n"
                              << ran.out.substr(0, 2000) << ran.err.substr(0, 2000);
  return ran.out;
}

void take_folder(const fs::path& folder, const std::string& file, std::vector<Unpacked>& out) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    out.push_back({file, entry.path().filename().string(), read_file(entry.path())});
  }
}

// A field of CSV (RFC 4180); garner's fields hold neither quotes nor line breaks, blanks at most.
std::vector<std::string> csv_fields(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream text(line);
  for (std::string field; std::getline(text, field, ',');) fields.push_back(field);
  return fields;
}

}  // namespace

std::vector<Unpacked> unpack(const fs::path& output) {
  std::vector<Unpacked> out;
  std::string pattern = (fs::temp_directory_path() / "garner-unpack-XXXXXX").string();
  const fs::path scratch = mkdtemp(pattern.data());
  for (const auto& file : visible_files(output)) {
    if (beside_the_data(file)) continue;
    const auto path = (output / file).string();
    const fs::path into = scratch / "members";
    fs::create_directories(into);
    if (file.ends_with(".zip")) {
      tool({"unzip", "-tqq", path});
      tool({"unzip", "-qq", path, "-d", into.string()});
      take_folder(into, file, out);
    } else if (file.ends_with(".tar.zst")) {
      tool({"tar", "--zstd", "-xf", path, "-C", into.string()});
      take_folder(into, file, out);
    } else if (file.ends_with(".zst")) {
      out.push_back({file, fs::path(file).stem().string(), tool({"zstd", "-dcq", path})});
    } else {
      out.push_back({file, fs::path(file).filename().string(), read_file(path)});
    }
    fs::remove_all(into);
  }
  fs::remove_all(scratch);
  return out;
}

std::vector<CatalogueRow> read_catalogue(const fs::path& output) {
  std::vector<CatalogueRow> rows;
  std::istringstream lines(tool({"zstd", "-dcq", (output / "CATALOGUE.csv.zst").string()}));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "source_id,retrieval_type,file,member,offset,size");
  while (std::getline(lines, line)) {
    const auto fields = csv_fields(line);
    EXPECT_EQ(fields.size(), 6u) << line;
    if (fields.size() == 6) rows.push_back({fields[0], fields[1], fields[2], fields[3]});
  }
  return rows;
}

std::map<std::string, std::string> check_sums(const fs::path& output) {
  tool({"sha256sum", "--quiet", "-c", "SHA256SUMS"}, output);
  std::map<std::string, std::string> sums;
  std::istringstream lines(read_file(output / "SHA256SUMS"));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_GT(line.size(), 66u) << line;
    EXPECT_TRUE(sums.emplace(line.substr(66), line.substr(0, 64)).second)
        << line.substr(66) << " stands twice in SHA256SUMS";
  }
  return sums;
}

void expect_nothing_half_written(const fs::path& output) {
  const fs::path temp = output / ".garner" / "tmp";
  if (!fs::exists(temp)) return;
  for (const auto& entry : fs::directory_iterator(temp)) ADD_FAILURE() << entry.path() << " was left behind";
}

void expect_account(Rig& rig, const std::string& harvest) {
  const Json status = rig.status(harvest);
  const auto count = [&](const char* key) { return status.at(key).get<std::uint64_t>(); };
  EXPECT_EQ(count("requested"), count("pending") + count("delivered") + count("absent") + count("failed"));
  const Ran verified = rig.garner({"verify", harvest});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  const fs::path output = rig.output(harvest);
  expect_nothing_half_written(output);
  if (count("delivered") == 0) return;

  const auto sums = check_sums(output);
  for (const auto& file : visible_files(output)) {
    EXPECT_TRUE(beside_the_data(file) || sums.contains(file)) << file << " is on disk but in no checksum list";
  }
  std::set<std::pair<std::string, std::string>> delivered, catalogued;
  for (const auto& row : rig.sources(harvest, "delivered")) {
    EXPECT_TRUE(delivered.emplace(row.at(0), row.at(1)).second) << row[0] << " is delivered twice";
    EXPECT_TRUE(sums.contains(row.at(2))) << row[2] << " is said to hold " << row[0] << " and is in no checksum list";
  }
  EXPECT_EQ(delivered.size(), count("delivered"));
  bool tables = false;
  for (const auto& row : read_catalogue(output)) {
    EXPECT_TRUE(sums.contains(row.file)) << row.file << " is catalogued and in no checksum list";
    tables = tables || row.source_id.empty();
    if (!row.source_id.empty())
      EXPECT_TRUE(catalogued.emplace(row.source_id, row.retrieval_type).second)
          << row.source_id << " is catalogued twice";
  }
  if (!tables)
    EXPECT_TRUE(catalogued == delivered) << "the catalogue lists " << catalogued.size() << " products, the ledger "
                                         << delivered.size();
}

}  // namespace garner::e2e
