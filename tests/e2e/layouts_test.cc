// Each layout with each structure and format that go together: what lies on disk is what the archive holds, whoever
// unpacks it.
#include <gtest/gtest.h>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

constexpr double kAbsent = 0.1;
// The last chunk is one source alone: its RAW reply carries the INDIVIDUAL name.
constexpr std::size_t kSources = 301, kChunk = 100;

struct Combination {
  std::string layout;
  bool compress = false;
  Product product;

  std::string name() const {
    std::string out = layout + (compress ? "-zst-" : "-") + product.structure + "-" + product.format +
                      (product.release == "Gaia DR3" ? "" : "-dr4");
    for (auto& c : out) c = c == '.' || c == '_' ? '-' : c;
    return out;
  }
};

// A type for each format and structure, so that all six come up.
std::string type_for(const std::string& format, const std::string& structure) {
  static const std::map<std::string, std::pair<std::string, std::string>> kTypes = {
      {"votable", {"RVS", "XP_CONTINUOUS"}},
      {"votable_plain", {"XP_SAMPLED", "MCMC_MSC"}},
      {"fits", {"XP_CONTINUOUS", "EPOCH_PHOTOMETRY"}},
      {"csv", {"EPOCH_PHOTOMETRY", "XP_SAMPLED"}},
      {"ecsv", {"MCMC_GSPPHOT", "RVS"}}};
  return structure == "RAW" ? kTypes.at(format).second : kTypes.at(format).first;
}

std::vector<Combination> every_combination() {
  std::vector<Combination> out;
  for (const std::string structure : {"INDIVIDUAL", "RAW"}) {
    for (const std::string format : {"votable", "votable_plain", "fits", "csv", "ecsv"}) {
      const Product product{type_for(format, structure), format, structure, "Gaia DR3"};
      for (const std::string layout : {"zip", "files", "tar.zst"}) out.push_back({layout, false, product});
      out.push_back({"files", true, product});
    }
  }
  out.push_back({"tar.zst", false, {"EPOCH_ASTROMETRY", "fits", "RAW", "Gaia DR4"}});  // many rows a source
  return out;
}

// One daemon and one archive for all; every harvest is submitted before the first is looked at.
class Layouts : public ::testing::TestWithParam<Combination> {
 protected:
  static void SetUpTestSuite() {
    rig = new Rig;
    rig->start_simulator({.knobs = {{"absent_fraction", kAbsent}, {"cache_members", true}, {"deflate_level", 1}}});
    rig->start_daemon();
    ids = rig->make_ids(kSources);
    std::ranges::sort(ids, {}, [](const std::string& id) { return std::stoull(id); });
    for (const auto& each : every_combination()) submit(each);
  }
  static void TearDownTestSuite() {
    delete rig;
    rig = nullptr;
  }

  static void submit(const Combination& wanted) {
    const auto manifest = rig->write_manifest(
        wanted.name(), ids,
        "retrieval_types: [" + wanted.product.type + "]\ndata_structure: " + wanted.product.structure + "\nformat: " +
            wanted.product.format + "\nchunk_size: 100\noutput: {directory: " + rig->output(wanted.name()).string() +
            ", layout: " + wanted.layout + (wanted.compress ? ", compress: zst" : "") + "}\n");
    std::string text = read_file(manifest);
    text.replace(text.find("Gaia DR3"), 8, wanted.product.release);
    write_file(manifest, text);
    rig->submit(manifest);
  }

  // The truth of a source is worked out once for all layouts.
  static const std::string& truth_of(const Product& product, const std::string& id) {
    static std::map<std::string, std::string> known;
    auto& bytes = known[member_name(product, id)];
    if (bytes.empty()) bytes = true_product(product, {id});
    return bytes;
  }

  static Rig* rig;
  static std::vector<std::string> ids;
};

Rig* Layouts::rig = nullptr;
std::vector<std::string> Layouts::ids;

// How a failure names its combination.
void PrintTo(const Combination& each, std::ostream* out) {
  *out << each.name();
}

void expect_individual_products(Rig& rig, const Combination& wanted, const std::set<std::string>& delivered,
                                const std::function<const std::string&(const std::string&)>& truth_of) {
  std::map<std::string, std::string> found;
  for (auto& product : unpack(rig.output(wanted.name()))) {
    EXPECT_TRUE(found.emplace(product.member, std::move(product.bytes)).second)
        << product.member << " lies on disk twice";
  }
  EXPECT_EQ(found.size(), delivered.size());
  for (const auto& id : delivered) {
    const auto at = found.find(member_name(wanted.product, id));
    ASSERT_NE(at, found.end()) << member_name(wanted.product, id);
    EXPECT_TRUE(at->second == truth_of(id)) << at->first;
  }
}

// The sources of one chunk that have the product.
std::vector<std::string> present_of_chunk(const std::vector<std::string>& ids, const std::set<std::string>& absent,
                                          std::size_t chunk) {
  std::vector<std::string> present;
  for (std::size_t i = chunk * kChunk; i < std::min((chunk + 1) * kChunk, ids.size()); ++i) {
    if (!absent.contains(ids[i])) present.push_back(ids[i]);
  }
  return present;
}

// A 64-bit integer as FITS has it (FITS 4.0 §5.2.4).
std::string big_endian(const std::string& id) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(std::stoull(id) >> shift & 0xFF);
  return out;
}

// The archive shuffles the rows of a table, so the truth is the table in the order of the one that came.
void expect_true_table(const Product& product, std::vector<std::string> present, const std::string& bytes) {
  if (product.format == "votable") {  // base64: garner itself had to find all ids in it
    EXPECT_EQ(bytes.size(), true_product(product, present).size());
    return;
  }
  std::ranges::sort(present, {},
                    [&](const std::string& id) { return bytes.find(product.format == "fits" ? big_endian(id) : id); });
  EXPECT_TRUE(bytes == true_product(product, present));
}

void expect_tables(Rig& rig, const Combination& wanted, const std::vector<std::string>& ids,
                   const std::set<std::string>& absent) {
  std::map<std::string, std::string> by_file;
  for (auto& table : unpack(rig.output(wanted.name())))
    EXPECT_TRUE(by_file.emplace(table.file, std::move(table.bytes)).second) << table.file;
  std::size_t chunk = 0;
  for (const auto& [file, bytes] : by_file) {  // their names rise with the chunks
    auto present = present_of_chunk(ids, absent, chunk);
    if (present.empty()) present = present_of_chunk(ids, absent, ++chunk);
    expect_true_table(wanted.product, present, bytes);
    for (const auto& id : present) {
      if (ids[chunk * kChunk] == id || present.back() == id)
        EXPECT_TRUE(rig.garner({"get", wanted.name(), id}).out == bytes) << id;
    }
    ++chunk;
  }
}

TEST_P(Layouts, HoldWhatTheArchiveHolds) {
  const Combination& wanted = GetParam();
  ASSERT_TRUE(rig->wait_for_state(wanted.name(), "finished", std::chrono::seconds(180)));
  const auto absent = truly_absent(ids, wanted.product.type, kAbsent);
  EXPECT_TRUE(rig->source_ids(wanted.name(), "absent") == absent);
  const auto delivered = rig->source_ids(wanted.name(), "delivered");
  EXPECT_EQ(delivered.size() + absent.size(), kSources);
  expect_account(*rig, wanted.name());

  if (wanted.product.structure == "RAW") {
    expect_tables(*rig, wanted, ids, absent);
    return;
  }
  expect_individual_products(*rig, wanted, delivered,
                             [&](const std::string& id) -> const std::string& { return truth_of(wanted.product, id); });
  for (std::size_t i = 0; i < ids.size(); i += 50) {
    const Ran got = rig->garner({"get", wanted.name(), ids[i]});
    EXPECT_EQ(got.exit_code, absent.contains(ids[i]) ? 2 : 0) << got.err;
    if (!absent.contains(ids[i])) EXPECT_TRUE(got.out == truth_of(wanted.product, ids[i])) << ids[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Layouts, ::testing::ValuesIn(every_combination()), [](const auto& each) {
  std::string name = each.param.name();
  for (auto& c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace garner::e2e
