#include "table/text/ecsv_lines.h"

#include <algorithm>
#include <array>

namespace garner::table {

namespace {

constexpr std::size_t kMaxKeys = 64;       // of one mapping but `meta`; they are compared with each other
constexpr std::size_t kMaxKeyBytes = 100;  // YAML 1.2 §7.4 allows 1024 before the colon

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_key(std::string_view text) {
  const auto is_key_character = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; };
  return !text.empty() && text.size() <= kMaxKeyBytes && (is_letter(text.front()) || text.front() == '_') &&
         std::ranges::all_of(text, is_key_character);
}

bool is_null_word(std::string_view text) {
  return text == "null" || text == "Null" || text == "NULL";
}

// A character that begins a plain scalar and no other thing (§7.3.3); there are more.
bool begins_plain(std::string_view text) {
  if (text.front() == '-') return text.size() > 1 && is_digit(text[1]);
  return is_letter(text.front()) || is_digit(text.front()) || std::string_view("_(.$\\/+^").contains(text.front());
}

std::optional<std::string> plain(std::string_view text) {
  if (text.empty() || !begins_plain(text) || is_null_word(text)) return std::nullopt;
  if (text.ends_with(' ') || text.ends_with(':') || text.contains(": ") || text.contains(" #")) return std::nullopt;
  return std::string(text);
}

// A scalar in quotes at the text's front, which it is taken off. Nothing if it does not end there, or is not what it
// looks like.
std::optional<std::string> take_quoted(std::string_view& text) {
  const char quote = text.front();
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') return std::nullopt;
    if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != '\'') {
        text.remove_prefix(i + 1);
        return value;
      }
      ++i;
    }
    value += text[i];
  }
  return std::nullopt;
}

std::optional<std::string> scalar(std::string_view text) {
  if (text.empty() || (text.front() != '\'' && text.front() != '"')) return plain(text);
  auto value = take_quoted(text);
  return text.empty() ? value : std::nullopt;
}

// "[251.5, -51.5]": no scalar, but nothing that the lines behind it belong to either.
bool is_list_of_numbers(std::string_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  for (;;) {
    const auto comma = text.find(',');
    const auto number = text.substr(0, comma);
    if (number.empty() || !begins_plain(number)) return false;
    if (!std::ranges::all_of(number, [](char c) { return is_digit(c) || std::string_view("+-.eE").contains(c); }))
      return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
}

struct Entry {
  std::string_view key, value;  // the value is empty where nothing stands behind the colon
};

std::optional<Entry> entry_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !is_key(text.substr(0, colon)) || is_null_word(text.substr(0, colon))) {
    return std::nullopt;
  }
  Entry entry{text.substr(0, colon), text.substr(colon + 1)};
  if (entry.value.empty()) return entry;
  if (entry.value.front() != ' ') return std::nullopt;
  entry.value.remove_prefix(std::min(entry.value.find_first_not_of(' '), entry.value.size()));
  return entry;
}

class LineReader {
 public:
  explicit LineReader(const Limits& limits) : limits_(limits) {}

  bool add(std::string_view line);
  std::optional<EcsvHeader> finish();

 private:
  enum class Section : std::uint8_t { Top, Columns, Meta };

  bool add_top(std::string_view text);
  bool add_item(std::string_view text);
  bool add_flow(std::string_view text);
  bool add_attribute(std::string_view key, std::optional<std::string> value);
  bool add_block_attribute(std::string_view text);
  bool add_column_meta(std::string_view text);
  bool add_parameter(std::string_view text);
  bool end_item();
  static bool note(std::vector<std::string_view>& keys, std::string_view key);

  const Limits& limits_;
  Section section_ = Section::Top;
  bool expects_child_ = false;  // the last line was a key without a value
  bool in_item_ = false, in_block_ = false, in_column_meta_ = false;
  std::vector<std::string_view> top_keys_, item_keys_, meta_keys_;
  EcsvColumnText item_;
  EcsvHeader header_;
};

// False: the key came before, which YAML forbids and parsers differ about.
bool LineReader::note(std::vector<std::string_view>& keys, std::string_view key) {
  if (keys.size() >= kMaxKeys || std::ranges::find(keys, key) != keys.end()) return false;
  keys.push_back(key);
  return true;
}

// Each level has one indentation. A line anywhere else may belong to the scalar before it.
bool LineReader::add(std::string_view line) {
  if (line.empty()) return top_keys_.empty();
  if (line.back() == ' ' || !std::ranges::all_of(line, [](char c) { return c >= 0x20 && c <= 0x7e; })) return false;
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  const auto text = line.substr(indent);
  const bool is_item = text.front() == '-';
  const bool was_expecting = std::exchange(expects_child_, false);
  if (indent == 0 && is_item) return section_ == Section::Columns && add_item(text);
  if (indent == 0) return !was_expecting && add_top(text);
  if (indent == 2 && section_ == Section::Meta) return add_parameter(text);
  if (section_ != Section::Columns || !in_block_) return false;
  if (indent == 4) return in_column_meta_ && add_column_meta(text);
  if (indent != 2 || (was_expecting && !item_keys_.empty())) return false;
  in_column_meta_ = false;
  return add_block_attribute(text);
}

bool LineReader::add_top(std::string_view text) {
  const auto entry = entry_of(text);
  if (!entry || !note(top_keys_, entry->key) || !end_item()) return false;
  const bool has_children = entry->key == "datatype" || entry->key == "meta";
  section_ = entry->key == "datatype" ? Section::Columns : entry->key == "meta" ? Section::Meta : Section::Top;
  expects_child_ = has_children;
  if (has_children) return entry->value.empty();
  const auto value = scalar(entry->value);
  if (!value) return false;
  if (entry->key != "delimiter") return true;
  if (*value != "," && *value != " ") return false;
  header_.delimiter = value->front();
  return true;
}

bool LineReader::add_item(std::string_view text) {
  if (!end_item()) return false;
  in_item_ = true;
  in_block_ = !text.starts_with("- {");
  if (!in_block_) return add_flow(text.substr(3));
  if (text == "-") return expects_child_ = true;
  return text.starts_with("- ") && text[2] != ' ' && add_block_attribute(text.substr(2));
}

// "name: x, unit: 'm, s'}". Fewer characters than in block style are plain (§7.3.3).
bool LineReader::add_flow(std::string_view text) {
  for (;;) {
    const auto colon = text.find(": ");
    if (colon == std::string_view::npos || !is_key(text.substr(0, colon)) || is_null_word(text.substr(0, colon)))
      return false;
    const auto key = text.substr(0, colon);
    text.remove_prefix(colon + 2);
    if (text.empty()) return false;
    std::optional<std::string> value;
    if (text.front() == '\'' || text.front() == '"') {
      value = take_quoted(text);
    } else {
      const auto word = text.substr(0, text.find_first_of(",}"));
      if (!word.empty() && word.front() != '-' && word.find_first_of("[]{}?:#'\"") == word.npos) value = plain(word);
      text.remove_prefix(word.size());
    }
    if (!add_attribute(key, std::move(value))) return false;
    if (text == "}") return true;
    if (!text.starts_with(", ")) return false;
    text.remove_prefix(2);
  }
}

bool LineReader::add_attribute(std::string_view key, std::optional<std::string> value) {
  if (!value || !note(item_keys_, key)) return false;
  if (key == "name") item_.name = std::move(*value);
  if (key == "datatype") item_.datatype = std::move(*value);
  if (key == "subtype") item_.subtype = std::move(*value);
  if (key == "unit") item_.unit = std::move(*value);
  if (key == "description") item_.description = std::move(*value);
  return key != "meta";
}

bool LineReader::add_block_attribute(std::string_view text) {
  const auto entry = entry_of(text);
  if (!entry) return false;
  if (entry->key != "meta") return add_attribute(entry->key, scalar(entry->value));
  in_column_meta_ = expects_child_ = true;
  meta_keys_.clear();
  return entry->value.empty() && note(item_keys_, entry->key);
}

bool LineReader::add_column_meta(std::string_view text) {
  const auto entry = entry_of(text);
  if (!entry || !note(meta_keys_, entry->key)) return false;
  auto value = scalar(entry->value);
  if (!value) return false;
  if (entry->key == "ucd") item_.ucd = std::move(*value);
  return true;
}

bool LineReader::add_parameter(std::string_view text) {
  const auto entry = entry_of(text);
  if (!entry) return false;
  if (is_list_of_numbers(entry->value)) return true;
  auto value = scalar(entry->value);
  return value && header_.parameters.emplace(entry->key, std::move(*value)).second;
}

bool LineReader::end_item() {
  if (!in_item_) return true;
  in_item_ = in_block_ = in_column_meta_ = false;
  item_keys_.clear();
  auto column = ecsv_column(std::exchange(item_, {}), header_.columns.size() + 1);
  if (!column || header_.columns.size() >= limits_.max_columns) return false;
  header_.columns.push_back(std::move(*column));
  return true;
}

std::optional<EcsvHeader> LineReader::finish() {
  if (expects_child_ || !end_item() || header_.columns.empty()) return std::nullopt;
  return std::move(header_);
}

}  // namespace

std::optional<EcsvHeader> read_ecsv_lines(std::string_view yaml, const Limits& limits) {
  LineReader reader(limits);
  while (!yaml.empty()) {
    const auto line = yaml.substr(0, yaml.find('\n'));
    if (!reader.add(line)) return std::nullopt;
    yaml.remove_prefix(std::min(line.size() + 1, yaml.size()));
  }
  return reader.finish();
}

}  // namespace garner::table
