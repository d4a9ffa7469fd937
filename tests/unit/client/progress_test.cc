#include "client/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "client/format.h"
#include "client/status_text.h"
#include "fake_service.h"

namespace garner::client {
namespace {

using control_test::example_status;
using testing::HasSubstr;
using testing::Not;

TEST(Bar, FillsInEighthsOfAColumn) {
  EXPECT_EQ(bar(0, 100, 4), "    ");
  EXPECT_EQ(bar(50, 100, 4), "██  ");
  EXPECT_EQ(bar(100, 100, 4), "████");
  EXPECT_EQ(bar(1, 32, 4), "▏   ");
  EXPECT_EQ(bar(7, 32, 4), "▉   ");
}

TEST(Bar, SomethingIsMoreThanNothingAndAllButOneIsNotAll) {
  EXPECT_EQ(bar(1, 1'000'000, 10), "▏         ");
  EXPECT_EQ(bar(999'999, 1'000'000, 10), "█████████▉");
  EXPECT_EQ(bar(3, 0, 2), "  ");
}

TEST(Progress, ShowsAHarvestAtItsFullWidth) {
  const auto lines = progress_lines(example_status(), {130, 0, true});
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0], "rvs-bright  running · gaia · 3 requests in flight");
  EXPECT_EQ(lines[1],
            "  RVS            ███████████████████▏                       48 %   577,500 of 1,203,002   absent 31,200   "
            "failed 0");
  EXPECT_EQ(lines[2],
            "  XP_CONTINUOUS                                              0 %         0 of 1,203,002   absent      0   "
            "failed 0");
  EXPECT_EQ(lines[3], "  87 sources/s · 5.1 MB/s · 12.4 GB received, 8.9 GB stored · about 5 h 10 min left");
  EXPECT_EQ(lines[4], "  in flight      chunk 1156 14 s · 1157 9 s · 1158 2 s");
  EXPECT_EQ(lines[5], "  last trouble   21:47 chunk 1139: 500 pool empty, tried again after 41 s, delivered");
}

TEST(Progress, ShowsWhatCameBackEmptyUntilItIsAskedForOnceMore) {
  auto status = example_status();
  status.types[0].absent = status.absent = 0;
  status.types[0].empty_so_far = status.empty_so_far = 31'200;
  EXPECT_THAT(progress_lines(status, {130, 0, true})[1],
              testing::EndsWith("  48 %   577,500 of 1,203,002   empty so far 31,200   failed 0"));
  EXPECT_THAT(progress_lines(status, {130, 0, true})[2], HasSubstr("empty so far      0   failed 0"));
  EXPECT_THAT(progress_line(status), HasSubstr("577,500 of 2,406,004 products (24 %)"));
  EXPECT_THAT(progress_line(status), HasSubstr("failed 0, empty so far 31,200 · "));
  EXPECT_THAT(status_details(status, {130, 0, true}),
              HasSubstr("  second look    RVS: 31,200 empty so far, to be asked for once more\n"));
  status.types[0].empty_so_far = status.empty_so_far = 200;
  status.types[0].absent = status.absent = 30'990;
  status.types[0].second_look_found = 10;
  EXPECT_THAT(progress_lines(status, {130, 0, true})[1], HasSubstr("empty so far 200   absent 30,990   failed 0"));
  EXPECT_THAT(
      status_details(status, {130, 0, true}),
      HasSubstr("RVS: 200 empty so far, to be asked for once more · 10 found that the first answers left out\n"));
}

TEST(Progress, EachKindIsCountedInItsOwnUnit) {
  auto status = example_status();
  EXPECT_THAT(progress_line(status), HasSubstr("577,500 of 2,406,004 products (24 %)"));
  status.kind = "rows";
  EXPECT_THAT(progress_line(status), HasSubstr("577,500 of 2,406,004 sources × tables (24 %)"));
  EXPECT_THAT(progress_line(status), HasSubstr("87 sources/s"));
  status.kind = "query";
  status.rate_sources_per_s = 0.01;
  EXPECT_THAT(progress_line(status), HasSubstr("577,500 of 2,406,004 parts (24 %)"));
  EXPECT_THAT(progress_lines(status, {130, 0, true}).at(3), testing::StartsWith("  36 parts/h · "));
  EXPECT_THAT(status_details(status, {130, 0, true}), Not(HasSubstr("duplicate")));
}

TEST(Progress, SaysWhyNotMoreIsInFlight) {
  auto status = example_status();
  status.archive_status = control_test::example_archive();
  status.archive_status->last_change->at_s = 0;
  const View view{130, 0, true};
  EXPECT_THAT(
      progress_lines(status, view).at(5),
      testing::MatchesRegex("  concurrency    3 \\(was 4 until [0-9:]+: success fell to 92 %: .*Pool empty\\)"));
  status.archive_status->last_change.reset();
  EXPECT_EQ(progress_lines(status, view).size(), 6u) << "nothing to tell where nothing was changed";
}

TEST(StatusText, VerboseTellsHowTheArchiveIsAsked) {
  auto status = example_status();
  status.archive_status = control_test::example_archive();
  View view{130, 0, false};
  EXPECT_THAT(status_details(status, view), Not(HasSubstr("breaker")));
  view.verbose = true;
  auto text = status_details(status, view);
  EXPECT_THAT(text, HasSubstr("\n  concurrency    3 (was 4 until "));
  EXPECT_THAT(text, HasSubstr("\n                 3 requests in flight by all harvests, 1 to 4 are allowed\n"));
  EXPECT_THAT(text, HasSubstr("\n  breaker        closed\n"));
  auto& archive = *status.archive_status;
  archive.breaker = "open";
  archive.breaker_because = "Archive down";
  archive.next_probe_s = 240;
  archive.probes_failed = 7;
  archive.tried_low = 2;
  archive.tried_high = 3;
  text = status_details(status, view);
  EXPECT_THAT(text, HasSubstr(": Archive down · 7 probes failed · next try in 4 min\n"));
  EXPECT_THAT(text, HasSubstr("1 to 4 are allowed, 2 and 3 are being compared\n"));
  const std::vector<harvest::HarvestStatus> two = {status, status};
  const auto table = archives_table(two, view);
  EXPECT_THAT(table, testing::StartsWith("gaia\n  concurrency    3"));
  EXPECT_EQ(table.find("gaia", 1), std::string::npos) << "once an archive";
}

TEST(Progress, NoLineIsWiderThanTheTerminal) {
  auto status = example_status();
  status.last_trouble = std::string(500, 'x');
  for (const std::size_t width : {40u, 60u, 80u, 100u, 200u}) {
    for (const auto& line : progress_lines(status, {width, 0})) EXPECT_LE(text_width(line), width) << line;
  }
}

TEST(Progress, ABlockedTypeSaysWhyInTheArchivesWords) {
  auto status = example_status();
  status.types[1].blocked = "Unknown retrieval type: 'XP_CONTINUOUS'";
  EXPECT_THAT(progress_lines(status, {130, 0, true}),
              testing::Contains(HasSubstr("blocked: Unknown retrieval type: 'XP_CONTINUOUS'")));
}

TEST(Progress, AReasonIsToldOnce) {
  auto status = example_status();
  status.types[1].blocked = "Unknown retrieval type";
  status.last_trouble = "XP_CONTINUOUS chunk 3: Unknown retrieval type";
  status.state = "blocked";
  status.waiting_for = "XP_CONTINUOUS: Unknown retrieval type";
  const auto text = status_details(status, {130, 0, false});
  EXPECT_EQ(text.find("Unknown", text.find("Unknown") + 1), std::string::npos) << text;
  status.last_trouble = "RVS chunk 3: HTTP 503";
  EXPECT_THAT(status_details(status, {130, 0, false}), HasSubstr("RVS chunk 3: HTTP 503"));
}

TEST(Progress, WhatWaitsSaysForWhatAndHasNoRate) {
  auto status = example_status();
  status.state = "waiting";
  status.waiting_for = "until 20:00";
  EXPECT_EQ(state_text(status), "waiting until 20:00");
  EXPECT_THAT(progress_lines(status, {130, 0, true})[3], Not(HasSubstr("sources/s")));
  status.waiting_for = "the archive is down";
  EXPECT_EQ(state_text(status), "waiting: the archive is down");
}

TEST(Progress, CutsReasonsOnlyWhereLinesAreRedrawnInPlace) {
  auto status = example_status();
  status.state = "blocked";
  status.waiting_for = std::string(300, 'x') + " the end";
  const auto tells_the_end = [&](bool cut_lines) {
    for (const auto& line : progress_lines(status, {100, 0, cut_lines})) {
      if (line.find("the end") != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(tells_the_end(false));
  EXPECT_FALSE(tells_the_end(true));
}

TEST(Progress, APipeGetsOnePlainLine) {
  EXPECT_EQ(
      progress_line(example_status()),
      "rvs-bright: running · 577,500 of 2,406,004 products (24 %) · delivered 546,300, absent 31,200, failed 0 · 87 "
      "sources/s · about 5 h 10 min left");
}

TEST(Progress, TheEndTellsTheAccountAndTheNextCommand) {
  auto status = example_status();
  EXPECT_EQ(ending_line(status), "");
  status.state = "finished";
  status.failed = status.pending;
  status.pending = 0;
  EXPECT_THAT(ending_line(status),
              HasSubstr("finished: 2,406,004 requested = 546,300 delivered + 31,200 absent + 1,828,504 failed"));
  EXPECT_THAT(ending_line(status), HasSubstr("garner sources rvs-bright --outcome failed"));
  status.state = "blocked";
  status.waiting_for = "its deadline was 06:00; go on in spite of it with: garner resume rvs-bright";
  EXPECT_THAT(ending_line(status), Not(HasSubstr("garner retry")));
  status.waiting_for = "12 chunks stay hopeless";
  status.chunks_blocked = 12;
  EXPECT_THAT(ending_line(status), HasSubstr("12 chunks stay hopeless"));
  EXPECT_THAT(ending_line(status), HasSubstr("garner retry rvs-bright --outcome pending"));
}

TEST(StatusTable, AlignsItsColumns) {
  std::vector<harvest::HarvestStatus> all = {example_status(), example_status("b")};
  all[0].eta_s = 12 * 60;
  all[1].delivered = 7;
  all[1].eta_s.reset();
  EXPECT_EQ(status_table(all, {100, 0, true}),
            "HARVEST      STATE       DELIVERED  ABSENT  FAILED    PENDING   STORED  ETA (" + zone_text(0) +
                ")\n"
                "rvs-bright   running       546,300  31,200       0  1,828,504   8.9 GB  in 12 min\n"
                "b            running             7  31,200       0  1,828,504   8.9 GB  -\n");
}

TEST(StatusTable, TellsWhyLastAndWholeInAPipe) {
  std::vector<harvest::HarvestStatus> all = {example_status()};
  all[0].state = "waiting";
  all[0].eta_s.reset();
  all[0].waiting_for = "archive down for 12 min, next try in 4 min: " + std::string(200, 'x') + " the end";
  EXPECT_THAT(status_table(all, {100, 0, false}),
              HasSubstr("  -          archive down for 12 min, next try in 4 min: xxx"));
  EXPECT_THAT(status_table(all, {100, 0, false}), HasSubstr(" the end\n"));
  EXPECT_THAT(status_table(all, {80, 0, true}), HasSubstr("\n  archive down for 12 min, next try in 4 min: xxx"));
  std::istringstream table(status_table(all, {80, 0, true}));
  for (std::string line; std::getline(table, line);) EXPECT_LE(text_width(line), 80u) << line;
}

TEST(StatusTable, NamesTheCommandThatTakesABlockOff) {
  std::vector<harvest::HarvestStatus> all = {example_status()};
  all[0].state = "blocked";
  all[0].types[1].blocked = "Unknown retrieval type";
  all[0].waiting_for = "XP_CONTINUOUS: Unknown retrieval type";
  EXPECT_THAT(status_table(all, {100, 0, false}),
              testing::EndsWith("When that is settled: garner retry rvs-bright --outcome pending\n"));
  EXPECT_THAT(
      status_details(all[0], {130, 0, false}),
      HasSubstr("  blocked        XP_CONTINUOUS stay pending until: garner retry rvs-bright --outcome pending\n"));
  all[0].chunks_blocked = 2;
  EXPECT_THAT(status_details(all[0], {130, 0, false}), HasSubstr("XP_CONTINUOUS and 2 chunks stay pending"));
  all[0].types[1].blocked.clear();
  all[0].chunks_blocked = 0;
  EXPECT_THAT(status_table(all, {100, 0, false}), Not(HasSubstr("garner retry")));
}

TEST(StatusTable, SaysInFewWordsUntilWhenAWindowIsClosed) {
  auto status = example_status();
  status.state = "waiting";
  status.waiting_for = "window closed until 20:00 (in 2 h 14 min)";
  status.window = "20:00-06:00";
  status.opens_s = 3'600 * 20;
  const std::string opens = clock_text(status.opens_s, 3'600 * 18);
  const std::vector<harvest::HarvestStatus> all = {status};
  EXPECT_THAT(status_table(all, {100, 3'600 * 18, true}), HasSubstr("waiting until " + opens + "  "));
  EXPECT_THAT(status_details(status, {130, 3'600 * 18, true}),
              HasSubstr("window         20:00-06:00 · opens " + opens));
  EXPECT_THAT(progress_lines(status, {130, 3'600 * 18, true}).front(),
              HasSubstr("waiting: window closed until 20:00 (in 2 h 14 min)"));
}

TEST(Progress, SaysWhoPausedItOnce) {
  auto status = example_status();
  status.state = "paused";
  status.eta_s.reset();
  status.waiting_for = "paused by root; go on with: garner resume rvs-bright";
  EXPECT_EQ(state_text(status), status.waiting_for);
  EXPECT_THAT(progress_line(status), testing::StartsWith("rvs-bright: paused · 577,500 of "));
  EXPECT_THAT(progress_line(status), testing::EndsWith(" · by root; go on with: garner resume rvs-bright"));
}

TEST(Progress, WhatOnlyCountsDownSaysTheSame) {
  auto status = example_status();
  status.state = "waiting";
  status.waiting_for = "archive down for 59 s, next try in 9 s: HTTP 503";
  auto later = status;
  later.waiting_for = "archive down for 1 h 5 min, next try in 10 min: HTTP 503";
  later.eta_s = 5;
  EXPECT_EQ(progress_line(stilled(status)), progress_line(stilled(later)));
  later.waiting_for = "archive down for 1 h 5 min, next try in 10 min: no connection";
  EXPECT_NE(progress_line(stilled(status)), progress_line(stilled(later)));
  later = status;
  ++later.delivered;
  EXPECT_NE(progress_line(stilled(status)), progress_line(stilled(later)));
}

TEST(StatusDetails, MakeChunksAddUp) {
  auto status = example_status();
  status.chunks_done = 0;
  status.chunks_total = 60;
  status.chunks_to_look_at = 60;
  status.attempts = 61;
  EXPECT_THAT(
      status_details(status, {130, 0, true}),
      HasSubstr("  chunks         0 of 60 (30 of each type) done · 60 await the second look · 61 attempts in all\n"));
}

TEST(StatusDetails, NameTheSubmitterAndTheClocks) {
  auto status = example_status();
  status.submitted_s = 60;
  status.submitter_uid = 0;
  const auto text = status_details(status, {130, 3'600, true});
  EXPECT_THAT(text, HasSubstr(" by root\n"));
  EXPECT_THAT(text, HasSubstr("  clocks         of this machine, " + zone_text(3'600)));
  EXPECT_EQ(user_text(4'000'000'000), "user id 4000000000");
}

TEST(Reasons, AreToldInTheWordsOfTheirExample) {
  auto status = example_status();
  status.reasons = {{"transient", "h:N: no connection (N)", "ourselves", 4, 1, 2, "h:18321: no connection (refused)",
                     "RVS", 3, 7, 1}};
  EXPECT_THAT(reasons_text(status), HasSubstr("\n                 4 × h:18321: no connection (refused) (transient, put "
                                              "down to our own disk or ledger)\n"));
}

TEST(StatusDetails, TellTheAccountAndWhereTheDataLie) {
  const auto text = status_details(example_status(), {130, 0, true});
  EXPECT_THAT(text,
              HasSubstr("2,406,004 requested = 1,828,504 pending + 546,300 delivered + 31,200 absent + 0 failed"));
  EXPECT_THAT(text, HasSubstr("/srv/gaia/rvs-bright (tar.zst)"));
  EXPECT_THAT(text, HasSubstr("Gaia DR3, anonymous"));
}

}  // namespace
}  // namespace garner::client
