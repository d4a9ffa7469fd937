// Private to lib/ivoa: the tokens of an ADQL text, one after the other (ADQL 2.1 §2.1). Blanks and comments are none.
#pragma once

#include "base/error.h"

namespace garner::ivoa {

struct AdqlToken {
  enum class Kind { Word, Number, String, Delimited, Symbol, End };
  Kind kind = Kind::End;
  std::string_view text;  // as it stands
  std::size_t begin = 0, end = 0;

  bool is(char symbol) const { return kind == Kind::Symbol && text[0] == symbol; }
  bool is_word(std::string_view upper) const;  // in any case
};

class AdqlScanner {
 public:
  explicit AdqlScanner(std::string_view text) : text_(text) {}
  // Invalid for a string, identifier or comment that is never closed, and for a comment inside a comment, which
  // services read differently.
  Result<AdqlToken> next();
  // "line 3, column 7"
  std::string place(std::size_t at) const;

 private:
  Result<void> skip_blanks();
  Result<void> skip_comment();
  Result<std::size_t> end_of_quoted() const;
  std::size_t end_of_number() const;
  char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace garner::ivoa
