// What the simulated archive's TAP tables hold, worked out in this process by the simulator's own code: nobody is asked
// and nothing is counted. Ids are texts, as everywhere in the end-to-end tests.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cells.h"

namespace garner::e2e {

class TrueSky {
 public:
  // The simulator's knobs, as given to it.
  explicit TrueSky(const Json& knobs = Json::object());
  ~TrueSky();

  // The whole answer, uncut.
  Cells ask(const std::string& adql) const;
  // Of these ids, those that `where` ("table WHERE condition") has a row for; or all ids that it has rows for.
  std::set<std::string> ids_in(const std::string& where) const;

 private:
  class Catalogue;
  std::unique_ptr<const Catalogue> catalogue_;
};

}  // namespace garner::e2e
