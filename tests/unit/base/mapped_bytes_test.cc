#include "base/mapped_bytes.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace garner {
namespace {

// An unnamed file, mapped whole.
class MappedFile : public ::testing::Test {
 protected:
  static constexpr std::size_t kPages = 9;

  MappedFile() {
    std::string name = ::testing::TempDir() + "garner-mapped-XXXXXX";
    file_ = ::mkstemp(name.data());
    ::unlink(name.c_str());
    const std::string text(kPages * page_ - 5, 'x');
    if (::write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
    void* const at = ::mmap(nullptr, text.size(), PROT_READ, MAP_PRIVATE, file_, 0);
    if (at == MAP_FAILED) std::abort();
    bytes_ = {static_cast<const std::byte*>(at), text.size()};
  }
  ~MappedFile() override {
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
    ::close(file_);
  }
  Result<void> check(std::size_t from, std::size_t size) {
    return check_readable(bytes_.subspan(from, size), bytes_, file_);
  }

  const std::size_t page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  int file_ = -1;
  std::span<const std::byte> bytes_;
};

TEST_F(MappedFile, CanBeReadInEveryPart) {
  EXPECT_TRUE(check(0, bytes_.size()));
  EXPECT_TRUE(check(bytes_.size() - 1, 1));
  EXPECT_TRUE(check(page_ - 1, 2));
  EXPECT_TRUE(check(3, 0));
}

TEST_F(MappedFile, IsCorruptWhereItWasCutShortBehindTheMapping) {
  ASSERT_EQ(::ftruncate(file_, static_cast<off_t>(3 * page_)), 0);
  EXPECT_TRUE(check(0, 3 * page_));
  for (const auto& [from, size] :
       {std::pair(std::size_t{0}, bytes_.size()), {3 * page_, 1}, {3 * page_ - 1, 2}, {8 * page_, 5}}) {
    const auto bad = check(from, size);
    ASSERT_FALSE(bad) << from;
    EXPECT_EQ(bad.error().kind, Kind::Corrupt);
    EXPECT_NE(bad.error().detail.find("ends at its byte"), std::string::npos) << bad.error().detail;
  }
}

}  // namespace
}  // namespace garner
