#include <gtest/gtest.h>

#include <filesystem>

#include "base/strict_yaml.h"
#include "manifest/manifest.h"

namespace garner::manifest {
namespace {

TEST(ManifestExamples, EachIsAGoodManifestWithANameOfItsOwn) {
  std::map<std::string, std::string> seen;
  for (const auto& entry : std::filesystem::directory_iterator(GARNER_CONF "/manifests")) {
    const std::string path = entry.path().string();
    const auto text = yaml::read_text_file(path);
    ASSERT_TRUE(text.has_value()) << text.error().detail;
    const auto manifest = parse_manifest(*text, path);
    ASSERT_TRUE(manifest.has_value()) << manifest.error().detail;
    EXPECT_TRUE(seen.emplace(manifest->harvest, path).second) << path << " and " << seen[manifest->harvest];
  }
  EXPECT_GE(seen.size(), 14u);
}

}  // namespace
}  // namespace garner::manifest
