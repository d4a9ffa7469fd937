// What --plan says of each kind of harvest.
#include "client/submit_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace garner::client {
namespace {

using manifest::HarvestKind;
using testing::HasSubstr;
using testing::Not;

TEST(PlanText, SourcesThatTheArchiveCounted) {
  manifest::Manifest manifest;
  manifest.sources.cone = Cone{1, 2, 3};
  manifest.retrieval_types = {"RVS"};
  harvest::Plan plan;
  plan.sources = plan.products = 2'345;
  plan.counted_by_archive = true;
  const auto text = plan_text(manifest, {"sources.cone", {}, {}}, plan);
  EXPECT_THAT(text, HasSubstr("sources.cone  2,345 sources, counted by COUNT(*) at the archive\n"));
  EXPECT_THAT(text, HasSubstr("plan          1 retrieval type × 2,345 sources = 2,345 products to account for\n"));
  EXPECT_THAT(text, HasSubstr("Nothing else was asked. Submit without --plan to start.\n"));
  EXPECT_THAT(text, Not(HasSubstr("Nothing was sent")));
}

TEST(PlanText, PartsOfAColumnsValues) {
  manifest::Manifest manifest;
  manifest.kind = HarvestKind::Query;
  manifest.partition = {"random_index", 0, 1'811'709'770, 2'000, {}};
  harvest::Plan plan;
  plan.sources = plan.products = plan.requests = 2'001;
  plan.counted_by_archive = true;
  plan.rows = 1'811'709'771;
  const auto text = plan_text(manifest, {"partition", {}, {}}, plan);
  EXPECT_THAT(text, HasSubstr("partition     2,000 parts of random_index from 0 to 1811709770, and one for its NULLs\n"
                              "plan          2,001 parts to account for\n"
                              "              1,811,709,771 rows, counted by COUNT(*) at the archive\n"
                              "              2,001 requests, more where a part is too large for one answer\n"));
}

TEST(PlanText, PartsOfTheSky) {
  manifest::Manifest manifest;
  manifest.kind = HarvestKind::Query;
  manifest.partition.column = "source_id";
  manifest.partition.healpix = 6;
  manifest.partition.parts = 49'152;
  harvest::Plan plan;
  plan.products = plan.requests = 49'152;
  const auto text = plan_text(manifest, {"partition", {}, {}}, plan);
  EXPECT_THAT(text, HasSubstr("partition     49,152 parts of source_id: the HEALPix pixels of level 6\n"));
  EXPECT_THAT(text, Not(HasSubstr("COUNT")));
  EXPECT_THAT(text, HasSubstr("Nothing was sent."));
}

TEST(PlanText, RowsOfTables) {
  manifest::Manifest manifest;
  manifest.kind = HarvestKind::Rows;
  manifest.tables = {{"a.b", {}}, {"a.c", {}}};
  harvest::Plan plan;
  plan.sources = 1'000'000;
  plan.products = 2'000'000;
  plan.requests = 20;
  plan.chunk_size = 100'000;
  ListRead list{"ids.fits", {}, {}};
  list.counts.rows = 1'000'000;
  const auto text = plan_text(manifest, list, plan);
  EXPECT_THAT(text, HasSubstr("ids.fits      1,000,000 rows = 1,000,000 sources + 0 duplicates + 0 refused\n"
                              "plan          rows of 2 tables × 1,000,000 sources to account for\n"
                              "              20 requests of up to 100,000 sources"));
}

TEST(PlanText, NightsOfAWindow) {
  manifest::Manifest manifest;
  manifest.retrieval_types = {"RVS"};
  manifest.timing.window = {{manifest::Hours::kEveryDay, std::chrono::hours(20), std::chrono::hours(6)}};
  harvest::Plan plan;
  plan.window = "20:00-06:00";
  plan.sources_per_s_slow = 25;
  plan.sources_per_s_fast = 225;
  plan.hours_least = 3;
  plan.hours_most = 26.7;
  plan.openings_least = 1;
  plan.openings_most = 3;
  const auto says = [&] { return plan_text(manifest, {"ids", {}, {}}, plan); };
  EXPECT_THAT(says(), HasSubstr("at 25 to 225 sources/s this archive takes 3.0 to 26.7 hours: 1 to 3 nights in "
                                "20:00-06:00\n"));
  plan.openings_most = 1;
  EXPECT_THAT(says(), HasSubstr("hours: 1 night in 20:00-06:00\n"));
  plan.openings_most = 0;
  EXPECT_THAT(says(), HasSubstr("hours: 1 night or many more in 20:00-06:00\n"));
  manifest.timing.window[0].to = std::chrono::hours(22);
  plan.window = "20:00-22:00";
  plan.openings_most = 14;
  EXPECT_THAT(says(), HasSubstr("hours: 1 to 14 openings of the window 20:00-22:00\n"));
}

TEST(PlanText, OneTimeIsNoRange) {
  manifest::Manifest manifest;
  harvest::Plan plan;
  plan.hours_least = plan.hours_most = 1;
  const auto says = [&] { return plan_text(manifest, {"ids", {}, {}}, plan); };
  EXPECT_THAT(says(), HasSubstr("it takes about 1.0 hours\n"));
  plan.hours_least = plan.hours_most = 0.1 / 3600;
  EXPECT_THAT(says(), HasSubstr("it takes less than a second\n"));
}

TEST(SubmittedText, OfOneThatIsOverNamesItsReceipt) {
  manifest::Manifest manifest;
  harvest::SubmitResult result;
  result.already_here = true;
  result.status.name = "rvs";
  result.status.state = "finished";
  const auto text = submitted_text(manifest, {"ids", {}, {}}, result, 0);
  EXPECT_THAT(text, HasSubstr("garner receipt rvs\n"));
  EXPECT_THAT(text, Not(HasSubstr("garner watch")));
}

TEST(SubmittedText, TellsWhichColumnItTookUnasked) {
  manifest::Manifest manifest;
  harvest::SubmitResult result;
  ListRead list{"ids", {}, {}};
  list.counts.guessed_column = "a";
  EXPECT_THAT(submitted_text(manifest, list, result, 0),
              HasSubstr("its only column, 'a', is taken for the source_ids"));
}

TEST(SubmittedText, SaysWhenItsWindowOpens) {
  manifest::Manifest manifest;
  harvest::SubmitResult result;
  result.status.name = "rvs";
  result.status.state = "waiting";
  result.status.waiting_for = "window closed until 20:00 (in 2 h 14 min)";
  result.status.opens_s = 1'790'000'000;
  const auto text = submitted_text(manifest, {"ids", {}, {}}, result, 1'790'000'000 - 8'040);
  EXPECT_THAT(text, HasSubstr("starts "));
  EXPECT_THAT(text, Not(HasSubstr("at tomorrow")));
  EXPECT_THAT(text, HasSubstr("(in 2 h 10 min), when its window opens\n"));
  EXPECT_THAT(text, Not(HasSubstr("it is waiting")));
}

}  // namespace
}  // namespace garner::client
