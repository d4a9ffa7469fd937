// One pass over the tokens, in constant memory. Keywords count where they stand outside of all parentheses and are no
// part of a qualified name.
#include "ivoa/adql_outline.h"

#include <algorithm>
#include <charconv>

#include "ivoa/adql_scanner.h"

namespace garner::ivoa {

namespace {

constexpr std::size_t kLongestText = 16u << 20;

// Of ADQL 2.1 §4.1, and what PostgreSQL and the Gaia archive have beside them. OVER makes any function one of all rows.
constexpr std::array<std::string_view, 20> kAggregates = {
    "ARRAY_AGG",  "AVG",        "BOOL_AND",    "BOOL_OR",    "CORR", "COUNT",   "COVAR_POP",
    "COVAR_SAMP", "MAX",        "MEDIAN",      "MIN",        "MODE", "OVER",    "PERCENTILE_CONT",
    "STDDEV",     "STDDEV_POP", "STDDEV_SAMP", "STRING_AGG", "SUM",  "VARIANCE"};

class Outliner {
 public:
  explicit Outliner(std::string_view text) : scanner_(text) {}

  Result<AdqlOutline> run() {
    if (auto first = advance(); !first) return std::unexpected(std::move(first.error()));
    while (true) {
      if (auto moved = advance(); !moved) return std::unexpected(std::move(moved.error()));
      if (now_.kind == AdqlToken::Kind::End) break;
      if (auto taken = take(); !taken) return std::unexpected(std::move(taken.error()));
    }
    if (auto whole = check_end(); !whole) return std::unexpected(std::move(whole.error()));
    return out_;
  }

 private:
  // One token ahead, which tells GROUP BY from a column "group".
  Result<void> advance() {
    before_ = now_;
    now_ = next_;
    auto token = scanner_.next();
    if (!token) return std::unexpected(std::move(token.error()));
    next_ = *token;
    return {};
  }

  Result<void> take() {
    if (ended_) {
      if (now_.is(';')) return {};
      return fail(Kind::Invalid, "{}: there is more behind the ';': only one query is taken",
                  scanner_.place(now_.begin));
    }
    if (now_.is('(') || now_.is(')')) {
      if (auto counted = parenthesis(); !counted) return counted;
    } else if (now_.is(';')) {
      if (depth_ > 0) return fail(Kind::Invalid, "{}: a ';' inside parentheses", scanner_.place(now_.begin));
      ended_ = true;
      return {};
    } else if (now_.kind == AdqlToken::Kind::Word && !before_.is('.') && !next_.is('.')) {
      if (depth_ == 0) {
        const auto keyword = take_keyword();
        if (!keyword) return std::unexpected(keyword.error());
        if (*keyword) return {};
      }
      note_aggregate();
    }
    if (!begun_) {
      return fail(Kind::Invalid, "{}: a query begins with SELECT, this one with '{}'", scanner_.place(now_.begin),
                  printable(now_.text, 40));
    }
    extend();
    return {};
  }

  Result<void> parenthesis() {
    if (now_.is('(')) {
      ++depth_;
      opened_at_ = depth_ == 1 ? now_.begin : opened_at_;
      if (subquery_depth_ == 0 && (next_.is_word("SELECT") || next_.is_word("WITH"))) subquery_depth_ = depth_;
      return {};
    }
    if (depth_ == 0) return fail(Kind::Invalid, "{}: this ')' closes nothing", scanner_.place(now_.begin));
    if (subquery_depth_ == depth_) subquery_depth_ = 0;
    --depth_;
    return {};
  }

  // Whether the token was a keyword of the outline, and no part of a clause's text.
  Result<bool> take_keyword() {
    SelectShape& shape = out_.shape;
    if (now_.is_word("SELECT")) return take_select();
    if (!begun_) {
      if (!now_.is_word("WITH")) return false;
      shape.with_clause = true;
      return enter(Clause::With);
    }
    if (clause_ == Clause::With) return false;
    if (at_list_begin_) return take_quantifier();
    if (now_.is_word("UNION") || now_.is_word("INTERSECT") || now_.is_word("EXCEPT")) {
      shape.set_operation = true;
      return clause_ == Clause::OtherSelect ? Result<bool>(false) : enter(Clause::OtherSelect);
    }
    if (now_.is_word("ORDER") && next_.is_word("BY")) {
      shape.has_order_by = true;
      return enter_by(Clause::OrderBy);
    }
    if (clause_ == Clause::OtherSelect) return false;
    return take_clause();
  }

  Result<bool> take_select() {
    if (!begun_ || clause_ == Clause::With) {
      at_list_begin_ = true;
      return enter(Clause::Select);
    }
    if (clause_ == Clause::OtherSelect) return false;
    return fail(Kind::Invalid, "{}: a second SELECT; a subquery stands in parentheses", scanner_.place(now_.begin));
  }

  // What stands between SELECT and what is selected.
  Result<bool> take_quantifier() {
    SelectShape& shape = out_.shape;
    if (before_.is_word("SELECT") && (now_.is_word("ALL") || now_.is_word("DISTINCT"))) {
      shape.distinct = now_.is_word("DISTINCT");
      return true;
    }
    if (now_.is_word("TOP") && next_.kind == AdqlToken::Kind::Number) {
      std::uint64_t top = 0;
      const auto digits = next_.text;
      const auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), top);
      if (error != std::errc() || stopped != digits.data() + digits.size())
        return fail(Kind::Invalid, "{}: TOP takes a whole number, not '{}'", scanner_.place(next_.begin),
                    printable(digits, 40));
      shape.has_top = true;
      shape.top = top;
      at_list_begin_ = false;
      if (auto moved = advance(); !moved) return std::unexpected(std::move(moved.error()));
      return true;
    }
    at_list_begin_ = false;
    return take_clause();
  }

  Result<bool> take_clause() {
    SelectShape& shape = out_.shape;
    if (clause_ == Clause::Select) {
      if (!now_.is_word("FROM")) return false;
      shape.has_from = true;
      return enter(Clause::From);
    }
    if (now_.is_word("WHERE")) {
      shape.has_where = true;
      return enter(Clause::Where);
    }
    if (now_.is_word("GROUP") && next_.is_word("BY")) {
      shape.has_group_by = true;
      return enter_by(Clause::GroupBy);
    }
    if (now_.is_word("HAVING")) {
      shape.has_having = true;
      return enter(Clause::Having);
    }
    const bool number_follows = next_.kind == AdqlToken::Kind::Number;
    const bool offset = now_.is_word("OFFSET") && number_follows;
    const bool limit = (now_.is_word("LIMIT") && number_follows) ||
                       (now_.is_word("FETCH") && (next_.is_word("FIRST") || next_.is_word("NEXT")));
    if (!offset && !limit) return false;
    (offset ? shape.has_offset : shape.has_limit) = true;
    return clause_ == Clause::RowLimit ? Result<bool>(false) : enter(Clause::RowLimit);
  }

  // Clauses stand in their order; the ORDER BY of a set operation stands behind all its SELECTs.
  Result<bool> enter(Clause clause) {
    const bool behind_all =
        clause == Clause::OrderBy && clause_ == Clause::OtherSelect && out_.span(Clause::OrderBy).keyword == 0;
    if (begun_ && clause <= clause_ && !behind_all) {
      return fail(Kind::Invalid, "{}: {} does not belong here: a second one, or out of its order",
                  scanner_.place(now_.begin), printable(now_.text, 20));
    }
    begun_ = true;
    clause_ = clause;
    span().keyword = now_.begin;
    out_.end = now_.end;
    return true;
  }

  Result<bool> enter_by(Clause clause) {
    auto entered = enter(clause);
    if (!entered) return entered;
    if (auto moved = advance(); !moved) return std::unexpected(std::move(moved.error()));
    return true;
  }

  void extend() {
    at_list_begin_ = false;
    ends_with_dot_ = now_.is('.');
    if (span().end == 0) span().begin = now_.begin;
    span().end = out_.end = now_.end;
  }

  void note_aggregate() {
    if (clause_ != Clause::Select || subquery_depth_ != 0 || !next_.is('(')) return;
    out_.shape.has_aggregate |=
        std::ranges::any_of(kAggregates, [this](std::string_view word) { return now_.is_word(word); });
  }

  Result<void> check_end() {
    if (depth_ > 0) return fail(Kind::Invalid, "{}: this '(' is never closed", scanner_.place(opened_at_));
    if (!begun_) return fail(Kind::Invalid, "there is no query here: expected SELECT");
    if (ends_with_dot_) return fail(Kind::Invalid, "the query ends in the middle of a name");
    if (clause_ == Clause::With) return fail(Kind::Invalid, "there is no SELECT behind WITH");
    constexpr std::array<std::string_view, kClauses> kNames = {
        "WITH", "SELECT", "FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "OFFSET or LIMIT", "UNION"};
    for (std::size_t i = 0; i < kClauses; ++i) {
      const auto& found = out_.spans[i];
      const bool there = found.keyword != 0 || static_cast<Clause>(i) == Clause::Select;
      if (there && found.end == 0)
        return fail(Kind::Invalid, "{}: nothing follows {}", scanner_.place(found.keyword), kNames[i]);
    }
    return {};
  }

  AdqlOutline::Span& span() { return out_.spans[static_cast<std::size_t>(clause_)]; }

  AdqlScanner scanner_;
  AdqlOutline out_;
  AdqlToken before_{}, now_{}, next_{};
  Clause clause_ = Clause::With;
  bool begun_ = false, ended_ = false, at_list_begin_ = false, ends_with_dot_ = false;
  std::size_t depth_ = 0;           // of parentheses
  std::size_t opened_at_ = 0;       // the outermost open one
  std::size_t subquery_depth_ = 0;  // of the outermost subquery that is open
};

}  // namespace

Result<AdqlOutline> outline_of(std::string_view adql) {
  if (adql.size() > kLongestText) return fail(Kind::TooLarge, "the query is longer than {} MiB", kLongestText >> 20);
  return Outliner(adql).run();
}

}  // namespace garner::ivoa
