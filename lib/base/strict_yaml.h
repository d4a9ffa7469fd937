// YAML read strictly: unknown and repeated keys, wrong types and values out of range are all collected, each with file,
// line and column, and reported at once. Bounded: documents over 1 MiB, aliases and nesting deeper than 16 are refused.
// yaml-cpp stays in the .cc file; nothing throws. One thread a document.
//
//   auto document = yaml::Document::parse(text, "rvs.yaml");
//   auto root = document->root();
//   auto name = root.required_string("harvest");
//   auto size = root.integer("chunk_size", 1, 5000).value_or(500);
//   root.refuse_unknown_keys();
//   if (auto problems = document->problems(); !problems.empty()) …
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace garner::yaml {

class Map;

// A place in a document, and the value there.
class Node {
 public:
  struct Impl;
  explicit Node(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  enum class Shape { Null, Scalar, Sequence, Map };
  Shape shape() const;
  // Each records a problem and returns nothing if the value is not of that type.
  std::optional<std::string> as_string() const;
  std::optional<std::int64_t> as_integer(std::int64_t least, std::int64_t most) const;
  std::optional<double> as_number(double least, double most) const;
  std::optional<bool> as_boolean() const;  // true or false only
  std::optional<Map> as_map() const;
  std::vector<Node> items() const;              // of a sequence; a problem if it is something else
  std::vector<std::string> as_strings() const;  // a scalar or a sequence of scalars
  // "rvs.yaml:3:12: harvest: <message>"
  void problem(std::string_view message) const;

 private:
  std::shared_ptr<Impl> impl_;
};

class Map {
 public:
  struct Impl;
  explicit Map(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  // The value of a key; asking makes the key known. Nothing if it is not there.
  std::optional<Node> find(std::string_view key) const;
  std::optional<Node> required(std::string_view key) const;  // a problem if it is not there
  std::optional<std::string> string(std::string_view key) const;
  std::optional<std::string> required_string(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most) const;
  std::optional<double> number(std::string_view key, double least, double most) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<Map> map(std::string_view key) const;
  std::vector<std::string> strings(std::string_view key) const;
  std::optional<std::string> choice(std::string_view key, std::span<const std::string_view> allowed) const;
  std::vector<std::string> keys() const;         // all of them, and makes them known
  void problem(std::string_view message) const;  // at the map itself
  // Records a problem for each key never asked for, with the nearest known one ("did you mean"), and for each that
  // stands twice.
  void refuse_unknown_keys() const;

 private:
  std::shared_ptr<Impl> impl_;
};

class Document {
 public:
  // Malformed if it is no YAML at all, or no map at its top: the text has file, line and column.
  static Result<std::unique_ptr<Document>> parse(std::string_view text, std::string file_name);
  ~Document();
  Map root() const;
  // Every problem recorded so far, in the document's order, a line each.
  std::vector<std::string> problems() const;
  // Invalid with all problems, or good.
  Result<void> verdict() const;

  struct Impl;
  explicit Document(std::shared_ptr<Impl> impl);

 private:
  std::shared_ptr<Impl> impl_;
};

// The whole file, at most 1 MiB.
Result<std::string> read_text_file(const std::string& path, std::uint64_t max_bytes = 1u << 20);

}  // namespace garner::yaml
