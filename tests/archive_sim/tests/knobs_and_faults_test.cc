#include <cmath>

#include <gtest/gtest.h>

#include "archive_sim/faults.h"
#include "archive_sim/form.h"
#include "archive_sim/ids.h"
#include "archive_sim/numbers.h"
#include "archive_sim/products/products.h"
#include "archive_sim/tests/support.h"

namespace garner::archive_sim {
namespace {

Knobs knobs(const std::string& json) {
  auto merged = merge_knobs({}, json);
  EXPECT_TRUE(merged.has_value()) << (merged ? "" : merged.error().detail);
  return merged ? *merged : Knobs{};
}

// The ordinals of 1..n at which any fault fires.
std::vector<std::uint64_t> fired(FaultDice& dice, const Knobs& k, std::uint64_t n,
                                 const std::vector<std::uint64_t>& ids = {5}) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t ordinal = 1; ordinal <= n; ++ordinal)
    if (dice.throw_for(k, ordinal, "RVS", ids, [](Fault) { return true; })) out.push_back(ordinal);
  return out;
}

TEST(Faults, AScriptHitsExactlyItsOrdinals) {
  FaultDice dice;
  EXPECT_EQ(fired(dice, knobs(R"({"faults": {"null_500": {"script": [3, 7]}}})"), 20),
            (std::vector<std::uint64_t>{3, 7}));
}

TEST(Faults, AProbabilityIsKeptAndTheSameForTheSameSeed) {
  const Knobs k = knobs(R"({"seed": 9, "faults": {"overload_503": {"probability": 0.2}}})");
  FaultDice a, b;
  const auto first = fired(a, k, 2000);
  EXPECT_NEAR(static_cast<double>(first.size()), 400.0, 80.0);
  EXPECT_EQ(first, fired(b, k, 2000));
  EXPECT_NE(first, fired(b, knobs(R"({"seed": 10, "faults": {"overload_503": {"probability": 0.2}}})"), 2000));
}

TEST(Faults, AnIdListHitsEveryRequestThatNamesOneOfThem) {
  const Knobs k = knobs(R"({"faults": {"null_500": {"ids": ["77", 5]}}})");
  FaultDice dice;
  EXPECT_EQ(fired(dice, k, 3, {5, 6}).size(), 3u);
  EXPECT_EQ(fired(dice, k, 3, {6, 78}).size(), 0u);
}

TEST(Faults, TimesAndTypesLimitAFault) {
  FaultDice dice;
  EXPECT_EQ(fired(dice, knobs(R"({"faults": {"null_500": {"ids": [5], "times": 2}}})"), 9),
            (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(fired(dice, knobs(R"({"faults": {"hang": {"probability": 1, "types": ["XP_SAMPLED"]}}})"), 9).empty());
}

TEST(Knobs, AreLaidOverEachOtherAndFaultsTakenAwayWithNull) {
  auto k =
      merge_knobs(knobs(R"({"vocabulary": "old", "faults": {"hang": {"script": [1]}, "bad_crc": {"script": [2]}}})"),
                  R"({"latency": {"a_s": 0.5}, "faults": {"hang": null}})");
  ASSERT_TRUE(k);
  EXPECT_EQ(k->vocabulary, Vocabulary::Old);
  EXPECT_EQ(k->latency.a_s, 0.5);
  EXPECT_FALSE(k->faults[static_cast<std::size_t>(Fault::Hang)]);
  EXPECT_TRUE(k->faults[static_cast<std::size_t>(Fault::BadCrc)]);
}

TEST(Knobs, WhatIsUnknownOrOutOfRangeIsRefusedByName) {
  for (const auto& [json, expected] : std::vector<std::pair<std::string, std::string>>{
           {R"({"vocabluary": "old"})", "vocabluary"},
           {R"({"faults": {"nul_500": {}}})", "faults.nul_500"},
           {R"({"faults": {"null_500": {"probability": 2}}})", "faults.null_500.probability"},
           {R"({"faults": {"null_500": {"odds": 2}}})", "faults.null_500.odds"},
           {R"({"latency": {"a": 2}})", "latency.a"},
           {R"({"deflate_level": 0})", "deflate_level"},
           {R"([1])", "object"},
           {"{", "not JSON"}}) {
    const auto merged = merge_knobs({}, json);
    ASSERT_FALSE(merged) << json;
    EXPECT_NE(merged.error().detail.find(expected), std::string::npos) << merged.error().detail;
  }
}

TEST(Form, DecodesEscapesAndTakesUnescapedBlanksAndCommas) {
  const Form form = parse_form("ID=Gaia+DR3+1%2C2, 3&RELEASE=Gaia%20DR3&EMPTY=&FLAG&ID=9");
  EXPECT_EQ(form_value(form, "ID"), "Gaia DR3 1,2, 3");
  EXPECT_EQ(form_value(form, "RELEASE"), "Gaia DR3");
  EXPECT_EQ(form_value(form, "FLAG", "x"), "");
  EXPECT_EQ(form_value(form, "NONE", "x"), "x");
  EXPECT_EQ(cookie_value("JSESSIONID=a; SESSION=b", "SESSION"), "b");
}

TEST(Numbers, ArePrintedAsJavaDoes) {
  EXPECT_EQ(number_text(336.0), "336.0");
  EXPECT_EQ(number_text(4.3137092e-17f), "4.3137092E-17");
  EXPECT_EQ(number_text(251.51920772923995), "251.51920772923995");
  EXPECT_EQ(number_text(0.0345), "0.0345");
  EXPECT_EQ(number_text(0.00058932666f), "5.8932666E-4");
  EXPECT_EQ(number_text(12345678.0), "1.2345678E7");
  EXPECT_EQ(number_text(-1862.3434f), "-1862.3434");
  EXPECT_EQ(number_text(100.0), "100.0");
  EXPECT_EQ(number_text(std::nan("")), "NaN");
  EXPECT_EQ(number_text(0.0), "0.0");
}

TEST(Ids, AreDistinctPlausibleAndTheSameSetSortedOrNot) {
  const auto shuffled = test::some_ids(50'000, 3);
  std::vector<std::uint64_t> sorted;
  each_sorted_id({50'000, 3, 0}, [&](std::uint64_t id) { sorted.push_back(id); });
  ASSERT_EQ(sorted.size(), 50'000u);
  for (std::size_t i = 1; i < sorted.size(); ++i) ASSERT_LT(sorted[i - 1], sorted[i]);
  for (const std::uint64_t id : sorted) {
    ASSERT_EQ(id & 127, 0u);
    ASSERT_LT(id >> 35, 12ULL << 24);
    const std::uint64_t running = (id >> 7) & 0xfffffff;
    ASSERT_GE(running, 6'000u);
    ASSERT_LT(running, 700'100u);
  }
  EXPECT_NE(shuffled, sorted);
  auto again = shuffled;
  std::ranges::sort(again);
  EXPECT_EQ(again, sorted);
}

TEST(Ids, StayDistinctWhereSourcesShareAPixel) {
  // So many that some sources of one pixel draw the same running number and must be told apart.
  std::uint64_t last = 0, count = 0, not_above = 0;
  each_sorted_id({20'000'000, 1, 0}, [&](std::uint64_t id) {
    not_above += id <= last ? 1 : 0;
    last = id;
    ++count;
  });
  EXPECT_EQ(count, 20'000'000u);
  EXPECT_EQ(not_above, 0u);
}

TEST(Ids, AShareMayBeUnknownToTheArchive) {
  const auto ids = shuffled_ids({5000, 1, 0.2});
  const auto unknown = std::ranges::count_if(ids, is_unknown_source);
  EXPECT_NEAR(static_cast<double>(unknown), 1000.0, 150.0);
}

TEST(Ids, AFileWithAWrongLineIsRefusedWithItsNumber) {
  const test::TemporaryFolder folder;
  folder.write("ids", "# comment\n123\n\n12e3\n");
  const auto ids = read_id_file(folder.file("ids"));
  ASSERT_FALSE(ids);
  EXPECT_NE(ids.error().detail.find("line 4"), std::string::npos) << ids.error().detail;
}

}  // namespace
}  // namespace garner::archive_sim
