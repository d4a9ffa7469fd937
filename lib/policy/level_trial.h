// Whether more requests in flight are worth it: two neighbouring levels are run by turns, a block of requests against a
// block, until the difference of their throughputs stands out of the noise. Throughputs are compared as logarithms, in
// pairs of blocks that follow each other, so that neither a slow drift of the archive nor the size of its numbers
// matters. Pure: no clock, no I/O; one thread.
#pragma once

#include <cstdint>
#include <optional>

namespace garner::policy {

// A stretch of requests at one level. Its samples are the first so many that leave while the level is full; each of
// them is waited for, since leaving out who is slow would flatter. Only who hangs, while many that left later are back,
// holds up nobody.
class SampleBlock {
 public:
  SampleBlock(std::uint64_t no, std::uint32_t level);
  std::uint64_t no() const { return no_; }
  std::uint32_t level() const { return level_; }
  // A request leaves; full: the level is what held it back (Concurrency::asked). True: it is one of the block's, and
  // ended() is due.
  bool join(bool full);
  // log(sources a second) as this request tells it; nothing where it tells nothing about speed.
  void ended(std::optional<double> log_throughput);
  bool over() const;
  // Nothing where too few told something, or where something else kept the requests below the level.
  std::optional<double> mean() const;

 private:
  std::uint64_t no_;
  std::uint32_t level_, size_, joined_ = 0, ended_ = 0, told_ = 0;
  std::uint32_t left_later_ = 0;  // requests, since the samples are complete
  std::uint32_t left_below_ = 0;  // before, while the level was not full
  double sum_ = 0;
};

class LevelTrial {
 public:
  // The level that runs at the moment has the first turn, and keeps the place where no difference shows.
  LevelTrial(std::uint32_t running, std::uint32_t other);
  std::uint32_t low() const { return low_; }
  std::uint32_t high() const { return high_; }
  bool upward() const { return running_ == low_; }
  // Whose turn it is.
  std::uint32_t level() const;
  // The mean of a block at level(); then it is the next one's turn.
  void add(double mean);
  // The level to go on with, once that is decided.
  std::optional<std::uint32_t> winner() const;
  // By how much of itself the higher level's throughput is above the lower one's: 0.31 is 31 % more.
  double gain() const;

 private:
  double difference() const { return sum_ / pairs_; }

  std::uint32_t low_, high_, running_;
  std::uint64_t turn_ = 0;
  double first_ = 0;  // of the pair that is not complete
  double pairs_ = 0, sum_ = 0, squares_ = 0;
};

}  // namespace garner::policy
