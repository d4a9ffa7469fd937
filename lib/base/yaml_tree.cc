#include "base/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>

namespace garner::yaml {

namespace {

constexpr std::size_t kLargestDocument = 1u << 20;
constexpr std::size_t kDeepest = 16;
constexpr std::string_view kPlainTag = "?";
constexpr std::string_view kQuotedTag = "!";

// Ends the parser from inside one of its events; caught in parse_tree.
struct Stop {
  Place place;
  std::string reason;
};

// Mark counts from 0, and is -1 where yaml-cpp knows no place.
Place place_of(const YAML::Mark& mark) {
  return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  std::unique_ptr<Tree> take() { return std::move(top_); }
  bool empty() const { return top_ == nullptr; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (top_ != nullptr) throw Stop{place_of(mark), "a second document begins here; one is expected"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, anchor, Tree::Shape::Null); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_alias(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse_alias(mark); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (tag != kPlainTag && tag != kQuotedTag && !tag.empty()) refuse_tag(mark);
    if (awaiting_key()) {
      open_.back()->entries.push_back({value, place_of(mark), nullptr});
      return;
    }
    Tree& scalar = add(mark, anchor, Tree::Shape::Scalar);
    scalar.text = value;
    scalar.quoted = tag == kQuotedTag;
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (tag != kPlainTag && !tag.empty()) refuse_tag(mark);
    open_.push_back(&add(mark, anchor, Tree::Shape::Sequence));
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (tag != kPlainTag && !tag.empty()) refuse_tag(mark);
    open_.push_back(&add(mark, anchor, Tree::Shape::Map));
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  [[noreturn]] static void refuse_alias(const YAML::Mark& mark) {
    throw Stop{
        place_of(mark),
        "anchors (&name) and aliases (*name) are not allowed; write the value out, or in quotes if it is a text"};
  }
  [[noreturn]] static void refuse_tag(const YAML::Mark& mark) {
    throw Stop{place_of(mark), "tags (!name) are not allowed; put the value in quotes if it is a text"};
  }

  bool awaiting_key() const {
    if (open_.empty() || open_.back()->shape != Tree::Shape::Map) return false;
    const auto& entries = open_.back()->entries;
    return entries.empty() || entries.back().value != nullptr;
  }

  Tree& add(const YAML::Mark& mark, YAML::anchor_t anchor, Tree::Shape shape) {
    if (anchor != YAML::NullAnchor) refuse_alias(mark);
    if (awaiting_key()) throw Stop{place_of(mark), "a key must be a text"};
    if (open_.size() >= kDeepest && shape != Tree::Shape::Scalar && shape != Tree::Shape::Null) {
      throw Stop{place_of(mark), fmt::format("nested deeper than {} levels", kDeepest)};
    }
    auto made = std::make_unique<Tree>();
    made->shape = shape;
    made->place = place_of(mark);
    Tree& reference = *made;
    if (open_.empty()) {
      top_ = std::move(made);
    } else if (open_.back()->shape == Tree::Shape::Map) {
      auto& entry = open_.back()->entries.back();
      // yaml-cpp gives a missing value the place of what follows it.
      if (shape == Tree::Shape::Null) reference.place = entry.place;
      entry.value = std::move(made);
    } else {
      open_.back()->items.push_back(std::move(made));
    }
    return reference;
  }

  std::unique_ptr<Tree> top_;
  std::vector<Tree*> open_;
};

class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // only read: this buffer has no put area
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

Result<std::unique_ptr<Tree>> parse_tree(std::string_view text, const std::string& file_name) {
  if (text.size() > kLargestDocument) {
    return fail(Kind::TooLarge, "{}: {} bytes; a YAML file may have {} at most", file_name, text.size(),
                kLargestDocument);
  }
  TreeBuilder builder;
  const auto malformed = [&file_name](Place place, std::string_view reason) {
    return fail(Kind::Malformed, "{}:{}:{}: {}", file_name, place.line, place.column, printable(reason));
  };
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    return malformed(stop.place, stop.reason);
  } catch (const YAML::Exception& wrong) {
    return malformed(place_of(wrong.mark), "this is not YAML: " + wrong.msg);
  } catch (const std::exception& wrong) {
    return malformed({}, std::string("this is not YAML: ") + wrong.what());
  }
  if (builder.empty()) return malformed({}, "the file is empty");
  return builder.take();
}

}  // namespace garner::yaml
