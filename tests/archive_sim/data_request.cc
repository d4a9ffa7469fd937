#include "archive_sim/data_request.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "archive_sim/pages.h"

namespace garner::archive_sim {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

bool parse_id(std::string_view text, RequestedId& out) {
  if (text.starts_with("Gaia ")) {
    const auto space = text.rfind(' ');
    out.release = text.substr(0, space);
    text = text.substr(space + 1);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.id);
  return error == std::errc{} && end == text.data() + text.size() && out.id > 0;
}

std::optional<Structure> parse_structure(std::string_view name, Vocabulary vocabulary) {
  const bool old_words = vocabulary != Vocabulary::New;
  const bool new_words = vocabulary != Vocabulary::Old;
  if ((old_words && name == "INDIVIDUAL") || (new_words && name == "DATAMODEL_STANDARD")) return Structure::Individual;
  if ((old_words && name == "RAW") || (new_words && name == "DATAMODEL_GAIA")) return Structure::Raw;
  return std::nullopt;
}

std::vector<RequestedId> without_duplicates(std::vector<RequestedId> ids) {
  std::unordered_set<std::string> seen;
  std::vector<RequestedId> out;
  out.reserve(ids.size());
  for (RequestedId& id : ids)
    if (seen.insert(id.release + std::to_string(id.id)).second) out.push_back(std::move(id));
  return out;
}

}  // namespace

std::variant<std::vector<RequestedId>, Refusal> parse_ids(const Form& form, const Knobs& knobs) {
  const std::string list = form_value(form, "ID");
  const std::string release = form_value(form, "RELEASE", knobs.default_release);
  std::vector<RequestedId> ids;
  if (trimmed(list).empty()) return Refusal{400, "Mandatory parameter 'ID' is missing"};
  std::string_view rest = list;
  while (true) {
    const auto comma = rest.find(',');
    const std::string_view part = trimmed(rest.substr(0, comma));
    RequestedId id{0, release};
    if (!parse_id(part, id)) return Refusal{400, fmt::format("Invalid Source Id: '{}'", part.substr(0, 100))};
    ids.push_back(std::move(id));
    if (comma == std::string_view::npos) return ids;
    rest.remove_prefix(comma + 1);
  }
}

std::variant<DataRequest, Refusal> judge_request(const Form& form, std::vector<RequestedId> ids, const Knobs& knobs) {
  if (ids.size() > knobs.max_ids) return Refusal{500, over_limit_reason(knobs.max_ids, ids.size())};
  DataRequest request;
  request.release = form_value(form, "RELEASE", knobs.default_release);
  if (!known_release(request.release)) return Refusal{500, unknown_release_reason(request.release)};
  for (const RequestedId& id : ids)
    if (!known_release(id.release)) return Refusal{500, unknown_release_reason(id.release)};
  const std::string linking = upper(form_value(form, "LINKING_PARAMETER", "SOURCE_ID"));
  if (linking != "SOURCE_ID")
    return Refusal{500, fmt::format("Linking parameter '{}' is not supported for this retrieval type", linking)};

  const std::string type = form_value(form, "RETRIEVAL_TYPE", "ALL");
  request.types = type == "ALL" ? types_of(request.release) : std::vector{type};
  if (type != "ALL" && !serves(request.release, type)) return Refusal{500, unknown_type_reason(type)};

  const std::string format = form_value(form, "FORMAT", "votable");
  const auto parsed = parse_format(format);
  if (!parsed) return Refusal{500, unknown_format_reason(format)};
  request.format = *parsed;

  const std::string fallback = knobs.vocabulary == Vocabulary::New ? "DATAMODEL_STANDARD" : "INDIVIDUAL";
  const std::string structure = upper(form_value(form, "DATA_STRUCTURE", fallback));
  const auto known = parse_structure(structure, knobs.vocabulary);
  if (!known) return Refusal{500, unknown_structure_reason(structure)};
  request.structure = *known;

  request.valid_only = upper(form_value(form, "VALID_DATA")) == "TRUE";
  request.zip_always = upper(form_value(form, "USE_ZIP_ALWAYS")) == "TRUE";
  request.ids = without_duplicates(std::move(ids));
  return request;
}

}  // namespace garner::archive_sim
