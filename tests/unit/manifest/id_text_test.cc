#include <gtest/gtest.h>

#include "manifest/id_list.h"

namespace garner::manifest {
namespace {

TEST(IdText, BareIdsAndDesignationsOfTheReleaseAreIds) {
  for (const auto* text : {"42", " 42 ", "\"42\"", "'42'", "Gaia DR3 42", "\"Gaia DR3 42\"", " Gaia DR3  42"}) {
    const auto id = parse_id_text(text, "Gaia DR3");
    ASSERT_TRUE(id.has_value()) << text << ": " << id.error().detail;
    EXPECT_EQ(id->value, 42u);
  }
  EXPECT_EQ(parse_id_text("9223372036854775807", "Gaia DR3")->value, kMaxSourceId);
  EXPECT_EQ(parse_id_text("Gaia DR4_RC3 7", "Gaia DR4_RC3")->value, 7u);
}

TEST(IdText, EachRefusalSaysWhy) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "empty where a source_id is due"},
      {"  ", "empty where a source_id is due"},
      {"0", "out of range: a source_id lies between 1 and 9223372036854775807"},
      {"9223372036854775808", "out of range: a source_id lies between 1 and 9223372036854775807"},
      {"99999999999999999999999", "out of range: a source_id lies between 1 and 9223372036854775807"},
      {"-5", "negative: a source_id lies between 1 and 9223372036854775807"},
      {"5.937083312263888e18", "went through a floating-point number (ids need all 19 digits)"},
      {"5.93E+18", "went through a floating-point number (ids need all 19 digits)"},
      {"5937083312263887616.0", "went through a floating-point number (ids need all 19 digits)"},
      {"Gaia DR3 5.9e18", "went through a floating-point number (ids need all 19 digits)"},
      {"Gaia DR2 42", "belongs to Gaia DR2, the harvest asks for Gaia DR3"},
      {"Gaia EDR3 42", "belongs to Gaia EDR3, the harvest asks for Gaia DR3"},
      {"HIP 42", "neither a source_id nor a designation like 'Gaia DR3 123'"},
      {"M101", "neither a source_id nor a designation like 'Gaia DR3 123'"},
      {"12x", "neither a source_id nor a designation like 'Gaia DR3 123'"},
      {"+12", "neither a source_id nor a designation like 'Gaia DR3 123'"},
      {"Gaia DR3", "neither a source_id nor a designation like 'Gaia DR3 123'"},
      {"nan", "neither a source_id nor a designation like 'Gaia DR3 123'"},
  };
  for (const auto& [text, reason] : cases) {
    const auto id = parse_id_text(text, "Gaia DR3");
    ASSERT_FALSE(id.has_value()) << text;
    EXPECT_EQ(id.error().detail, reason) << text;
  }
}

}  // namespace
}  // namespace garner::manifest
