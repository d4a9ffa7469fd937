#include "archive_sim/adql/execute.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "archive_sim/adql/bind.h"

namespace garner::archive_sim::adql {
namespace {

constexpr std::uint64_t kMostPairs = 200'000'000;  // of a join that no equality narrows
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

bool is_aggregate(const Expression& e) {
  return e.op == Op::CountAll || e.op == Op::Minimum || e.op == Op::Maximum;
}

std::string key_of(const Value& v) {
  if (v.kind == Value::Kind::Text) return v.text;
  return v.kind == Value::Kind::Real ? fmt::format("{}", v.real) : std::to_string(v.integer);
}

template <class Each>
void each_conjunct(const Expression& e, Each each) {
  if (e.op == Op::And) {
    for (const Expression& part : e.parts) each_conjunct(part, each);
  } else {
    each(e);
  }
}

class Run {
 public:
  Run(const Query& query, const Binding& binding, const Execution& how) : query_(query), binding_(binding), how_(how) {}

  std::variant<std::unique_ptr<ResultTable>, Complaint> result() {
    auto out = std::make_unique<ResultTable>();
    for (const RelationPtr& owner : binding_.owners)
      if (owner) out->keep.push_back(owner);
    for (const Item& item : query_.items) aggregate_ = aggregate_ || is_aggregate(item.expression);
    most_ = how_.max_rows ? *how_.max_rows + 1 : std::numeric_limits<std::uint64_t>::max();
    if (query_.top) most_ = std::min(most_, *query_.top);
    if (!aggregate_) stop_at_ = query_.order.empty() ? most_ : std::numeric_limits<std::uint64_t>::max();
    start_columns(*out);
    if (binding_.count == 1) {
      scan();
    } else if (!join()) {
      return Complaint{
          "the join has no equality of two columns, and the tables are too large to compare each with each"};
    }
    finish(*out);
    return out;
  }

 private:
  void start_columns(ResultTable& out) {
    for (const Item& item : query_.items) {
      const Expression& e = item.expression;
      Field field;
      if (e.op == Op::Column || e.op == Op::Minimum || e.op == Op::Maximum) {
        const Expression& source = e.op == Op::Column ? e : e.parts[0];
        if (source.op == Op::Column) field = binding_.field(source);
      }
      if (e.op == Op::CountAll || e.op == Op::InCircle || e.op == Op::InBox) field.type = Type::Long;
      if (e.op == Op::Literal && e.literal.kind == Value::Kind::Integer) field.type = Type::Long;
      if (e.op == Op::Literal && e.literal.kind == Value::Kind::Text) field.type = Type::Text;
      if (e.op != Op::Column || !item.alias.empty()) {
        std::string name = item.alias;
        if (name.empty())
          name = e.op == Op::CountAll  ? "count_all"
                 : e.op == Op::Minimum ? "min"
                 : e.op == Op::Maximum ? "max"
                                       : fmt::format("col_{}", out.table.columns.size() + 1);
        field.name = out.names.emplace_back(how_.lower_case_names ? lower(name) : name);
      } else if (!how_.lower_case_names && !e.name.empty()) {
        field.name = out.names.emplace_back(e.name.back());
      }
      out.table.columns.emplace_back(field);
    }
  }

  // The rows of table `t` that the conditions on its indexed columns leave; nothing: all of them.
  std::optional<std::vector<std::uint32_t>> candidates(std::size_t t) const {
    std::optional<std::vector<std::uint32_t>> best;
    if (!query_.where) return best;
    each_conjunct(*query_.where, [&](const Expression& e) {
      auto rows = narrowed(e, t);
      if (rows && (!best || rows->size() < best->size())) best = std::move(rows);
    });
    return best;
  }

  std::optional<std::vector<std::uint32_t>> narrowed(const Expression& e, std::size_t t) const {
    if (e.negated || e.parts.empty() || e.parts[0].op != Op::Column || e.parts[0].table != t) return std::nullopt;
    const Relation& table = *binding_.tables[t];
    const std::size_t column = e.parts[0].column;
    if (e.op == Op::In) {
      if (!e.list.empty() || !table.rows_between(column, 1, 0)) return std::nullopt;
      std::vector<std::uint32_t> out;
      for (std::size_t i = 0; i < e.sorted_list.size(); ++i) {
        if (i > 0 && e.sorted_list[i] == e.sorted_list[i - 1]) continue;
        const auto rows = table.rows_between(column, e.sorted_list[i], e.sorted_list[i]);
        out.insert(out.end(), rows->begin(), rows->end());
      }
      std::ranges::sort(out);
      return out;
    }
    for (std::size_t i = 1; i < e.parts.size(); ++i)
      if (e.parts[i].op != Op::Literal || e.parts[i].literal.kind != Value::Kind::Integer) return std::nullopt;
    const auto n = [&](std::size_t i) { return e.parts[i].literal.integer; };
    switch (e.op) {
      case Op::Equal:
        return table.rows_between(column, n(1), n(1));
      case Op::Less:
      case Op::LessEqual:
        return table.rows_between(column, kLowest, n(1));
      case Op::Greater:
      case Op::GreaterEqual:
        return table.rows_between(column, n(1), kHighest);
      case Op::Between:
        return table.rows_between(column, n(1), n(2));
      default:
        return std::nullopt;
    }
  }

  template <class Each>
  void each_candidate(std::size_t t, Each each) const {
    if (const auto rows = candidates(t)) {
      for (const std::uint32_t row : *rows)
        if (!each(row)) return;
      return;
    }
    const std::size_t n = binding_.tables[t]->rows();
    for (std::size_t row = 0; row < n; ++row)
      if (!each(static_cast<std::uint32_t>(row))) return;
  }

  void scan() {
    each_candidate(0, [&](std::uint32_t row) { return meet({row, 0}); });
  }

  bool join() {
    std::array<std::optional<std::size_t>, 2> key;  // the columns that an equality compares
    each_conjunct(*query_.on, [&](const Expression& e) {
      if (e.op != Op::Equal || e.parts[0].op != Op::Column || e.parts[1].op != Op::Column) return;
      if (e.parts[0].table == e.parts[1].table || key[0]) return;
      for (const Expression& part : e.parts) key[part.table] = part.column;
    });
    if (!key[0]) return compare_all();
    const std::size_t driver = binding_.tables[1]->rows() <= binding_.tables[0]->rows() ? 1 : 0, other = 1 - driver;
    const Relation& probed = *binding_.tables[other];
    const bool indexed = probed.rows_between(*key[other], 1, 0).has_value();
    std::unordered_map<std::string, std::vector<std::uint32_t>> hashed;
    if (!indexed)
      for (std::size_t row = 0; row < probed.rows(); ++row)
        if (const Value v = probed.cell(row, *key[other]); !v.is_null())
          hashed[key_of(v)].push_back(static_cast<std::uint32_t>(row));
    each_candidate(driver, [&](std::uint32_t row) {
      const Value v = binding_.tables[driver]->cell(row, *key[driver]);
      if (v.is_null()) return true;
      std::vector<std::uint32_t> partners;
      if (indexed) {
        if (v.kind == Value::Kind::Integer) partners = *probed.rows_between(*key[other], v.integer, v.integer);
      } else if (const auto found = hashed.find(key_of(v)); found != hashed.end()) {
        partners = found->second;
      }
      return std::ranges::all_of(
          partners, [&](std::uint32_t partner) { return driver == 1 ? meet({partner, row}) : meet({row, partner}); });
    });
    return true;
  }

  bool compare_all() {
    const std::size_t n = binding_.tables[1]->rows();
    if (binding_.tables[0]->rows() * n > kMostPairs) return false;
    each_candidate(0, [&](std::uint32_t row) {
      for (std::size_t other = 0; other < n; ++other)
        if (!meet({row, static_cast<std::uint32_t>(other)})) return false;
      return true;
    });
    return true;
  }

  // One combination of rows; false when no more are wanted.
  bool meet(const Rows& rows) {
    if (!aggregate_ && found_.size() >= stop_at_) return false;
    const Tables& tables = binding_.tables;
    if (query_.on && holds(*query_.on, tables, rows) != Truth::Yes) return true;
    if (query_.where && holds(*query_.where, tables, rows) != Truth::Yes) return true;
    if (aggregate_) {
      count(rows);
      return true;
    }
    if (query_.distinct && !seen_.insert(signature(rows)).second) return true;
    found_.push_back(rows);
    return true;
  }

  std::string signature(const Rows& rows) const {
    std::string out;
    for (const Item& item : query_.items) {
      const Value v = evaluate(item.expression, binding_.tables, rows);
      out += v.is_null() ? "\x01" : key_of(v);
      out += '\0';
    }
    return out;
  }

  void count(const Rows& rows) {
    ++counted_;
    extremes_.resize(query_.items.size());
    for (std::size_t i = 0; i < query_.items.size(); ++i) {
      const Expression& e = query_.items[i].expression;
      if (e.op != Op::Minimum && e.op != Op::Maximum) continue;
      Value v = evaluate(e.parts[0], binding_.tables, rows);
      if (v.is_null()) continue;
      Value& so_far = extremes_[i];
      if (so_far.is_null() || (compare(v, so_far) < 0) == (e.op == Op::Minimum)) so_far = std::move(v);
    }
  }

  void finish(ResultTable& out) {
    if (aggregate_) {
      extremes_.resize(query_.items.size());
      for (std::size_t i = 0; i < query_.items.size(); ++i) {
        const Op op = query_.items[i].expression.op;
        add(out.table.columns[i], op == Op::CountAll ? Value::of(counted_ + (how_.miscounts ? 1 : 0)) : extremes_[i]);
      }
      out.rows = 1;
      return;
    }
    sort_rows();
    if (found_.size() > most_) found_.resize(most_);
    if (how_.max_rows && found_.size() > *how_.max_rows) {
      out.cut = true;
      found_.resize(*how_.max_rows);
    }
    for (std::size_t i = 0; i < query_.items.size(); ++i)
      for (const Rows& rows : found_)
        add(out.table.columns[i], evaluate(query_.items[i].expression, binding_.tables, rows));
    out.rows = found_.size();
  }

  // Nulls come last, as in PostgreSQL.
  void sort_rows() {
    if (query_.order.empty()) return;
    struct Keyed {
      std::vector<Value> keys;
      Rows rows;
    };
    std::vector<Keyed> keyed;
    keyed.reserve(found_.size());
    for (const Rows& rows : found_) {
      Keyed k{{}, rows};
      for (const Order& order : query_.order) k.keys.push_back(evaluate(order.by, binding_.tables, rows));
      keyed.push_back(std::move(k));
    }
    std::ranges::sort(keyed, [&](const Keyed& a, const Keyed& b) {
      for (std::size_t i = 0; i < a.keys.size(); ++i) {
        const Value &x = a.keys[i], &y = b.keys[i];
        if (x.is_null() != y.is_null()) return y.is_null() != query_.order[i].descending;
        const int c = x.is_null() ? 0 : compare(x, y);
        if (c != 0) return (c < 0) != query_.order[i].descending;
      }
      return a.rows < b.rows;
    });
    for (std::size_t i = 0; i < keyed.size(); ++i) found_[i] = keyed[i].rows;
  }

  static void add(Column& column, Value v) {
    if (v.is_null())
      column.add_null();
    else if (column.field.type == Type::Text)
      column.add(std::move(v.text));
    else if (column.is_integer())
      column.add(v.kind == Value::Kind::Real ? static_cast<std::int64_t>(v.real) : v.integer);
    else
      column.add(v.number());
  }

  const Query& query_;
  const Binding& binding_;
  const Execution& how_;
  bool aggregate_ = false;
  std::uint64_t most_ = 0, stop_at_ = 0;
  std::vector<Rows> found_;
  std::unordered_set<std::string> seen_;
  std::int64_t counted_ = 0;
  std::vector<Value> extremes_;
};

}  // namespace

std::variant<std::unique_ptr<ResultTable>, Complaint> execute(Query query, const Catalogue& catalogue,
                                                              const Execution& how) {
  auto bound = bind(query, catalogue);
  if (auto* complaint = std::get_if<Complaint>(&bound)) return *complaint;
  return Run(query, std::get<Binding>(bound), how).result();
}

}  // namespace garner::archive_sim::adql
