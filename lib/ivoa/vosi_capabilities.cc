// VOSI 1.1 §2 and TAPRegExt 1.0 §2.
#include <algorithm>
#include <charconv>

#include "ivoa/vosi.h"
#include "ivoa/xml.h"

namespace garner::ivoa {

namespace {

constexpr std::size_t kMostEntries = 10'000;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string without_prefix(const std::string& name) {
  return name.substr(name.find(':') + 1);
}

// "ivo://ivoa.net/std/TAPRegExt#upload-inline" to "inline".
std::string upload_method(const std::string& id) {
  constexpr std::string_view kMark = "#upload-";
  const auto at = lower(id).find(kMark);
  return at == id.npos ? id : lower(id).substr(at + kMark.size());
}

class CapabilitiesHandler final : public XmlHandler {
 public:
  Capabilities read;

  Result<void> start(const XmlPath& path, const XmlAttributes& attributes) override {
    if (path.size() == 1 && path[0] != "capabilities")
      return fail(Kind::Malformed, "the root is <{}>, not <capabilities>", printable(path[0], 60));
    if (++elements_ > 50 * kMostEntries) return fail(Kind::TooLarge, "more than {} elements", 50 * kMostEntries);
    const std::string& name = path.back();
    if (path.size() == 2 && name == "capability") read.all.push_back({attributes.text("standardID"), {}, {}});
    if (path.size() < 3 || read.all.empty() || path[1] != "capability") return {};
    auto& capability = read.all.back();
    if (path.size() == 3) start_part(capability, name, attributes);
    if (path.size() == 4 && path[2] == "interface" && name == "securityMethod") {
      capability.interfaces.back().security_methods.push_back(attributes.text("standardID"));
    }
    if (path.size() == 4 && (path[2] == "outputLimit" || path[2] == "uploadLimit")) {
      limits(capability, path[2]).back().in_bytes = lower(attributes.text("unit")) == "byte";
    }
    return {};
  }

  Result<void> end(const XmlPath& path, std::string_view text) override {
    if (path.size() != 4 || read.all.empty() || path[1] != "capability") return {};
    auto& capability = read.all.back();
    auto& tap = capability.tap;
    const std::string &part = path[2], &name = path[3];
    if (part == "interface" && name == "accessURL") capability.interfaces.back().access_urls.emplace_back(text);
    if (part == "language" && name == "name") tap.languages.back().name = text;
    if (part == "language" && name == "version") tap.languages.back().versions.emplace_back(text);
    if (part == "outputFormat" && name == "mime") tap.formats.back().mime_type = text;
    if (part == "outputFormat" && name == "alias") tap.formats.back().aliases.emplace_back(text);
    const bool hard = name == "hard";
    if (!hard && name != "default") return {};
    if (part == "retentionPeriod") (hard ? tap.retention_hard_s : tap.retention_s) = number(text);
    if (part == "executionDuration") (hard ? tap.execution_hard_s : tap.execution_s) = number(text);
    if (part == "outputLimit" || part == "uploadLimit") {
      auto& limit = limits(capability, part).back();
      (hard ? limit.hard : limit.by_default) = number(text);
    }
    return {};
  }

 private:
  static std::vector<Limit>& limits(Capability& capability, std::string_view part) {
    return part == "outputLimit" ? capability.tap.output_limits : capability.tap.upload_limits;
  }
  static void start_part(Capability& capability, const std::string& name, const XmlAttributes& attributes) {
    auto& tap = capability.tap;
    if (name == "interface") {
      capability.interfaces.push_back(
          {without_prefix(attributes.text("type")), attributes.text("role"), attributes.text("version"), {}, {}});
    }
    if (name == "language") tap.languages.emplace_back();
    if (name == "outputFormat") tap.formats.push_back({attributes.text("ivo-id"), {}, {}});
    if (name == "uploadMethod") tap.upload_methods.push_back(upload_method(attributes.text("ivo-id")));
    if (name == "outputLimit" || name == "uploadLimit") limits(capability, name).emplace_back();
  }
  std::size_t elements_ = 0;
};

std::optional<std::uint64_t> most(const std::vector<Limit>& limits, bool in_bytes) {
  std::optional<std::uint64_t> found;
  for (const auto& limit : limits) {
    const auto value = limit.hard ? limit.hard : limit.by_default;
    if (limit.in_bytes == in_bytes && value && (!found || *value < *found)) found = value;
  }
  return found;
}

}  // namespace

bool TapCapability::uploads_inline() const {
  return std::ranges::find(upload_methods, "inline") != upload_methods.end();
}
std::optional<std::uint64_t> TapCapability::most_rows() const {
  return most(output_limits, false);
}
std::optional<std::uint64_t> TapCapability::most_upload_bytes() const {
  return most(upload_limits, true);
}
std::optional<std::uint64_t> TapCapability::most_upload_rows() const {
  return most(upload_limits, false);
}

const Capability* Capabilities::find(std::string_view standard_id) const {
  const std::string wanted = lower(standard_id);
  for (const auto& capability : all) {
    const std::string id = lower(capability.standard_id);
    if (id == wanted || (wanted.find('#') == wanted.npos && id.substr(0, id.find('#')) == wanted)) return &capability;
  }
  return nullptr;
}

Result<Capabilities> parse_capabilities(std::string_view document) {
  CapabilitiesHandler handler;
  if (auto read = read_xml(document, handler); !read) return with_context(std::move(read.error()), "capabilities");
  return std::move(handler.read);
}

}  // namespace garner::ivoa
