// A daemon that is killed every few seconds while the archive misbehaves in every way it can, pauses, reloads and
// outages thrown in, and harvests of every kind under way. In the end the weather is calm, everything comes to rest,
// and each source's outcome and each file is held against what the archive truly has. One thread.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <random>

#include "fleet.h"
#include "tap_rig.h"

namespace garner::soak {

using e2e::Json;
namespace fs = std::filesystem;

struct Options {
  std::chrono::seconds time{60};
  std::uint64_t seed = 1;
};

class Soak : public e2e::TapRig {
 protected:
  static inline Options options;

  void SetUp() override;
  void storm();   // until its time is up
  void settle();  // calm weather: all that is under way comes to its end
  void print_figures();

  struct Tally {
    std::uint64_t lost = 0, doubled = 0, wrong = 0;
    std::uint64_t outcomes = 0, files = 0, harvests = 0;
  };
  Tally tally_;

 private:
  friend void set_options(Options);

  // soak.cc: what happens to the daemon.
  void top_up();
  void submit_next();
  void happen();
  void kill();
  void stop_and_start();
  void start_and_look();
  void pause_or_resume();
  void outage();
  void overload();
  void harm();
  std::string hours() const;
  void lose_jobs();
  void cancel_one();
  void look();
  bool at_rest(Harvest& harvest, const Json& status);
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  // account.cc: is it true?
  void check(Harvest& harvest);
  void check_outcomes(const Harvest& harvest);
  void check_products(const Harvest& harvest);
  void check_individual(const Harvest& harvest, const e2e::Product& product);
  void check_merged(const Harvest& harvest, const e2e::Product& product);
  void check_rows(const Harvest& harvest);
  // Whoever does not have the product: that table, or that retrieval_type.
  std::set<std::string> truly_without(const Harvest& harvest, const std::string& type);
  std::vector<std::string> types_of(const Harvest& harvest) const;
  void remove(const Harvest& harvest);

  std::mt19937_64 random_;
  std::list<Harvest> under_way_;
  std::set<std::string> poison_, jobs_lost_;
  std::size_t submitted_ = 0, harms_ = 0;
  std::map<std::string, int> happened_;
  std::map<std::string, int> finished_;  // by shape
  std::uint64_t most_memory_kib_ = 0, found_again_ = 0;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace garner::soak
