#include "archive_sim/ids.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>

#include <unistd.h>

#include "archive_sim/random.h"

namespace garner::archive_sim {
namespace {

constexpr std::uint64_t kPixels = 12ULL << 24;  // level 12
constexpr double kLowest = 6'000, kHighest = 700'000;
constexpr std::uint64_t kFirstUnknown = 900'000, kUnknowns = 100'000;

std::uint64_t running_number(Random& random, double unknown) {
  if (unknown > 0 && random.uniform() < unknown) return kFirstUnknown + random.below(kUnknowns);
  return static_cast<std::uint64_t>(kLowest * std::exp(random.uniform() * std::log(kHighest / kLowest)));
}

// Sorts the running numbers of one pixel, makes them distinct, and hands out the ids.
void flush_pixel(std::uint64_t pixel, std::vector<std::uint64_t>& numbers,
                 const std::function<void(std::uint64_t)>& each) {
  std::ranges::sort(numbers);
  std::uint64_t last = 0;
  for (const std::uint64_t number : numbers) {
    last = std::max(number, last + 1);
    each(pixel << 35 | last << 7);
  }
  numbers.clear();
}

class LineWriter {
 public:
  explicit LineWriter(int fd) : fd_(fd) { buffer_.reserve(kSize + 32); }
  void line(std::uint64_t id) {
    char digits[24];
    buffer_.append(digits, std::to_chars(digits, digits + sizeof digits, id).ptr);
    buffer_ += '\n';
    if (buffer_.size() >= kSize) flush();
  }
  bool flush() {
    std::string_view rest = buffer_;
    while (good_ && !rest.empty()) {
      const ssize_t n = write(fd_, rest.data(), rest.size());
      if (n < 0)
        good_ = false;
      else
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    buffer_.clear();
    return good_;
  }

 private:
  static constexpr std::size_t kSize = 1U << 20;
  int fd_;
  bool good_ = true;
  std::string buffer_;
};

}  // namespace

void each_sorted_id(const IdOptions& options, const std::function<void(std::uint64_t)>& each) {
  Random random(mix(options.seed, hash_text("ids")));
  std::vector<std::uint64_t> numbers;
  std::uint64_t pixel = 0;
  double position = 0;  // on the sky laid out as [0, 1)
  for (std::uint64_t left = options.count; left > 0; --left) {
    // The smallest of `left` uniform numbers above `position`: order statistics without sorting.
    position += (1 - position) * -std::expm1(std::log1p(-random.uniform()) / static_cast<double>(left));
    const auto next = std::min(static_cast<std::uint64_t>(position * static_cast<double>(kPixels)), kPixels - 1);
    if (next != pixel) flush_pixel(pixel, numbers, each);
    pixel = next;
    numbers.push_back(running_number(random, options.unknown));
  }
  flush_pixel(pixel, numbers, each);
}

std::vector<std::uint64_t> shuffled_ids(const IdOptions& options) {
  std::vector<std::uint64_t> ids;
  ids.reserve(options.count);
  each_sorted_id(options, [&](std::uint64_t id) { ids.push_back(id); });
  Random random(mix(options.seed, hash_text("shuffle")));
  for (std::size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[random.below(i)]);
  return ids;
}

bool write_ids(int fd, const IdOptions& options, bool sorted) {
  LineWriter out(fd);
  if (sorted) {
    each_sorted_id(options, [&](std::uint64_t id) { out.line(id); });
  } else {
    for (const std::uint64_t id : shuffled_ids(options)) out.line(id);
  }
  return out.flush();
}

Result<std::vector<std::uint64_t>> read_id_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) return fail(Kind::NotFound, "cannot open the id list '{}'", path);
  std::vector<std::uint64_t> ids;
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), id);
    if (error != std::errc{} || end != line.data() + line.size() || id == 0)
      return fail(Kind::Invalid, "{}: line {}: expected a source_id, found '{}'", path, number, line.substr(0, 60));
    ids.push_back(id);
  }
  return ids;
}

}  // namespace garner::archive_sim
