// The small XML documents of the standards (UWS jobs, VOSI) as events: local names, own text, bounded. Namespaces are
// not looked at, since services spell them in every way; elements are told by local name and place. No entity is ever
// expanded: a declaration, or a reference to one that is not XML's own, is Malformed; a DOCTYPE without entities is
// accepted and not loaded. Threads: one at a time. Errors name the line: Malformed, Corrupt (the document ends early),
// TooLarge, Maintenance (a web page where a document was due).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace garner::ivoa {

struct XmlLimits {
  std::uint64_t max_bytes = 256u << 20;
  std::uint64_t max_text = 1u << 20;  // of the open elements together, and of one tag
  std::uint32_t max_depth = 64;
};

// The attributes of one element, valid during the call.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
  // By local name: "href" also finds xlink:href. Nothing where it is missing.
  std::optional<std::string_view> find(std::string_view local_name) const;
  std::string text(std::string_view local_name) const { return std::string(find(local_name).value_or("")); }

 private:
  const char** pairs_;
};

// Local names from the root to the element at hand, which is the last.
using XmlPath = std::vector<std::string>;

class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  // An error ends the reading and is handed on, with the line.
  virtual Result<void> start(const XmlPath& path, const XmlAttributes& attributes) = 0;
  // The element's own text without that of its children, blanks around it removed.
  virtual Result<void> end(const XmlPath& path, std::string_view text) = 0;
};

class XmlReader {
 public:
  // The handler outlives the reader.
  explicit XmlReader(XmlHandler& handler, XmlLimits limits = {});
  ~XmlReader();
  XmlReader(const XmlReader&) = delete;
  XmlReader& operator=(const XmlReader&) = delete;

  // The document in pieces of any size; `last` with the final one (which may be empty).
  Result<void> feed(std::string_view bytes, bool last);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A whole document. A web page instead is Maintenance, its words in the text.
Result<void> read_xml(std::string_view document, XmlHandler& handler, XmlLimits limits = {});

}  // namespace garner::ivoa
