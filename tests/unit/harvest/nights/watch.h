// Looks at every request as it leaves and ends: are the archive's limits, the operator's and each harvest's hours kept?
#pragma once

#include "scene.h"

namespace garner::testing::nights {

class Watch {
 public:
  explicit Watch(Scene& scene);
  // garnerd.yaml's ceiling, from now on; 0: the profile's. Whose turn came under a higher one leaves in the same
  // instant; who asks more than once in its turn (a count and its rows, another spelling) does so until that is over.
  void set_ceiling(std::uint32_t operators);
  // The profile's, from the next reload on. Those that are there stay.
  void set_jobs_at_once(std::uint32_t most);
  // Pacers of a new engine owe nothing.
  void engine_begins() {
    ++engines_;
    jobs_most_before_ = 0;
  }
  // The wall clock was set: what is out of its time by that is found out within a minute.
  void clock_was_set() { clock_set_ = scene_.stage.loop.now(); }
  std::uint64_t requests() const { return requests_; }

 private:
  struct Seen {
    const Planted* planted;
    std::vector<manifest::Hours> window;
    policy::Opening opening{false, WallTime::max(), WallTime::max()};
    std::uint64_t paced = 0;  // requests that keep to a cap
  };
  void begins(const std::filesystem::path& whose, std::span<const SourceId> ids);
  int jobs_allowed() const;
  void expect_within_limits();
  void ends(const std::filesystem::path& whose);
  void expect_open(Seen& seen);
  void expect_paced(Seen& seen);
  bool under_ceiling_before() const;
  Seen& of(const std::filesystem::path& whose);
  const policy::Opening& opening_now(Seen& seen);

  Scene& scene_;
  SteadyTime begin_;
  std::map<std::string, Seen> seen_;  // by output directory
  std::optional<SteadyTime> clock_set_;
  std::uint32_t most_, most_before_;
  int jobs_most_before_ = 0;
  SteadyTime ceiling_set_;
  bool asks_twice_ = false;
  std::uint64_t engines_ = 0, requests_ = 0, paced_ = 0;
};

}  // namespace garner::testing::nights
