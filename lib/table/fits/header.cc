#include "table/fits/header.h"

#include <charconv>

namespace garner::table {

namespace {

constexpr std::size_t kCard = 80, kKeyword = 8;
constexpr std::size_t kMaxAxes = 999;  // §4.4.1.1

std::string_view without_blanks_behind(std::string_view text) {
  const auto last = text.find_last_not_of(' ');
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

// A string value from behind its first quote; two quotes stand for one (§4.2.1.1). Nothing if it is not closed.
std::optional<std::string> quoted_value(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\'') {
      value += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\'') {
      value += text[i++];
    } else {
      value.resize(without_blanks_behind(value).size());
      return value;
    }
  }
  return std::nullopt;
}

std::string_view plain_value(std::string_view text) {
  text = without_blanks_behind(text.substr(0, text.find('/')));
  const auto first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

bool is_printable(std::string_view card) {
  return std::ranges::all_of(card, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

std::optional<std::string_view> FitsHeader::find(const std::string& keyword) const {
  const auto card = cards.find(keyword);
  if (card == cards.end()) return std::nullopt;
  return card->second;
}

Result<std::optional<std::int64_t>> FitsHeader::integer(const std::string& keyword) const {
  const auto text = find(keyword);
  if (!text) return std::optional<std::int64_t>();
  std::string_view digits = *text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (code != std::errc{} || end != digits.data() + digits.size()) {
    return fail(Kind::Malformed, "card {}: expected an integer, found '{}'", keyword, printable(*text, 60));
  }
  return std::optional<std::int64_t>(value);
}

Result<bool> FitsHeaderParser::add(std::span<const std::byte, kFitsBlock> block) {
  bytes_ += kFitsBlock;
  if (bytes_ > max_bytes_) return fail(Kind::TooLarge, "the header is larger than {} bytes", max_bytes_);
  const std::string_view text(reinterpret_cast<const char*>(block.data()), block.size());
  for (std::size_t at = 0; at < kFitsBlock; at += kCard) {
    const auto card = text.substr(at, kCard);
    if (!is_printable(card)) {
      return fail(Kind::Malformed, "card {} of the header holds a character outside of ASCII text: '{}'",
                  (bytes_ - kFitsBlock + at) / kCard + 1, printable(card.substr(0, 40)));
    }
    if (without_blanks_behind(card) == "END") {
      if (!without_blanks_behind(text.substr(at + kCard)).empty())
        return fail(Kind::Malformed, "cards stand behind END");
      return true;
    }
    if (auto added = add_card(card); !added) return std::unexpected(std::move(added.error()));
  }
  return false;
}

Result<void> FitsHeaderParser::add_card(std::string_view card) {
  const std::string keyword(without_blanks_behind(card.substr(0, kKeyword)));
  if (first_keywords_.size() < 3 + kMaxAxes) first_keywords_.push_back(keyword);
  if (keyword == "CONTINUE" && !continued_.empty()) {
    auto& value = header_.cards[continued_];
    const auto rest = plain_value(card.substr(kKeyword));
    const auto more = rest.starts_with('\'') ? quoted_value(card.substr(card.find('\'') + 1)) : std::nullopt;
    if (!more) return fail(Kind::Malformed, "CONTINUE of card {} holds no string", continued_);
    value.pop_back();
    value += *more;
    if (!value.ends_with('&')) continued_.clear();
    return {};
  }
  continued_.clear();
  if (card.substr(kKeyword, 2) != "= " || keyword.empty()) return {};  // commentary
  const auto field = card.substr(kKeyword + 2);
  const auto start = field.find_first_not_of(' ');
  if (start != std::string_view::npos && field[start] == '\'') {
    auto value = quoted_value(field.substr(start + 1));
    if (!value) return fail(Kind::Malformed, "card {}: a string without its closing quote", printable(keyword));
    if (value->ends_with('&')) continued_ = keyword;
    header_.cards.insert_or_assign(keyword, std::move(*value));
  } else {
    header_.cards.insert_or_assign(keyword, std::string(plain_value(field)));
  }
  return {};
}

Result<FitsHeader> FitsHeaderParser::finish() {
  if (auto ordered = check_order(); !ordered) return std::unexpected(std::move(ordered.error()));
  if (auto measured = measure(); !measured) return std::unexpected(std::move(measured.error()));
  return std::move(header_);
}

Result<void> FitsHeaderParser::check_order() const {
  const auto place = [&](std::size_t i) {
    return i < first_keywords_.size() ? std::string_view(first_keywords_[i]) : "";
  };
  const std::string_view first = primary_ ? "SIMPLE" : "XTENSION";
  if (place(0) != first || place(1) != "BITPIX" || place(2) != "NAXIS") {
    return fail(Kind::Malformed, "the header must begin with {}, BITPIX and NAXIS, not {}, {} and {}", first,
                printable(place(0)), printable(place(1)), printable(place(2)));
  }
  if (primary_ && header_.find("SIMPLE") != "T")
    return fail(Kind::Malformed, "SIMPLE is not T: the file does not conform to FITS");
  auto axes = header_.integer("NAXIS");
  if (!axes) return std::unexpected(std::move(axes.error()));
  if (!*axes || **axes < 0 || **axes > static_cast<std::int64_t>(kMaxAxes)) {
    return fail(Kind::Malformed, "NAXIS is {}; 0 to {} are allowed", printable(header_.find("NAXIS").value_or("")),
                kMaxAxes);
  }
  for (std::int64_t i = 1; i <= **axes; ++i) {
    if (place(static_cast<std::size_t>(i) + 2) != fmt::format("NAXIS{}", i)) {
      return fail(Kind::Malformed, "NAXIS is {}, but card {} is not NAXIS{}", **axes, i + 3, i);
    }
  }
  return {};
}

Result<void> FitsHeaderParser::measure() {
  const auto natural = [&](const std::string& keyword,
                           std::optional<std::uint64_t> otherwise) -> Result<std::uint64_t> {
    auto value = header_.integer(keyword);
    if (!value) return std::unexpected(std::move(value.error()));
    if (!*value && otherwise) return *otherwise;
    if (!*value || **value < 0) return fail(Kind::Malformed, "card {} is missing or negative", keyword);
    return static_cast<std::uint64_t>(**value);
  };
  auto bitpix = header_.integer("BITPIX");
  if (!bitpix) return std::unexpected(std::move(bitpix.error()));
  const std::int64_t bits = bitpix->value_or(0);
  if (bits != 8 && bits != 16 && bits != 32 && bits != 64 && bits != -32 && bits != -64) {
    return fail(Kind::Malformed, "BITPIX is {}; 8, 16, 32, 64, -32 and -64 are allowed", bits);
  }
  if (!primary_) header_.extension = std::string(header_.find("XTENSION").value_or(""));
  const bool groups = primary_ && header_.find("GROUPS") == "T";
  const std::optional<std::uint64_t> no_pcount = primary_ ? std::optional<std::uint64_t>(0) : std::nullopt;
  const std::optional<std::uint64_t> one_group = primary_ ? std::optional<std::uint64_t>(1) : std::nullopt;
  auto pcount = natural("PCOUNT", no_pcount);
  if (!pcount) return std::unexpected(std::move(pcount.error()));
  auto gcount = natural("GCOUNT", one_group);
  if (!gcount) return std::unexpected(std::move(gcount.error()));
  auto axes = natural("NAXIS", std::nullopt);
  if (!axes) return std::unexpected(std::move(axes.error()));
  header_.pcount = *pcount;
  std::uint64_t total = *axes == 0 ? 0 : 1;
  bool overflow = false;
  for (std::uint64_t i = 1; i <= *axes; ++i) {
    auto size = natural(fmt::format("NAXIS{}", i), std::nullopt);
    if (!size) return std::unexpected(std::move(size.error()));
    header_.axes.push_back(*size);
    if (groups && i == 1 && *size == 0) continue;  // random groups (§6): NAXIS1 is 0 and does not count
    overflow |= __builtin_mul_overflow(total, *size, &total);
  }
  // |BITPIX| × GCOUNT × (PCOUNT + NAXIS1 × … × NAXISm), §4.4.1.2 equation 2; a primary array has neither unless it
  // holds groups.
  if (!primary_ || groups) {
    overflow |= __builtin_add_overflow(total, *axes == 0 ? 0 : *pcount, &total);
    overflow |= __builtin_mul_overflow(total, *gcount, &total);
  }
  overflow |= __builtin_mul_overflow(total, static_cast<std::uint64_t>(bits < 0 ? -bits : bits) / 8, &total);
  if (overflow || total > INT64_MAX / 2)
    return fail(Kind::Malformed, "NAXISn, PCOUNT and GCOUNT make more bytes than any file holds");
  header_.data_bytes = total;
  return {};
}

}  // namespace garner::table
