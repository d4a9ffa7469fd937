// What the tests of layouts share: an output directory of their own, replies made up by hand, and a look at the disk.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "output/layout.h"

namespace garner::output {

struct Member {
  std::string name;
  std::optional<SourceId> id;
  std::string bytes;
};

// A zip of stored (odd) and deflated (even) members, sizes in local headers.
std::string make_zip(const std::vector<Member>& members);

std::span<const std::byte> as_bytes(std::string_view text);
std::string slurp(const std::filesystem::path& path);
void spill(const std::filesystem::path& path, std::string_view text);
void flip_byte(const std::filesystem::path& path, std::size_t at);

// Exit status and output of a shell command; -1 if it can't be run.
std::pair<int, std::string> shell(const std::string& command);
bool have_program(const std::string& name);

// One way to lay a harvest down.
struct Way {
  LayoutKind layout = LayoutKind::Zip;
  bool compress = false;
  DataStructure structure = DataStructure::Individual;
};
std::string way_name(const ::testing::TestParamInfo<Way>& info);
std::vector<Way> every_way();

class OutputTest : public ::testing::Test {
 protected:
  OutputTest();
  ~OutputTest() override;

  OutputSpec spec_for(const Way& way) const;
  // Prepares the directory, too.
  void start(const Way& way);

  // Adds the members and publishes; fails the test on error.
  ledger::Pack publish(const PackKey& key, const std::vector<Member>& members,
                       const std::vector<SourceId>& absent = {});

  // A product, byte for byte.
  Result<std::string> product_of(const PackKey& key, SourceId id);

  // Files below the output directory, relative; without .garner, MANIFEST.yaml and CREDIT.txt.
  std::set<std::string> visible() const;
  std::size_t temp_files() const;

  std::filesystem::path base_, directory_;
  OutputSpec spec_;
  std::unique_ptr<Layout> layout_;
  ReadRoom room_{1u << 30};
};

// Products of sources 1 to count of block 3, of different sizes, one of them empty; for RAW one table.
std::vector<Member> members_for(const OutputSpec& spec, std::size_t count);
SourceId nth_id(std::size_t n);

#define ASSERT_GOOD(result)                                 \
  do {                                                      \
    const auto& good_ = (result);                           \
    ASSERT_TRUE(good_.has_value()) << good_.error().detail; \
  } while (false)

}  // namespace garner::output
