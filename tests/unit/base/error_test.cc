#include "base/error.h"

#include <cerrno>
#include <set>

namespace garner {
namespace {

struct PrintableRow {
  std::string_view name;
  std::string_view in;
  std::string_view out;
};

class Printable : public ::testing::TestWithParam<PrintableRow> {};

TEST_P(Printable, ShowsForeignBytesSafely) {
  EXPECT_EQ(printable(GetParam().in), GetParam().out);
}

using namespace std::string_view_literals;
INSTANTIATE_TEST_SUITE_P(
    Utf8, Printable,
    ::testing::Values(
        PrintableRow{"plain", "Gaia DR3 4636", "Gaia DR3 4636"}, PrintableRow{"empty", "", ""},
        PrintableRow{"line_ends_become_blanks", "a\r\nb\tc", "a  b c"},
        PrintableRow{"escape_sequence", "\x1b[31mred", "?[31mred"}, PrintableRow{"nul", "a\0b"sv, "a?b"},
        PrintableRow{"delete", "a\x7f", "a?"}, PrintableRow{"two_bytes", "\xc3\xa9", "\xc3\xa9"},
        PrintableRow{"three_bytes", "\xe2\x82\xac", "\xe2\x82\xac"},
        PrintableRow{"four_bytes", "\xf0\x9f\x94\xad", "\xf0\x9f\x94\xad"},
        PrintableRow{"c1_control",
                     "a\xc2\x9b"
                     "b",
                     "a?b"},
        PrintableRow{"first_after_c1", "\xc2\xa0", "\xc2\xa0"}, PrintableRow{"lone_continuation", "\x80", "?"},
        PrintableRow{"overlong_two", "\xc0\xaf", "??"}, PrintableRow{"overlong_three", "\xe0\x9f\xbf", "???"},
        PrintableRow{"overlong_four", "\xf0\x8f\xbf\xbf", "????"}, PrintableRow{"surrogate", "\xed\xa0\x80", "???"},
        PrintableRow{"last_before_surrogates", "\xed\x9f\xbf", "\xed\x9f\xbf"},
        PrintableRow{"last_code_point", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
        PrintableRow{"beyond_unicode", "\xf4\x90\x80\x80", "????"}, PrintableRow{"no_such_lead", "\xf5\xff", "??"},
        PrintableRow{"cut_sequence", "a\xe2\x82", "a??"}, PrintableRow{"broken_sequence", "\xe2\x28\xa1", "?(?"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(PrintableText, IsCutAtTheBoundWithAMark) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef…");
}

TEST(PrintableText, IsNeverCutInsideACharacter) {
  EXPECT_EQ(printable("ab\xe2\x82\xac", 4), "ab…");
}

TEST(KindNames, AreAllDifferent) {
  std::set<std::string_view> names;
  constexpr int kKinds = static_cast<int>(Kind::Internal) + 1;
  for (int kind = 0; kind < kKinds; ++kind) names.insert(kind_name(static_cast<Kind>(kind)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kKinds));
  EXPECT_EQ(kind_name(Kind::RateLimited), "rate_limited");
}

TEST(FailErrno, TellsAFullDiskAndAMissingFileFromTheRest) {
  EXPECT_EQ(fail_errno(ENOSPC, "write").error().kind, Kind::DiskFull);
  EXPECT_EQ(fail_errno(EDQUOT, "write").error().kind, Kind::DiskFull);
  EXPECT_EQ(fail_errno(ENOENT, "open").error().kind, Kind::NotFound);
  EXPECT_EQ(fail_errno(EIO, "read").error().kind, Kind::Internal);
  EXPECT_EQ(fail_errno(ENOENT, "open x").error().detail, "open x: No such file or directory");
}

TEST(WithContext, PutsTheContextInFrontAndKeepsTheRest) {
  const auto failed = with_context(Error{Kind::RateLimited, "later", std::chrono::seconds(7)}, "chunk {}", 17);
  EXPECT_EQ(failed.error().detail, "chunk 17: later");
  EXPECT_EQ(failed.error().kind, Kind::RateLimited);
  EXPECT_EQ(failed.error().retry_after, std::chrono::seconds(7));
}

}  // namespace
}  // namespace garner
