#include "table/fits/columns.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

namespace garner::table {

namespace {

constexpr std::string_view kIntegers = "BIJK", kFloats = "ED";

bool is_integer(char element) {
  return kIntegers.find(element) != std::string_view::npos;
}

// The narrowest element that holds every value of both.
std::optional<char> element_for_both(char a, char b) {
  for (const auto family : {kIntegers, kFloats}) {
    const auto place_a = family.find(a), place_b = family.find(b);
    if (place_a != std::string_view::npos && place_b != std::string_view::npos)
      return family[std::max(place_a, place_b)];
  }
  return std::nullopt;
}

std::int64_t outermost(char integer) {
  switch (integer) {
    case 'B':
      return std::numeric_limits<std::uint8_t>::max();
    case 'I':
      return std::numeric_limits<std::int16_t>::min();
    case 'J':
      return std::numeric_limits<std::int32_t>::min();
    default:
      return std::numeric_limits<std::int64_t>::min();
  }
}

bool behind_descriptor(const FitsColumn& column) {
  return column.code == 'P' || column.code == 'Q';
}

bool same_scaling(const FitsColumn& a, const FitsColumn& b) {
  return a.scaling == b.scaling && a.integer_zero == b.integer_zero && a.scale == b.scale && a.zero == b.zero;
}

std::string form_of(const FitsColumn& column) {
  if (behind_descriptor(column)) return fmt::format("{}{}", column.code, column.element);
  return fmt::format("{}{}", column.repeat, column.code);
}

// Of TDIM "(width,count)".
struct Strings {
  std::uint64_t width = 0, count = 0;
};
std::optional<Strings> strings_of(const FitsColumn& column, std::string_view dim) {
  if (column.code != 'A' || !dim.starts_with('(') || !dim.ends_with(')')) return std::nullopt;
  Strings strings;
  const char* end = dim.data() + dim.size() - 1;
  const auto [comma, bad_width] = std::from_chars(dim.data() + 1, end, strings.width);
  if (bad_width != std::errc{} || comma == end || *comma != ',') return std::nullopt;
  const auto [rest, bad_count] = std::from_chars(comma + 1, end, strings.count);
  std::uint64_t all = 0;
  const bool good = bad_count == std::errc{} && rest == end && strings.width > 0 &&
                    !__builtin_mul_overflow(strings.width, strings.count, &all) && all == column.repeat;
  return good ? std::optional(strings) : std::nullopt;
}

std::string text_of(const FitsHeader& header, std::string_view stem, std::size_t place) {
  return std::string(header.find(fmt::format("{}{}", stem, place + 1)).value_or(""));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::map<std::string, std::size_t> by_name(const FitsTable& table) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (const auto& name = table.columns[i].column.name; !name.empty()) places.emplace(lower(name), i);
  }
  return places;
}

template <class... Args>
std::unexpected<Error> apart(const std::string& column, fmt::format_string<Args...> format, Args&&... args) {
  return fail(Kind::Malformed, "column '{}' {}; such tables can't be merged", printable(column, 80),
              fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace

Result<void> MergedColumns::add(const std::string& name, const FitsHeader& header, const FitsTable& table) {
  if (by_name(table).size() != table.columns.size())
    return fail(Kind::Malformed, "{}: two columns have the same name, or one has none; such a table can't be merged",
                name);
  if (columns_.empty()) return take_first(name, header, table);
  std::vector<bool> taken(table.columns.size());
  const auto places = places_in(table);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t place = places[i];
    if (place == table.columns.size())
      return apart(columns_[i].column.name, "is in {}, but not in {}", origins_[i].table, name);
    taken[place] = true;
    auto joined = join(i, name, table.columns[place], text_of(header, "TDIM", place), text_of(header, "TDISP", place));
    if (!joined) return joined;
  }
  const auto other = static_cast<std::size_t>(std::ranges::find(taken, false) - taken.begin());
  if (other < taken.size())
    return apart(table.columns[other].column.name, "is in {}, but not in {}", name, origins_[0].table);
  return {};
}

Result<void> MergedColumns::take_first(const std::string& name, const FitsHeader& header, const FitsTable& table) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i];
    MergedColumn merged;
    merged.column = column.column;
    merged.element = column.element;
    merged.variable = behind_descriptor(column);
    merged.repeat = column.repeat;
    merged.dim = merged.variable ? "" : text_of(header, "TDIM", i);
    merged.display = text_of(header, "TDISP", i);
    if (column.scaling != FitsColumn::Scaling::None) {
      merged.scale = text_of(header, "TSCAL", i);
      merged.zero = text_of(header, "TZERO", i);
    }
    if (const auto strings = strings_of(column, merged.dim)) merged.string_width = strings->width;
    columns_.push_back(std::move(merged));
    const bool has_null = is_integer(column.element) && column.null_value;
    origins_.push_back({name, name, column, has_null ? column.null_value : std::nullopt});
  }
  return {};
}

Result<void> MergedColumns::join(std::size_t place, const std::string& name, const FitsColumn& column,
                                 const std::string& dim, const std::string& display) {
  MergedColumn& merged = columns_[place];
  Origin& origin = origins_[place];
  if (auto joined = join_elements(place, name, column); !joined) return joined;
  if (auto joined = join_shape(place, name, column, dim); !joined) return joined;
  const auto fill = [](std::string& text, const std::string& other) {
    if (text.empty()) text = other;
  };
  if (merged.column.unit.empty()) origin.unit_table = name;
  fill(merged.column.unit, column.column.unit);
  if (!column.column.unit.empty() && merged.column.unit != column.column.unit) {
    return apart(merged.column.name, "has the unit '{}' in {}, but '{}' in {}", printable(merged.column.unit, 60),
                 origin.unit_table, printable(column.column.unit, 60), name);
  }
  fill(merged.column.ucd, column.column.ucd);
  fill(merged.column.description, column.column.description);
  fill(merged.display, display);
  if (is_integer(column.element) && column.null_value) {
    if (!origin.null) origin.null = column.null_value;
    origin.nulls_differ = origin.nulls_differ || origin.null != column.null_value;
  }
  return {};
}

Result<void> MergedColumns::join_elements(std::size_t place, const std::string& name, const FitsColumn& column) {
  MergedColumn& merged = columns_[place];
  Origin& origin = origins_[place];
  if (!same_scaling(origin.first, column)) {
    return apart(merged.column.name, "is not scaled in the same way (TSCAL, TZERO) in {} and in {}", origin.table,
                 name);
  }
  if (merged.element == column.element) return {};
  const auto both = element_for_both(merged.element, column.element);
  if (!both || column.scaling != FitsColumn::Scaling::None) {
    return apart(merged.column.name, "is of type {} in {}, but {} in {}", form_of(origin.first), origin.table,
                 form_of(column), name);
  }
  merged.element = *both;
  origin.widened = true;
  return {};
}

Result<void> MergedColumns::join_shape(std::size_t place, const std::string& name, const FitsColumn& column,
                                       const std::string& dim) {
  MergedColumn& merged = columns_[place];
  const auto shapes_differ = [&] {
    return apart(merged.column.name, "has cells of shape {} in {}, but {} in {}",
                 merged.dim.empty() ? form_of(origins_[place].first) : merged.dim, origins_[place].table,
                 dim.empty() ? form_of(column) : dim, name);
  };
  if (merged.variable || behind_descriptor(column)) {
    merged.variable = true;
  } else if (merged.string_width > 0) {
    const auto strings = strings_of(column, dim);
    const std::uint64_t count = merged.repeat / merged.string_width;
    if (!strings || strings->count != count) return shapes_differ();
    merged.string_width = std::max(merged.string_width, strings->width);
    merged.repeat = merged.string_width * count;
    merged.dim = fmt::format("({},{})", merged.string_width, count);
  } else if (column.code == 'A' && merged.dim.empty() && dim.empty()) {
    merged.repeat = std::max(merged.repeat, column.repeat);
  } else if (merged.repeat != column.repeat) {
    merged.variable = true;
  } else if (merged.dim != dim) {
    return shapes_differ();
  }
  if (merged.variable) {
    merged.dim.clear();
    merged.string_width = 0;
  }
  return {};
}

void MergedColumns::settle() {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Origin& origin = origins_[i];
    if (origin.null)
      columns_[i].null = origin.nulls_differ || origin.widened ? outermost(columns_[i].element) : *origin.null;
  }
  lay_out();
}

Result<void> MergedColumns::widen_for_null(std::size_t column) {
  MergedColumn& merged = columns_[column];
  const auto wider = kIntegers.find(merged.element) + 1;
  if (wider == kIntegers.size() || !merged.zero.empty() || !merged.scale.empty()) {
    return fail(Kind::Malformed,
                "column '{}' holds {}, which stands for null in other tables; such tables can't be merged",
                printable(merged.column.name, 80), *merged.null);
  }
  merged.element = kIntegers[wider];
  merged.null = outermost(merged.element);
  lay_out();
  return {};
}

void MergedColumns::lay_out() {
  row_bytes_ = 0;
  for (auto& column : columns_) {
    column.offset = row_bytes_;
    column.bytes = column.variable ? fits_bytes('Q', 1) : fits_bytes(column.element, column.repeat);
    row_bytes_ += column.bytes;
  }
}

std::vector<std::size_t> MergedColumns::places_in(const FitsTable& table) const {
  const auto names = by_name(table);
  std::vector<std::size_t> places;
  for (const auto& column : columns_) {
    const auto found = names.find(lower(column.column.name));
    places.push_back(found == names.end() ? table.columns.size() : found->second);
  }
  return places;
}

std::vector<FitsHeadColumn> head_columns(const MergedColumns& columns, const std::vector<std::uint64_t>& longest) {
  std::vector<FitsHeadColumn> out;
  for (std::size_t i = 0; i < columns.columns().size(); ++i) {
    const MergedColumn& column = columns.columns()[i];
    FitsHeadColumn head;
    head.name = column.column.name;
    head.tform = column.variable ? fmt::format("1Q{}({})", column.element, longest[i])
                                 : fmt::format("{}{}", column.repeat, column.element);
    head.unit = column.column.unit;
    head.ucd = column.column.ucd;
    head.description = column.column.description;
    head.dim = column.dim;
    head.display = column.display;
    head.null = column.null;
    head.scale = column.scale;
    head.zero = column.zero;
    out.push_back(std::move(head));
  }
  return out;
}

}  // namespace garner::table
