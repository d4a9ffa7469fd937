#include "http/body.h"

#include "http/client.h"

namespace garner::http {
namespace {

using testing::Folder;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  return text;
}
void fill(Body& body, std::string_view text, std::size_t step) {
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size()))) {
    ASSERT_TRUE(body.append(bytes_of(text.substr(0, step))).has_value());
  }
  ASSERT_TRUE(body.finish().has_value());
}

TEST(MemoryBudget, TakesOnlyWhatFits) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.try_take(60));
  EXPECT_FALSE(budget.try_take(41));
  EXPECT_TRUE(budget.try_take(40));
  EXPECT_FALSE(budget.try_take(UINT64_MAX));
  budget.give_back(100);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(Body, StaysInMemoryWithinTheBudgetAndGivesItBack) {
  auto budget = std::make_shared<MemoryBudget>(1u << 20);
  const auto text = noise(300'001);
  {
    Body body(budget, "", 1u << 20);
    fill(body, text, 1000);
    EXPECT_TRUE(body.text() == text);
    EXPECT_FALSE(body.spilled());
    EXPECT_EQ(budget->used(), text.size()) << "no more than it holds, once finished";
  }
  EXPECT_EQ(budget->used(), 0u);
}

TEST(Body, GrowsInWholePagesAndGivesAllOfThemBack) {
  constexpr std::uint64_t kMostPage = 64u << 10;
  auto budget = std::make_shared<MemoryBudget>(64u << 20);
  const auto text = noise(9'000'001);
  for (const std::size_t step : {text.size(), std::size_t{16'381}, std::size_t{1'500'000}}) {
    Body body(budget, "", 64u << 20);
    fill(body, text, step);
    EXPECT_TRUE(body.text() == text) << step;
    EXPECT_GE(budget->used(), text.size());
    EXPECT_LE(budget->used(), text.size() + kMostPage) << "no more than its pages, once finished";
    const Body moved = std::move(body);
    EXPECT_TRUE(moved.text() == text);
  }
  EXPECT_EQ(budget->used(), 0u);
}

TEST(Body, SpillsWhatItHeldInPages) {
  const Folder folder;
  auto budget = std::make_shared<MemoryBudget>(5u << 20);
  const auto text = noise(9'000'001);
  Body body(budget, folder.path(), 64u << 20);
  fill(body, text, 16'384);
  EXPECT_TRUE(body.spilled());
  EXPECT_TRUE(body.text() == text);
  EXPECT_EQ(budget->used(), 0u);
}

TEST(Body, SpillsBeyondTheBudgetAndLeavesNothingBehind) {
  const Folder folder;
  auto budget = std::make_shared<MemoryBudget>(100'000);
  const auto text = noise(1'000'000);
  {
    Body body(budget, folder.path(), 1u << 20);
    fill(body, text, 16'384);
    EXPECT_TRUE(body.spilled());
    EXPECT_TRUE(body.text() == text);
    EXPECT_EQ(budget->used(), 0u) << "its memory went back when it spilled";
    EXPECT_TRUE(folder.empty());
  }
  EXPECT_TRUE(folder.empty());
}

// The only file of this process in that folder, unnamed as it is.
int spool_in(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    const auto target = std::filesystem::read_symlink(entry.path(), ignored).string();
    if (target.starts_with(folder.string() + "/")) return std::stoi(entry.path().filename());
  }
  return -1;
}

TEST(Body, SaysThatItsSpoolFileCannotBeReadInsteadOfDyingOfIt) {
  const Folder folder;
  Body body(std::make_shared<MemoryBudget>(0), folder.path(), 1u << 20);
  const auto text = noise(1'000'000);
  fill(body, text, 16'384);
  const auto good = body.readable();
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_EQ(good->size(), text.size());
  ASSERT_EQ(::ftruncate(spool_in(folder.path()), 300'000), 0);
  const auto bad = body.readable();
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, Kind::Internal);
  EXPECT_THAT(bad.error().detail, ::testing::HasSubstr(folder.path().string()));
}

TEST(Body, UsesTheLastBytesOfTheBudgetBeforeItSpills) {
  auto budget = std::make_shared<MemoryBudget>(20'000);
  Body body(budget, "", 1u << 20);
  fill(body, noise(20'000), 1000);
  EXPECT_FALSE(body.spilled());
  EXPECT_EQ(body.size(), 20'000u);
}

TEST(Body, IsTooLargeWhereItMayNotSpill) {
  auto budget = std::make_shared<MemoryBudget>(1000);
  Body body(budget, "", 1u << 20);
  const auto refused = body.append(bytes_of(noise(1001)));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Kind::TooLarge);
}

TEST(Body, IsTooLargeBeyondItsOwnLimit) {
  Body body(nullptr, "", 10);
  EXPECT_TRUE(body.append(bytes_of("0123456789")).has_value());
  const auto refused = body.append(bytes_of("x"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Kind::TooLarge);
}

TEST(Body, CannotSpillIntoAFolderThatIsNotThere) {
  Body body(std::make_shared<MemoryBudget>(0), "/nonexistent/spool", 1000);
  const auto refused = body.append(bytes_of("x"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Kind::Internal);
  EXPECT_THAT(refused.error().detail, ::testing::HasSubstr("/nonexistent/spool"));
}

TEST(Body, KeepsItsShareWhenMoved) {
  auto budget = std::make_shared<MemoryBudget>(1000);
  Body outer;
  {
    Body inner(budget, "", 1000);
    fill(inner, "abc", 3);
    outer = std::move(inner);
  }
  EXPECT_EQ(outer.text(), "abc");
  EXPECT_EQ(budget->used(), 3u);
  outer = Body();
  EXPECT_EQ(budget->used(), 0u);
  EXPECT_EQ(outer.size(), 0u);
}

TEST(Body, MayBeEmpty) {
  Body body(std::make_shared<MemoryBudget>(0), "", 10);
  EXPECT_TRUE(body.finish().has_value());
  EXPECT_TRUE(body.bytes().empty());
}

}  // namespace
}  // namespace garner::http
