#include "base/strict_yaml.h"

#include <charconv>
#include <cmath>

#include "base/nearest_word.h"
#include "base/yaml_tree.h"

namespace garner::yaml {

namespace {

constexpr std::size_t kProblemsMost = 200;  // shown; what is beyond is counted

struct Problem {
  Place place;
  std::string text;
};

}  // namespace

struct Document::Impl {
  std::string file_name;
  std::unique_ptr<Tree> tree;
  std::vector<Problem> found;  // in the document's order
  std::size_t not_kept = 0;
  std::shared_ptr<std::vector<std::string>> root_known = std::make_shared<std::vector<std::string>>();

  void add(Place place, std::string text) {
    if (found.size() < kProblemsMost) {
      found.insert(std::ranges::upper_bound(found, place, {}, &Problem::place), Problem{place, std::move(text)});
    } else {
      ++not_kept;
    }
  }
};

// The handles share the document, so that none of them can outlive what it points to.
struct Node::Impl {
  std::shared_ptr<Document::Impl> document;
  const Tree* tree;
  std::string path;  // "output.layout", "sources.ids[3]"
};

struct Map::Impl {
  std::shared_ptr<Document::Impl> document;
  const Tree* tree;
  std::string path;
  std::shared_ptr<std::vector<std::string>> known;  // the keys asked for, in that order

  void make_known(std::string_view key) {
    if (std::ranges::find(*known, key) == known->end()) known->emplace_back(key);
  }
};

namespace {

std::string joined(std::span<const std::string_view> words) {
  std::string out;
  for (const auto word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

std::string_view shape_name(Tree::Shape shape) {
  switch (shape) {
    case Tree::Shape::Null:
      return "nothing";
    case Tree::Shape::Scalar:
      return "a single value";
    case Tree::Shape::Sequence:
      return "a list";
    case Tree::Shape::Map:
      return "keys with values";
  }
  return "nothing";
}

std::string found_text(const Tree& tree) {
  if (tree.shape != Tree::Shape::Scalar) return std::string(shape_name(tree.shape));
  return fmt::format("{}'{}'", tree.quoted ? "the text " : "", printable(tree.text, 60));
}

// A plain scalar without the forms that readers of YAML disagree about: 08, 0x1f, +1, 1_000.
template <class Number>
std::optional<Number> plain_number(const Tree& tree) {
  if (tree.shape != Tree::Shape::Scalar || tree.quoted) return std::nullopt;
  std::string_view digits = tree.text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return std::nullopt;
  Number value{};
  const char* const end = tree.text.data() + tree.text.size();
  const auto [stopped, status] = std::from_chars(tree.text.data(), end, value);
  if (status != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

}  // namespace

Node::Shape Node::shape() const {
  return static_cast<Shape>(impl_->tree->shape);
}

void Node::problem(std::string_view message) const {
  impl_->document->add(impl_->tree->place, fmt::format("{}: {}", impl_->path, message));
}

std::optional<std::string> Node::as_string() const {
  if (impl_->tree->shape == Tree::Shape::Scalar) return impl_->tree->text;
  problem(fmt::format("expected a text, found {}", found_text(*impl_->tree)));
  return std::nullopt;
}

std::optional<std::int64_t> Node::as_integer(std::int64_t least, std::int64_t most) const {
  const auto value = plain_number<std::int64_t>(*impl_->tree);
  if (value && *value >= least && *value <= most) return value;
  problem(fmt::format("expected a whole number from {} to {}, found {}", least, most, found_text(*impl_->tree)));
  return std::nullopt;
}

std::optional<double> Node::as_number(double least, double most) const {
  const auto value = plain_number<double>(*impl_->tree);
  if (value && std::isfinite(*value) && *value >= least && *value <= most) return value;
  problem(fmt::format("expected a number from {} to {}, found {}", least, most, found_text(*impl_->tree)));
  return std::nullopt;
}

std::optional<bool> Node::as_boolean() const {
  const Tree& tree = *impl_->tree;
  if (tree.shape == Tree::Shape::Scalar && !tree.quoted && tree.text == "true") return true;
  if (tree.shape == Tree::Shape::Scalar && !tree.quoted && tree.text == "false") return false;
  problem(fmt::format("expected true or false, found {}", found_text(tree)));
  return std::nullopt;
}

std::optional<Map> Node::as_map() const {
  if (impl_->tree->shape == Tree::Shape::Map) {
    return Map(std::make_shared<Map::Impl>(impl_->document, impl_->tree, impl_->path,
                                           std::make_shared<std::vector<std::string>>()));
  }
  problem(fmt::format("expected keys with values, found {}", found_text(*impl_->tree)));
  return std::nullopt;
}

std::vector<Node> Node::items() const {
  std::vector<Node> nodes;
  if (impl_->tree->shape != Tree::Shape::Sequence) {
    problem(fmt::format("expected a list, found {}", found_text(*impl_->tree)));
    return nodes;
  }
  for (std::size_t i = 0; i < impl_->tree->items.size(); ++i) {
    nodes.emplace_back(std::make_shared<Impl>(impl_->document, impl_->tree->items[i].get(),
                                              fmt::format("{}[{}]", impl_->path, i + 1)));
  }
  return nodes;
}

std::vector<std::string> Node::as_strings() const {
  std::vector<std::string> texts;
  if (impl_->tree->shape == Tree::Shape::Scalar) {
    texts.push_back(impl_->tree->text);
    return texts;
  }
  if (impl_->tree->shape != Tree::Shape::Sequence) {
    problem(fmt::format("expected a text or a list of texts, found {}", found_text(*impl_->tree)));
    return texts;
  }
  for (const auto& item : items()) {
    if (auto text = item.as_string()) texts.push_back(std::move(*text));
  }
  return texts;
}

std::optional<Node> Map::find(std::string_view key) const {
  impl_->make_known(key);
  for (const auto& entry : impl_->tree->entries) {
    if (entry.key != key) continue;
    std::string path = impl_->path.empty() ? entry.key : impl_->path + "." + entry.key;
    return Node(std::make_shared<Node::Impl>(impl_->document, entry.value.get(), std::move(path)));
  }
  return std::nullopt;
}

std::optional<Node> Map::required(std::string_view key) const {
  auto node = find(key);
  if (!node) problem(fmt::format("the key '{}' is missing", key));
  return node;
}

std::optional<std::string> Map::string(std::string_view key) const {
  const auto node = find(key);
  return node ? node->as_string() : std::nullopt;
}

std::optional<std::string> Map::required_string(std::string_view key) const {
  const auto node = required(key);
  return node ? node->as_string() : std::nullopt;
}

std::optional<std::int64_t> Map::integer(std::string_view key, std::int64_t least, std::int64_t most) const {
  const auto node = find(key);
  return node ? node->as_integer(least, most) : std::nullopt;
}

std::optional<double> Map::number(std::string_view key, double least, double most) const {
  const auto node = find(key);
  return node ? node->as_number(least, most) : std::nullopt;
}

std::optional<bool> Map::boolean(std::string_view key) const {
  const auto node = find(key);
  return node ? node->as_boolean() : std::nullopt;
}

std::optional<Map> Map::map(std::string_view key) const {
  const auto node = find(key);
  return node ? node->as_map() : std::nullopt;
}

std::vector<std::string> Map::strings(std::string_view key) const {
  const auto node = find(key);
  return node ? node->as_strings() : std::vector<std::string>{};
}

std::optional<std::string> Map::choice(std::string_view key, std::span<const std::string_view> allowed) const {
  const auto node = find(key);
  if (!node) return std::nullopt;
  auto text = node->as_string();
  if (!text || std::ranges::find(allowed, *text) != allowed.end()) return text;
  node->problem(
      fmt::format("'{}' is not one of {}{}", printable(*text, 60), joined(allowed), did_you_mean(*text, allowed)));
  return std::nullopt;
}

std::vector<std::string> Map::keys() const {
  std::vector<std::string> names;
  for (const auto& entry : impl_->tree->entries) {
    impl_->make_known(entry.key);
    if (std::ranges::find(names, entry.key) == names.end()) names.push_back(entry.key);
  }
  return names;
}

void Map::problem(std::string_view message) const {
  impl_->document->add(impl_->tree->place,
                       impl_->path.empty() ? std::string(message) : fmt::format("{}: {}", impl_->path, message));
}

void Map::refuse_unknown_keys() const {
  const auto& document = impl_->document;
  const std::vector<std::string_view> known(impl_->known->begin(), impl_->known->end());
  std::map<std::string_view, Place> first;
  for (const auto& entry : impl_->tree->entries) {
    const std::string shown = printable(impl_->path.empty() ? entry.key : impl_->path + "." + entry.key, 120);
    if (const auto [before, is_new] = first.emplace(entry.key, entry.place); !is_new) {
      document->add(entry.place,
                    fmt::format("{}: this key stands twice, first in line {}", shown, before->second.line));
      continue;
    }
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    auto hint = did_you_mean(entry.key, known);
    if (hint.empty()) hint = fmt::format("; known here: {}", joined(known));
    document->add(entry.place, fmt::format("{}: unknown key{}", shown, hint));
  }
}

Document::Document(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Document::~Document() = default;

Result<std::unique_ptr<Document>> Document::parse(std::string_view text, std::string file_name) {
  auto tree = parse_tree(text, file_name);
  if (!tree) return std::unexpected(std::move(tree.error()));
  if ((*tree)->shape != Tree::Shape::Map) {
    const Place place = (*tree)->place;
    return fail(Kind::Malformed, "{}:{}:{}: expected keys with values (\"key: value\"), found {}", file_name,
                place.line, place.column, found_text(**tree));
  }
  auto impl = std::make_shared<Impl>();
  impl->file_name = std::move(file_name);
  impl->tree = std::move(*tree);
  return std::make_unique<Document>(std::move(impl));
}

Map Document::root() const {
  return Map(std::make_shared<Map::Impl>(impl_, impl_->tree.get(), "", impl_->root_known));
}

std::vector<std::string> Document::problems() const {
  std::vector<std::string> lines;
  for (const auto& problem : impl_->found) {
    lines.push_back(
        fmt::format("{}:{}:{}: {}", impl_->file_name, problem.place.line, problem.place.column, problem.text));
  }
  if (impl_->not_kept > 0) lines.push_back(fmt::format("{}: and {} more problems", impl_->file_name, impl_->not_kept));
  return lines;
}

Result<void> Document::verdict() const {
  const auto lines = problems();
  if (lines.empty()) return {};
  return fail(Kind::Invalid, "{}", fmt::join(lines, "\n"));
}

}  // namespace garner::yaml
