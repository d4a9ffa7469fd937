// Private to lib/base: a YAML document as a tree of values that keep their places, built from yaml-cpp's events. Keys
// that stand twice are kept twice, so that they can be reported. Only yaml_tree.cc knows yaml-cpp.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace garner::yaml {

struct Place {
  int line = 1, column = 1;  // from 1
  auto operator<=>(const Place&) const = default;
};

struct Tree {
  enum class Shape { Null, Scalar, Sequence, Map };
  struct Entry {
    std::string key;
    Place place;
    std::unique_ptr<Tree> value;
  };
  Shape shape = Shape::Null;
  Place place;
  std::string text;     // of a scalar
  bool quoted = false;  // quoted and block scalars are texts, never numbers
  std::vector<std::unique_ptr<Tree>> items;
  std::vector<Entry> entries;
};

// The one document of the text. Malformed ("file:line:column: reason"), TooLarge.
Result<std::unique_ptr<Tree>> parse_tree(std::string_view text, const std::string& file_name);

}  // namespace garner::yaml
