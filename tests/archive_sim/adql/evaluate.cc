#include "archive_sim/adql/evaluate.h"

#include <algorithm>
#include <cmath>

namespace garner::archive_sim::adql {
namespace {

constexpr double kDegree = 0.017453292519943295;

Truth truth(bool b) {
  return b ? Truth::Yes : Truth::No;
}
Truth inverse(Truth t) {
  return t == Truth::Unknown ? t : truth(t == Truth::No);
}

int sign_of(double a, double b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// "t", "True", ... as a boolean; the parser of literals let only such texts through (execute.cc).
bool text_is_true(const std::string& text) {
  return !text.empty() && (text[0] == 't' || text[0] == 'T' || text[0] == '1');
}

// SQL's LIKE: % any run, _ any one character.
bool like(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '_' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

// The numbers of a geometry; false where one of them is null.
bool numbers(const Expression& e, const Tables& tables, const Rows& rows, double* out) {
  for (const Expression& part : e.parts) {
    const Value v = evaluate(part, tables, rows);
    if (v.is_null()) return false;
    *out++ = v.number();
  }
  return true;
}

// A box after ADQL 2.0: its sides run along the coordinates, its width is measured along the equator of its centre.
bool in_box(const double* n) {
  double dx = std::fmod(std::abs(n[0] - n[2]), 360.0);
  if (dx > 180) dx = 360 - dx;
  return dx <= n[4] / 2 && std::abs(n[1] - n[3]) <= n[5] / 2;
}

Value arithmetic(Op op, const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return {};
  if (a.kind == Value::Kind::Integer && b.kind == Value::Kind::Integer) {
    // Wraps instead of overflowing; a quotient is cut towards zero, as PostgreSQL does.
    const auto x = static_cast<std::uint64_t>(a.integer), y = static_cast<std::uint64_t>(b.integer);
    if (op == Op::Add) return Value::of(static_cast<std::int64_t>(x + y));
    if (op == Op::Subtract) return Value::of(static_cast<std::int64_t>(x - y));
    if (op == Op::Multiply) return Value::of(static_cast<std::int64_t>(x * y));
    if (b.integer == 0) return {};
    return b.integer == -1 ? Value::of(static_cast<std::int64_t>(0 - x)) : Value::of(a.integer / b.integer);
  }
  const double x = a.number(), y = b.number();
  if (op == Op::Add) return Value::of(x + y);
  if (op == Op::Subtract) return Value::of(x - y);
  if (op == Op::Multiply) return Value::of(x * y);
  return y == 0 ? Value{} : Value::of(x / y);
}

Truth contained(const Expression& e, const Value& v) {
  if (v.is_null()) return Truth::Unknown;
  if (v.kind == Value::Kind::Integer && e.list.empty())
    return truth(std::ranges::binary_search(e.sorted_list, v.integer));
  return truth(std::ranges::any_of(e.list, [&](const Value& w) { return !w.is_null() && compare(v, w) == 0; }));
}

Truth between(const Expression& e, const Tables& tables, const Rows& rows) {
  const Value v = evaluate(e.parts[0], tables, rows), low = evaluate(e.parts[1], tables, rows),
              high = evaluate(e.parts[2], tables, rows);
  if (v.is_null() || low.is_null() || high.is_null()) return Truth::Unknown;
  return truth(compare(v, low) >= 0 && compare(v, high) <= 0);
}

Truth compared(const Expression& e, const Tables& tables, const Rows& rows) {
  const Value a = evaluate(e.parts[0], tables, rows), b = evaluate(e.parts[1], tables, rows);
  if (a.is_null() || b.is_null()) return Truth::Unknown;
  const int c = compare(a, b);
  switch (e.op) {
    case Op::Equal:
      return truth(c == 0);
    case Op::NotEqual:
      return truth(c != 0);
    case Op::Less:
      return truth(c < 0);
    case Op::LessEqual:
      return truth(c <= 0);
    case Op::Greater:
      return truth(c > 0);
    default:
      return truth(c >= 0);
  }
}

Truth both(const Expression& e, const Tables& tables, const Rows& rows, Truth deciding) {
  const Truth a = holds(e.parts[0], tables, rows);
  if (a == deciding) return a;
  const Truth b = holds(e.parts[1], tables, rows);
  if (b == deciding) return b;
  return a == Truth::Unknown || b == Truth::Unknown ? Truth::Unknown : a;
}

}  // namespace

double angular_distance(double lon1, double lat1, double lon2, double lat2) {
  const double s = std::sin((lat2 - lat1) * kDegree / 2), t = std::sin((lon2 - lon1) * kDegree / 2);
  const double h = s * s + std::cos(lat1 * kDegree) * std::cos(lat2 * kDegree) * t * t;
  return 2 * std::asin(std::min(1.0, std::sqrt(h))) / kDegree;
}

int compare(const Value& a, const Value& b) {
  using K = Value::Kind;
  if (a.kind == K::Bool || b.kind == K::Bool) {
    const auto yes = [](const Value& v) { return v.kind == K::Text ? text_is_true(v.text) : v.number() != 0; };
    return static_cast<int>(yes(a)) - static_cast<int>(yes(b));
  }
  if (a.kind == K::Text && b.kind == K::Text) return a.text.compare(b.text);
  if (a.kind == K::Integer && b.kind == K::Integer) return a.integer < b.integer ? -1 : a.integer > b.integer ? 1 : 0;
  const auto number = [](const Value& v) {
    return v.kind == K::Text ? std::strtod(v.text.c_str(), nullptr) : v.number();
  };
  return sign_of(number(a), number(b));
}

Value evaluate(const Expression& e, const Tables& tables, const Rows& rows) {
  switch (e.op) {
    case Op::Column:
      return tables[e.table]->cell(rows[e.table], e.column);
    case Op::Literal:
      return e.literal;
    case Op::Negate:
      return arithmetic(Op::Subtract, Value::of(std::int64_t{0}), evaluate(e.parts[0], tables, rows));
    case Op::Add:
    case Op::Subtract:
    case Op::Multiply:
    case Op::Divide:
      return arithmetic(e.op, evaluate(e.parts[0], tables, rows), evaluate(e.parts[1], tables, rows));
    case Op::Abs: {
      Value v = evaluate(e.parts[0], tables, rows);
      if (v.kind == Value::Kind::Integer && v.integer < 0) v.integer = -v.integer;
      v.real = std::abs(v.real);
      return v;
    }
    case Op::Distance:
    case Op::InCircle:
    case Op::InBox: {
      double n[6];
      if (!numbers(e, tables, rows, n)) return {};
      if (e.op == Op::InBox) return Value::of(std::int64_t{in_box(n) ? 1 : 0});
      const double distance = angular_distance(n[0], n[1], n[2], n[3]);
      return e.op == Op::Distance ? Value::of(distance) : Value::of(std::int64_t{distance <= n[4] ? 1 : 0});
    }
    default: {
      const Truth t = holds(e, tables, rows);
      return t == Truth::Unknown ? Value{} : Value::of(t == Truth::Yes);
    }
  }
}

Truth holds(const Expression& e, const Tables& tables, const Rows& rows) {
  Truth out = Truth::Unknown;
  switch (e.op) {
    case Op::And:
      return both(e, tables, rows, Truth::No);
    case Op::Or:
      return both(e, tables, rows, Truth::Yes);
    case Op::Not:
      return inverse(holds(e.parts[0], tables, rows));
    case Op::Between:
      out = between(e, tables, rows);
      break;
    case Op::In:
      out = contained(e, evaluate(e.parts[0], tables, rows));
      break;
    case Op::IsNull:
      out = truth(evaluate(e.parts[0], tables, rows).is_null());
      break;
    case Op::Like: {
      const Value a = evaluate(e.parts[0], tables, rows), b = evaluate(e.parts[1], tables, rows);
      if (!a.is_null() && !b.is_null()) out = truth(like(a.text, b.text));
      break;
    }
    default:
      return compared(e, tables, rows);
  }
  return e.negated ? inverse(out) : out;
}

}  // namespace garner::archive_sim::adql
