#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

#include "archive_sim/adql/lexer.h"
#include "archive_sim/adql/query.h"

namespace garner::archive_sim::adql {
namespace {

constexpr std::array<std::string_view, 26> kReserved = {
    "select", "from", "where", "and", "or", "not",   "in",   "is",    "null",  "like",   "between", "order",    "by",
    "asc",    "desc", "top",   "as",  "on", "using", "join", "inner", "group", "having", "union",   "distinct", "all"};
constexpr int kDeepest = 200;  // bounds the recursion

// Thrown inside this file only and caught in parse().
struct Stumble {
  std::string text;
};

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Query whole() {
    Query query = select();
    accept_symbol(";");
    if (now().kind != Token::Kind::End) expected("<EOF>");
    return query;
  }

 private:
  const Token& now() const { return tokens_[at_]; }
  const Token& ahead(std::size_t n) const { return tokens_[std::min(at_ + n, tokens_.size() - 1)]; }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  static bool is_word(const Token& token, std::string_view word) {
    return token.kind == Token::Kind::Word && lower(token.text) == word;
  }
  static bool is_symbol(const Token& token, std::string_view symbol) {
    return token.kind == Token::Kind::Symbol && token.text == symbol;
  }
  bool accept(std::string_view word) {
    if (!is_word(now(), word)) return false;
    take();
    return true;
  }
  bool accept_symbol(std::string_view symbol) {
    if (!is_symbol(now(), symbol)) return false;
    take();
    return true;
  }
  void expect(std::string_view word, std::string_view shown) {
    if (!accept(word)) expected(shown);
  }
  void expect_symbol(std::string_view symbol) {
    if (!accept_symbol(symbol)) expected(fmt::format("\"{}\"", symbol));
  }

  [[noreturn]] void expected(std::string_view what) const {
    const std::string found = now().kind == Token::Kind::End ? "<EOF>" : now().text;
    throw Stumble{fmt::format("Encountered \"{}\" at line {}, column {}.\nWas expecting one of:\n    {} ...\n    ",
                              found, now().from.line, now().from.column, what)};
  }

  bool at_name() const {
    return now().kind == Token::Kind::Quoted ||
           (now().kind == Token::Kind::Word && std::ranges::find(kReserved, lower(now().text)) == kReserved.end());
  }
  std::string name() {
    if (!at_name()) expected("<REGULAR_IDENTIFIER>");
    return take().text;
  }

  Query select() {
    const Depth depth(*this);
    Query query;
    expect("select", "\"SELECT\"");
    if (accept("distinct"))
      query.distinct = true;
    else
      accept("all");
    if (accept("top")) query.top = unsigned_integer();
    do {
      query.items.push_back(item());
    } while (accept_symbol(","));
    expect("from", "\"FROM\"");
    query.tables.push_back(table());
    if (is_word(now(), "inner") || is_word(now(), "join")) join(query);
    if (accept("where")) query.where = condition();
    if (accept("order")) order_by(query);
    return query;
  }

  std::uint64_t unsigned_integer() {
    std::uint64_t n = 0;
    const Token& token = now();
    const auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), n);
    if (token.kind != Token::Kind::Integer || error != std::errc{} || end != token.text.data() + token.text.size())
      expected("<UNSIGNED_INTEGER>");
    take();
    return n;
  }

  Item item() {
    Item item;
    if (accept_symbol("*")) {
      item.star = true;
      return item;
    }
    item.expression = sum();
    if (item.expression.op == Op::Column && item.expression.name.back().empty()) {
      item.star = true;
      item.star_of = item.expression.name;
      item.star_of.pop_back();
    } else if (accept("as") || at_name()) {
      item.alias = name();
    }
    return item;
  }

  TableName table() {
    TableName table;
    table.from = now().from;
    if (accept_symbol("(")) {
      table.query = std::make_shared<Query>(select());
      expect_symbol(")");
    } else {
      do {
        table.to = now().to;
        table.name.push_back(name());
      } while (accept_symbol("."));
    }
    if (accept("as") || at_name()) table.alias = name();
    return table;
  }

  void join(Query& query) {
    accept("inner");
    expect("join", "\"JOIN\"");
    query.tables.push_back(table());
    if (accept("using")) {
      expect_symbol("(");
      do {
        query.using_columns.push_back(name());
      } while (accept_symbol(","));
      expect_symbol(")");
    } else {
      expect("on", "\"ON\"");
      query.on = condition();
    }
  }

  void order_by(Query& query) {
    expect("by", "\"BY\"");
    do {
      Order order{sum(), false};
      if (accept("desc"))
        order.descending = true;
      else
        accept("asc");
      query.order.push_back(std::move(order));
    } while (accept_symbol(","));
  }

  Expression condition() {
    const Depth depth(*this);
    Expression left = conjunction();
    while (accept("or")) left = node(Op::Or, std::move(left), conjunction());
    return left;
  }
  Expression conjunction() {
    Expression left = negation();
    while (accept("and")) left = node(Op::And, std::move(left), negation());
    return left;
  }
  Expression negation() {
    const Depth depth(*this);
    if (accept("not")) return node(Op::Not, negation());
    return predicate();
  }

  // An opening parenthesis may begin a condition or an expression: the condition is tried first.
  Expression predicate() {
    if (is_symbol(now(), "(")) {
      const std::size_t start = at_;
      try {
        take();
        Expression inner = condition();
        expect_symbol(")");
        return inner;
      } catch (const Stumble&) {
        at_ = start;
      }
    }
    Expression left = sum();
    if (accept("is")) {
      Expression out = node(Op::IsNull, std::move(left));
      out.negated = accept("not");
      expect("null", "\"NULL\"");
      return out;
    }
    const bool negated = accept("not");
    Expression out;
    if (accept("between")) {
      out = node(Op::Between, std::move(left), sum());
      expect("and", "\"AND\"");
      out.parts.push_back(sum());
    } else if (accept("in")) {
      out = list(std::move(left));
    } else if (accept("like")) {
      out = node(Op::Like, std::move(left), sum());
    } else if (!negated) {
      const Op op = comparison();
      return node(op, std::move(left), sum());
    } else {
      expected("\"BETWEEN\"");
    }
    out.negated = negated;
    return out;
  }

  Op comparison() {
    static constexpr std::pair<std::string_view, Op> kComparisons[] = {
        {"=", Op::Equal},      {"<>", Op::NotEqual}, {"!=", Op::NotEqual},    {"<", Op::Less},
        {"<=", Op::LessEqual}, {">", Op::Greater},   {">=", Op::GreaterEqual}};
    for (const auto& [symbol, op] : kComparisons)
      if (accept_symbol(symbol)) return op;
    expected("\"=\"");
  }

  Expression list(Expression left) {
    Expression out = node(Op::In, std::move(left));
    expect_symbol("(");
    if (is_word(now(), "select")) {
      out.query = std::make_shared<Query>(select());
    } else {
      do {
        Expression element = sum();
        if (element.op == Op::Negate && element.parts[0].op == Op::Literal) {
          Value& v = element.parts[0].literal;
          v.integer = -v.integer;
          v.real = -v.real;
          element = Expression(element.parts[0]);
        }
        if (element.op != Op::Literal) expected("<literal>");
        out.list.push_back(std::move(element.literal));
      } while (accept_symbol(","));
    }
    expect_symbol(")");
    return out;
  }

  Expression sum() {
    const Depth depth(*this);
    Expression left = product();
    while (is_symbol(now(), "+") || is_symbol(now(), "-")) {
      const Op op = take().text == "+" ? Op::Add : Op::Subtract;
      left = node(op, std::move(left), product());
    }
    return left;
  }
  Expression product() {
    Expression left = factor();
    while (is_symbol(now(), "*") || is_symbol(now(), "/")) {
      const Op op = take().text == "*" ? Op::Multiply : Op::Divide;
      left = node(op, std::move(left), factor());
    }
    return left;
  }

  Expression factor() {
    const Depth depth(*this);
    if (accept_symbol("-")) return node(Op::Negate, factor());
    accept_symbol("+");
    if (accept_symbol("(")) {
      Expression inner = sum();
      expect_symbol(")");
      return inner;
    }
    if (now().kind == Token::Kind::Word && is_symbol(ahead(1), "(")) return function();
    if (at_name()) return column();
    return literal();
  }

  Expression literal() {
    Expression out;
    const Token& token = now();
    if (token.kind == Token::Kind::Text) {
      out.literal = Value::of(token.text);
    } else if (token.kind == Token::Kind::Real) {
      out.literal = Value::of(std::strtod(token.text.c_str(), nullptr));
    } else if (token.kind == Token::Kind::Integer) {
      std::int64_t n = 0;
      const auto result = std::from_chars(token.text.data(), token.text.data() + token.text.size(), n);
      out.literal = result.ec == std::errc{} ? Value::of(n) : Value::of(std::strtod(token.text.c_str(), nullptr));
    } else {
      expected("<literal>");
    }
    take();
    return out;
  }

  Expression column() {
    Expression out;
    out.op = Op::Column;
    out.from = now().from;
    do {
      out.to = now().to;
      if (!out.name.empty() && accept_symbol("*")) {
        out.name.emplace_back();  // "t.*": the caller sees the empty name
        return out;
      }
      out.name.push_back(name());
    } while (accept_symbol("."));
    return out;
  }

  Expression function() {
    const std::string word = lower(now().text);
    if (word == "count") {
      take(), take();
      if (!accept_symbol("*")) expected("\"*\"");
      expect_symbol(")");
      return node(Op::CountAll);
    }
    if (word == "distance") return distance();
    if (word == "contains") return contains();
    const Op op = word == "min" ? Op::Minimum : word == "max" ? Op::Maximum : Op::Abs;
    if (op == Op::Abs && word != "abs") expected("\"ABS\" \"CONTAINS\" \"COUNT\" \"DISTANCE\" \"MAX\" \"MIN\"");
    take(), take();
    Expression out = node(op, sum());
    expect_symbol(")");
    return out;
  }

  // name ( ['ICRS',] number, number, ... ): `count` numbers behind an optional coordinate system.
  void shape(Expression& out, std::string_view word, std::size_t count) {
    expect(word, fmt::format("\"{}\"", word));
    expect_symbol("(");
    if (now().kind == Token::Kind::Text) {
      take();
      expect_symbol(",");
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) expect_symbol(",");
      out.parts.push_back(sum());
    }
    expect_symbol(")");
  }

  Expression distance() {
    take(), take();
    Expression out = node(Op::Distance);
    if (is_word(now(), "point")) {
      shape(out, "point", 2);
      expect_symbol(",");
      shape(out, "point", 2);
    } else {
      for (int i = 0; i < 4; ++i) {
        if (i > 0) expect_symbol(",");
        out.parts.push_back(sum());
      }
    }
    expect_symbol(")");
    return out;
  }

  Expression contains() {
    take(), take();
    Expression out = node(Op::InCircle);
    shape(out, "point", 2);
    expect_symbol(",");
    if (is_word(now(), "circle")) {
      shape(out, "circle", 3);
    } else {
      out.op = Op::InBox;
      shape(out, "box", 4);
    }
    expect_symbol(")");
    return out;
  }

  template <class... Parts>
  static Expression node(Op op, Parts... parts) {
    Expression out;
    out.op = op;
    (out.parts.push_back(std::move(parts)), ...);
    return out;
  }

  struct Depth {
    explicit Depth(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDeepest) {
        --parser_.depth_;
        throw Stumble{"the query is nested too deeply"};
      }
    }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Parser& parser_;
  };

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::variant<Query, Complaint> parse(std::string_view adql) {
  try {
    return Parser(tokens_of(adql)).whole();
  } catch (const Stumble& stumble) {
    return Complaint{stumble.text};
  }
}

}  // namespace garner::archive_sim::adql
