#include "table/fits/head.h"

#include <fitsio.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "table/fits/cfitsio_turn.h"
#include "table/fits/header.h"
#include "table/fits/sum.h"

namespace garner::table {

namespace {

constexpr std::size_t kCard = 80;
constexpr std::string_view kNoChecksum = "0000000000000000";
constexpr std::string_view kHighestDatasum = "4294967295";  // as long as any

std::string ascii(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

// A table without rows, in memory, whose header is written card by card. Holds the turn for its whole life.
class Scratch {
 public:
  Scratch() : turn_(cfitsio_turn()) {
    fits_clear_errmsg();
    fits_create_memfile(&file_, &memory_, &size_, kFitsBlock, &std::realloc, &status_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    int ignored = 0;
    if (file_ != nullptr) fits_close_file(file_, &ignored);
    fits_clear_errmsg();
    std::free(memory_);
  }

  void make_table(const FitsHead& head) {
    std::vector<std::string> texts;
    texts.reserve(3 * head.columns.size());
    std::vector<char*> names, forms, units;
    const auto add = [&texts](std::vector<char*>& list, std::string_view text) {
      list.push_back(texts.emplace_back(ascii(text)).data());
    };
    for (const auto& column : head.columns) {
      add(names, column.name);
      add(forms, column.tform);
      add(units, column.unit);
    }
    std::string name = ascii(head.name);
    fits_create_tbl(file_, BINARY_TBL, 0, static_cast<int>(names.size()), names.data(), forms.data(), units.data(),
                    name.empty() ? nullptr : name.data(), &status_);
  }

  void number(const std::string& keyword, std::int64_t value, const std::string& comment) {
    long long number = value;
    fits_update_key(file_, TLONGLONG, keyword.c_str(), &number, ascii(comment).c_str(), &status_);
  }
  // A number that is spelt already.
  void number(const std::string& keyword, std::string_view spelt) {
    if (!spelt.empty()) fits_write_record(file_, fmt::format("{:<8}= {:>20}", keyword, ascii(spelt)).c_str(), &status_);
  }
  void text(const std::string& keyword, std::string_view value, const std::string& comment = {}) {
    if (!value.empty())
      fits_write_key_longstr(file_, keyword.c_str(), ascii(value).c_str(), ascii(comment).c_str(), &status_);
  }

  // Of the HDU (1 is the primary one), to END, without the blanks behind it.
  std::string cards_of(int hdu) {
    char* cards = nullptr;
    int count = 0;
    fits_movabs_hdu(file_, hdu, nullptr, &status_);
    fits_hdr2str(file_, 0, nullptr, 0, &cards, &count, &status_);
    std::string out(cards == nullptr ? "" : cards);
    int ignored = 0;
    fits_free_memory(cards, &ignored);
    out.resize(out.find_last_not_of(' ') + 1);
    return out;
  }

  Result<void> verdict() {
    if (status_ == 0) return {};
    std::array<char, FLEN_STATUS> words{};
    std::array<char, FLEN_ERRMSG> message{};
    fits_get_errstatus(status_, words.data());
    fits_read_errmsg(message.data());
    return fail(Kind::Internal, "CFITSIO can't make the table's header: {} (status {}){}{}", words.data(), status_,
                message[0] == '\0' ? "" : ": ", printable(message.data()));
  }

 private:
  std::unique_lock<std::mutex> turn_;
  fitsfile* file_ = nullptr;
  void* memory_ = nullptr;
  std::size_t size_ = 0;
  int status_ = 0;
};

// The header of one HDU: cards, END, blanks.
class Header {
 public:
  explicit Header(std::string cards) : text_(std::move(cards)) {
    if (text_.ends_with("END")) text_.resize((text_.size() - 1) / kCard * kCard);
  }

  // The comment stands where others put it, too: astropy checks a sum by writing the card anew.
  void add_text(std::string_view keyword, std::string_view value, std::string_view comment) {
    append(fmt::format("{:<8}= {:<20} / {}", keyword, fmt::format("'{:<8}'", value), comment));
  }
  // Replaces the number of a card that is there, in the fixed format (§4.2.3).
  void set_number(std::string_view keyword, std::uint64_t value) {
    const std::size_t at = find(keyword);
    text_.replace(at + 10, 20, fmt::format("{:>20}", value));
  }
  void set_text(std::string_view keyword, std::string_view value) {
    text_.replace(find(keyword) + 11, value.size(), value);
  }

  void end() {
    append("END");
    text_.resize((text_.size() + kFitsBlock - 1) / kFitsBlock * kFitsBlock, ' ');
  }

  // DATASUM, then CHECKSUM, which makes the whole HDU's sum "minus zero".
  void seal(std::uint32_t data_sum) {
    set_text("DATASUM", fmt::format("{:<{}}", fmt::format("{:<8}'", data_sum), kHighestDatasum.size() + 1));
    FitsSum sum;
    sum.add(std::as_bytes(std::span(text_)));
    std::array<char, 17> encoded{};
    fits_encode_chksum(add_fits_sums(sum.value(), data_sum), 1, encoded.data());
    set_text("CHECKSUM", encoded.data());
  }

  const std::string& text() const { return text_; }

 private:
  void append(std::string card) {
    card.resize(kCard, ' ');
    text_ += card;
  }
  std::size_t find(std::string_view keyword) const {
    const std::string start = fmt::format("{:<8}=", keyword);
    for (std::size_t at = 0; at + kCard <= text_.size(); at += kCard) {
      if (text_.compare(at, start.size(), start) == 0) return at;
    }
    std::abort();  // of a card that is in every header made here
  }

  std::string text_;
};

std::string sealed(std::string cards, const FitsHead* table, std::uint32_t data_sum) {
  Header header(std::move(cards));
  if (table != nullptr) {
    header.set_number("NAXIS2", table->rows);
    header.set_number("PCOUNT", table->heap_bytes);
  }
  header.add_text("CHECKSUM", kNoChecksum, "of the HDU");
  header.add_text("DATASUM", kHighestDatasum, "of the data unit");
  header.end();
  header.seal(data_sum);
  return header.text();
}

}  // namespace

std::unique_lock<std::mutex> cfitsio_turn() {
  static std::mutex mutex;
  return std::unique_lock(mutex);
}

Result<std::string> make_fits_head(const FitsHead& head, std::uint32_t data_sum) {
  Scratch scratch;
  scratch.make_table(head);
  for (std::size_t i = 0; i < head.columns.size(); ++i) {
    const auto& column = head.columns[i];
    const auto keyword = [n = i + 1](const char* stem) { return fmt::format("{}{}", stem, n); };
    scratch.number(keyword("TSCAL"), column.scale);
    scratch.number(keyword("TZERO"), column.zero);
    if (column.null) scratch.number(keyword("TNULL"), *column.null, "blank value");
    scratch.text(keyword("TDIM"), column.dim);
    scratch.text(keyword("TDISP"), column.display);
    scratch.text(keyword("TUCD"), column.ucd);
    scratch.text(keyword("TCOMM"), column.description);
  }
  for (const auto& card : head.cards) {
    if (const auto* value = std::get_if<std::int64_t>(&card.value))
      scratch.number(card.keyword, *value, card.comment);
    else
      scratch.text(card.keyword, std::get<std::string>(card.value), card.comment);
  }
  std::string table = scratch.cards_of(2), primary = scratch.cards_of(1);
  if (auto good = scratch.verdict(); !good) return std::unexpected(std::move(good.error()));
  return sealed(std::move(primary), nullptr, 0) + sealed(std::move(table), &head, data_sum);
}

}  // namespace garner::table
