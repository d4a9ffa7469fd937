// Names of members: of the archive's making, parsed and never used as paths.
#include <algorithm>

#include "product/contents.h"

namespace garner::product {

namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_word_character);
}

// "Gaia DR3", "Gaia DR4_INT4": words with single blanks between.
bool is_release(std::string_view text) {
  while (true) {
    const auto blank = text.find(' ');
    if (!is_word(text.substr(0, blank))) return false;
    if (blank == text.npos) return true;
    text.remove_prefix(blank + 1);
  }
}

std::optional<std::string_view> without_suffix(std::string_view text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return std::nullopt;
  return text.substr(0, text.size() - suffix.size());
}

std::unexpected<Error> bad_name(std::string_view name) {
  return fail(Kind::Malformed,
              "'{}' is no product's name (expected '<TYPE>-<release> <source_id>.<ext>' or '<TYPE>_RAW.<ext>')",
              printable(name, 120));
}

}  // namespace

Result<ProductName> parse_product_name(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == name.npos || !is_word(name.substr(dot + 1))) return bad_name(name);
  ProductName parsed{
      .retrieval_type = {}, .release = {}, .extension = name.substr(dot + 1), .id = std::nullopt, .raw = false};
  const std::string_view stem = name.substr(0, dot);

  for (const std::string_view suffix : {"_RAW", "_DATAMODEL_GAIA"}) {
    const auto type = without_suffix(stem, suffix);
    if (!type || !is_word(*type)) continue;
    parsed.retrieval_type = *type;
    parsed.raw = true;
    return parsed;
  }

  // The type keeps '_' and never has '-'; the release may have blanks.
  const auto dash = stem.find('-');
  const auto blank = stem.rfind(' ');
  if (dash == stem.npos || blank == stem.npos || blank < dash) return bad_name(name);
  parsed.retrieval_type = stem.substr(0, dash);
  parsed.release = stem.substr(dash + 1, blank - dash - 1);
  const std::string_view digits = stem.substr(blank + 1);
  if (!is_word(parsed.retrieval_type) || !is_release(parsed.release)) return bad_name(name);
  // One spelling an id: 0123 would be a second name for 123.
  if (digits.empty() || digits.front() == '0') return bad_name(name);
  const auto id = parse_source_id(digits);
  if (!id) return bad_name(name);
  parsed.id = *id;
  return parsed;
}

std::string individual_name(std::string_view retrieval_type, std::string_view release, SourceId id,
                            ProductFormat format) {
  return fmt::format("{}-{} {}.{}", retrieval_type, release, id.value, format_extension(format));
}

}  // namespace garner::product
