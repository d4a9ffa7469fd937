#include "ivoa/xml.h"

#include <expat.h>

#include <algorithm>

#include "ivoa/server_words.h"

namespace garner::ivoa {

namespace {

std::string_view local(std::string_view name) {
  const auto colon = name.rfind(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

std::optional<std::string_view> XmlAttributes::find(std::string_view local_name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (local(pair[0]) == local_name) return std::string_view(pair[1]);
  }
  return std::nullopt;
}

struct XmlReader::Impl {
  XmlHandler& handler;
  const XmlLimits limits;
  const XML_Parser parser = XML_ParserCreate(nullptr);
  XmlPath path{};
  std::vector<std::string> texts{};
  std::uint64_t text_bytes = 0, fed = 0;
  std::optional<Error> error{};

  Impl(XmlHandler& to, XmlLimits bounds) : handler(to), limits(bounds) {
    if (parser == nullptr) return;
    XML_SetUserData(parser, this);
    XML_SetElementHandler(
        parser, [](void* self, const char* name, const char** pairs) { static_cast<Impl*>(self)->start(name, pairs); },
        [](void* self, const char*) { static_cast<Impl*>(self)->end(); });
    XML_SetCharacterDataHandler(parser, [](void* self, const char* text, int length) {
      static_cast<Impl*>(self)->add_text({text, static_cast<std::size_t>(length)});
    });
    XML_SetEntityDeclHandler(parser, [](void* self, const char* name, int, const char*, int, const char*, const char*,
                                        const char*, const char*) {
      static_cast<Impl*>(self)->refuse(
          {Kind::Malformed, "declares the entity '" + printable(name, 60) + "', which is never expanded here"});
    });
    XML_SetSkippedEntityHandler(parser, [](void* self, const char* name, int) {
      static_cast<Impl*>(self)->refuse(
          {Kind::Malformed, "refers to the entity '" + printable(name, 60) + "', which is not declared here"});
    });
  }
  ~Impl() {
    if (parser != nullptr) XML_ParserFree(parser);
  }

  void refuse(Error why) {
    if (error) return;
    why.detail = fmt::format("line {}: {}", XML_GetCurrentLineNumber(parser), why.detail);
    error = std::move(why);
    XML_StopParser(parser, XML_FALSE);
  }

  void start(std::string_view name, const char** pairs) {
    if (error) return;
    if (path.size() >= limits.max_depth)
      return refuse({Kind::Malformed, fmt::format("elements are nested deeper than {}", limits.max_depth)});
    path.emplace_back(local(name));
    texts.emplace_back();
    if (auto taken = handler.start(path, XmlAttributes(pairs)); !taken) refuse(std::move(taken.error()));
  }

  void add_text(std::string_view piece) {
    if (error || texts.empty()) return;
    text_bytes += piece.size();
    if (text_bytes > limits.max_text)
      return refuse({Kind::TooLarge, fmt::format("a text is longer than {} bytes", limits.max_text)});
    texts.back() += piece;
  }

  void end() {
    if (error) return;
    if (auto taken = handler.end(path, trimmed(texts.back())); !taken) refuse(std::move(taken.error()));
    text_bytes -= texts.back().size();
    texts.pop_back();
    path.pop_back();
  }

  Error parse_error(bool last) const {
    const auto line = XML_GetCurrentLineNumber(parser);
    const auto code = XML_GetErrorCode(parser);
    if (code == XML_ERROR_NO_MEMORY) return {Kind::Internal, "out of memory in the XML parser"};
    const bool cut = code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN ||
                     code == XML_ERROR_UNCLOSED_CDATA_SECTION || code == XML_ERROR_PARTIAL_CHAR;
    if (last && cut)
      return {Kind::Corrupt, fmt::format("line {}: the document is cut: it ends before its root element does", line)};
    return {Kind::Malformed, fmt::format("line {}: not well-formed XML: {}", line, XML_ErrorString(code))};
  }
};

XmlReader::XmlReader(XmlHandler& handler, XmlLimits limits) : impl_(std::make_unique<Impl>(handler, limits)) {}
XmlReader::~XmlReader() = default;

Result<void> XmlReader::feed(std::string_view bytes, bool last) {
  constexpr std::size_t kPiece = 1u << 20;
  Impl& self = *impl_;
  if (self.parser == nullptr) return fail(Kind::Internal, "expat could not be initialised");
  do {
    if (self.error) return std::unexpected(*self.error);
    const auto piece = bytes.substr(0, kPiece);
    bytes.remove_prefix(piece.size());
    self.fed += piece.size();
    if (self.fed > self.limits.max_bytes)
      return fail(Kind::TooLarge, "the document is larger than {} bytes", self.limits.max_bytes);
    const bool ends = last && bytes.empty();
    const auto status = XML_Parse(self.parser, piece.data(), static_cast<int>(piece.size()), ends);
    if (status != XML_STATUS_OK && !self.error) self.error = self.parse_error(ends);
    if (self.error) return std::unexpected(*self.error);
    // What expat could not finish, it holds: a tag without end would grow with the document.
    const auto at = XML_GetCurrentByteIndex(self.parser);
    const std::uint64_t done = at < 0 ? self.fed : static_cast<std::uint64_t>(at);
    if (!ends && self.fed > done && self.fed - done > self.limits.max_text + kPiece) {
      return fail(Kind::TooLarge, "a tag or comment is larger than {} bytes", self.limits.max_text);
    }
  } while (!bytes.empty());
  return {};
}

Result<void> read_xml(std::string_view document, XmlHandler& handler, XmlLimits limits) {
  if (looks_like_html(document))
    return fail(Kind::Maintenance, "a web page where an XML document was due: {}", extract_message(document));
  return XmlReader(handler, limits).feed(document, true);
}

}  // namespace garner::ivoa
