#include "archive_sim/adql/lexer.h"

#include <cctype>

namespace garner::archive_sim::adql {
namespace {

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> all() {
    std::vector<Token> out;
    do {
      out.push_back(next());
    } while (out.back().kind != Token::Kind::End);
    return out;
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  char take() {
    const char c = text_[at_++];
    last_ = place_;
    if (c == '\n')
      place_ = {place_.line + 1, 1};
    else
      ++place_.column;
    return c;
  }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (std::isspace(static_cast<unsigned char>(peek())) != 0) {
        take();
      } else if (peek() == '-' && peek(1) == '-') {
        while (at_ < text_.size() && peek() != '\n') take();
      } else {
        return;
      }
    }
  }

  Token next() {
    skip_blanks();
    Token token;
    token.from = token.to = place_;
    if (at_ >= text_.size()) return token;
    if (is_letter(peek()))
      word(token);
    else if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1))))
      number(token);
    else if (peek() == '\'' || peek() == '"')
      quoted(token);
    else
      symbol(token);
    token.to = last_;
    return token;
  }

  void word(Token& token) {
    token.kind = Token::Kind::Word;
    while (is_letter(peek()) || is_digit(peek())) token.text += take();
  }

  void number(Token& token) {
    token.kind = Token::Kind::Integer;
    while (is_digit(peek())) token.text += take();
    if (peek() == '.') {
      token.kind = Token::Kind::Real;
      do {
        token.text += take();
      } while (is_digit(peek()));
    }
    const bool sign = peek(1) == '+' || peek(1) == '-';
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign ? 2 : 1))) {
      token.kind = Token::Kind::Real;
      token.text += take();
      if (sign) token.text += take();
      while (is_digit(peek())) token.text += take();
    }
  }

  // A quote inside is doubled. One that never ends runs to the end of the query, where the parser stumbles.
  void quoted(Token& token) {
    const char quote = take();
    token.kind = quote == '\'' ? Token::Kind::Text : Token::Kind::Quoted;
    while (at_ < text_.size()) {
      const char c = take();
      if (c == quote && peek() != quote) return;
      if (c == quote) take();
      token.text += c;
    }
    token.kind = Token::Kind::Symbol;
  }

  void symbol(Token& token) {
    token.kind = Token::Kind::Symbol;
    token.text = take();
    const std::string two = token.text + peek();
    if (two == "<=" || two == ">=" || two == "<>" || two == "!=") token.text += take();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Place place_, last_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view adql) {
  return Lexer(adql).all();
}

}  // namespace garner::archive_sim::adql
