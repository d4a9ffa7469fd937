// A daemon that dies at one durable step after the other of a harvest, counted from the start of its life (page.h).
#pragma once

#include "disk_faults.h"

namespace garner::e2e {

// Which of so many steps a sweep takes, from 1: every one with GARNER_SWEEP=full, else about so many `points`, evenly
// spread; where they begin depends on the name, so that sweeps differ.
std::vector<std::uint64_t> points_of_sweep(std::uint64_t steps, std::uint64_t points, const std::string& name);

// Nothing of an earlier daemon is left.
void begin_anew(Rig& rig);

// The daemon has the harvest, or takes it now. What an unfinished submission left of its output goes first.
bool has_or_takes(Rig& rig, const std::string& harvest, const fs::path& manifest);

struct Life {
  bool died = false;   // else the harvest came to its end before that step
  bool known = false;  // the daemon had the harvest, or had taken it
};
// From a start to the n-th step, or to the harvest's end; submits it where the daemon does not have it.
Life live_until(Rig& rig, DiskFaults& faults, std::uint64_t n, const std::string& harvest, const fs::path& manifest,
                bool with_shadow);

}  // namespace garner::e2e
