#include "archive_sim/adql/bind.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "archive_sim/adql/execute.h"

namespace garner::archive_sim::adql {
namespace {

// Thrown inside this file only and caught in bind().
struct Null {};
struct Nested {
  Complaint complaint;
};

Value value_of(const Column& column, std::size_t row) {
  if (column.is_null(row)) return {};
  if (column.field.type == Type::Text) return Value::of(column.texts[row]);
  if (column.field.type == Type::Bool) return Value::of(column.integers[row] != 0);
  return column.is_integer() ? Value::of(column.integers[row]) : Value::of(column.reals[row]);
}

// The answer to a query in FROM.
class Derived final : public Relation {
 public:
  explicit Derived(std::unique_ptr<ResultTable> result) : result_(std::move(result)) {
    for (const Column& column : result_->table.columns) fields_.push_back(column.field);
  }
  const std::vector<Field>& fields() const override { return fields_; }
  std::size_t rows() const override { return result_->rows; }
  Value cell(std::size_t row, std::size_t column) const override {
    return value_of(result_->table.columns[column], row);
  }

 private:
  std::unique_ptr<const ResultTable> result_;
  std::vector<Field> fields_;
};

class Binder {
 public:
  Binder(Query& query, const Catalogue& catalogue) : query_(query), catalogue_(catalogue) {}

  std::variant<Binding, Complaint> run() {
    try {
      for (const TableName& name : query_.tables) add_table(name);
      if (!unresolved_.empty()) return complaint();
      expand_stars();
      if (query_.tables.size() == 2 && !query_.using_columns.empty()) using_to_on();
      for (Item& item : query_.items) walk(item.expression);
      for (auto* part : {&query_.on, &query_.where})
        if (*part) walk(**part);
      for (Order& order : query_.order) walk_order(order);
      if (!unresolved_.empty()) return complaint();
      return binding_;
    } catch (const Null&) {
      return Complaint{"null", true};
    } catch (const Nested& nested) {
      return nested.complaint;
    }
  }

 private:
  void missing(const std::string& name, Place from, Place to) {
    unresolved_.push_back(fmt::format("{} [l.{} c.{} - l.{} c.{}]", name, from.line, from.column, to.line, to.column));
  }
  Complaint complaint() const {
    return {fmt::format("{} unresolved identifiers: {} !", unresolved_.size(), fmt::join(unresolved_, ", "))};
  }

  RelationPtr relation_of(const TableName& name) const {
    if (!name.query) return catalogue_.find(lower(fmt::format("{}", fmt::join(name.name, "."))));
    auto ran = execute(*name.query, catalogue_, {});
    if (auto* complaint = std::get_if<Complaint>(&ran)) throw Nested{*complaint};
    return std::make_shared<Derived>(std::get<0>(std::move(ran)));
  }

  void add_table(const TableName& name) {
    const RelationPtr found = relation_of(name);
    if (!found) {
      missing(fmt::format("{}", fmt::join(name.name, ".")), name.from, name.to);
      return;
    }
    binding_.owners[binding_.count] = found;
    binding_.tables[binding_.count++] = found.get();
  }

  // Whether the written qualifier (alias, table, schema.table, or nothing) means this table.
  bool qualifies(const std::vector<std::string>& written, const TableName& table) const {
    if (written.empty()) return true;
    const std::string text = lower(fmt::format("{}", fmt::join(written, ".")));
    if (!table.alias.empty()) return text == lower(table.alias);
    if (table.query) return false;
    const std::string full = lower(fmt::format("{}", fmt::join(table.name, ".")));
    return text == full || text == lower(table.name.back());
  }

  void expand_stars() {
    std::vector<Item> items;
    for (Item& item : query_.items) {
      if (!item.star) {
        items.push_back(std::move(item));
        continue;
      }
      bool known = false;
      for (std::size_t t = 0; t < binding_.count; ++t) {
        if (!qualifies(item.star_of, query_.tables[t])) continue;
        known = true;
        for (std::size_t c = 0; c < binding_.tables[t]->fields().size(); ++c) add_star_column(items, item, t, c);
      }
      if (!known) missing(fmt::format("{}.*", fmt::join(item.star_of, ".")), {}, {});
    }
    query_.items = std::move(items);
  }

  void add_star_column(std::vector<Item>& items, const Item& star, std::size_t table, std::size_t column) const {
    const std::string_view name = binding_.tables[table]->fields()[column].name;
    const bool joined = std::ranges::any_of(query_.using_columns, [&](const auto& u) { return lower(u) == name; });
    if (table == 1 && joined && star.star_of.empty()) return;  // USING: the common column comes once
    Item item;
    item.expression.op = Op::Column;
    item.expression.table = table;
    item.expression.column = column;
    items.push_back(std::move(item));
  }

  void using_to_on() {
    for (const std::string& name : query_.using_columns) {
      Expression equal;
      equal.op = Op::Equal;
      for (std::size_t t = 0; t < 2; ++t) {
        Expression column;
        column.op = Op::Column;
        column.name = {query_.tables[t].alias.empty() ? query_.tables[t].name.back() : query_.tables[t].alias, name};
        equal.parts.push_back(std::move(column));
      }
      if (!query_.on) {
        query_.on = std::move(equal);
      } else {
        Expression both;
        both.op = Op::And;
        both.parts = {*std::move(query_.on), std::move(equal)};
        query_.on = std::move(both);
      }
    }
  }

  void walk_order(Order& order) {
    Expression& by = order.by;
    if (by.op == Op::Literal && by.literal.kind == Value::Kind::Integer) {  // ORDER BY 2
      const auto n = static_cast<std::size_t>(by.literal.integer);
      if (n < 1 || n > query_.items.size()) throw Null{};
      by = Expression(query_.items[n - 1].expression);
      return;
    }
    if (by.op == Op::Column && by.name.size() == 1) {
      for (const Item& item : query_.items) {
        if (lower(item.alias) != lower(by.name[0])) continue;
        by = Expression(item.expression);
        return;
      }
    }
    walk(by);
  }

  void walk(Expression& e) {
    if (e.op == Op::Column) {
      if (!e.name.empty()) look_up(e);
      return;
    }
    for (Expression& part : e.parts) walk(part);
    if (e.op == Op::In) bind_list(e);
    if (e.op == Op::Between || e.op == Op::In || (e.op >= Op::Equal && e.op <= Op::GreaterEqual)) judge(e);
  }

  void look_up(Expression& e) {
    const std::vector<std::string> qualifier(e.name.begin(), e.name.end() - 1);
    const std::string name = lower(e.name.back());
    int found = 0;
    for (std::size_t t = 0; t < binding_.count; ++t) {
      if (!qualifies(qualifier, query_.tables[t])) continue;
      const auto& fields = binding_.tables[t]->fields();
      const auto field = std::ranges::find(fields, std::string_view(name), &Field::name);
      if (field == fields.end()) continue;
      const bool joined = std::ranges::any_of(query_.using_columns, [&](const auto& u) { return lower(u) == name; });
      if (found > 0 && joined) continue;
      if (found++ > 0) continue;
      e.table = t;
      e.column = static_cast<std::size_t>(field - fields.begin());
    }
    if (found == 0) missing(fmt::format("{}", fmt::join(e.name, ".")), e.from, e.to);
    if (found > 1) missing(fmt::format("{} (ambiguous)", fmt::join(e.name, ".")), e.from, e.to);
  }

  void bind_list(Expression& e) {
    if (e.query) {
      auto ran = execute(*e.query, catalogue_, {});
      if (auto* complaint = std::get_if<Complaint>(&ran)) throw Nested{*complaint};
      const auto& result = *std::get<0>(ran);
      const Column& column = result.table.columns.front();
      for (std::size_t row = 0; row < column.rows(); ++row)
        if (!column.is_null(row)) e.list.push_back(value_of(column, row));
    }
    if (!std::ranges::all_of(e.list, [](const Value& v) { return v.kind == Value::Kind::Integer; })) return;
    if (e.parts[0].op == Op::Column && unresolved_.empty() && binding_.field(e.parts[0]).type == Type::Bool) return;
    for (const Value& v : e.list) e.sorted_list.push_back(v.integer);
    std::ranges::sort(e.sorted_list);
    e.list.clear();
  }

  // A text that meets a number and is none, or a boolean and is no truth: the database fails and the server says null.
  void judge(const Expression& e) const {
    if (!unresolved_.empty()) return;
    for (const Expression& part : e.parts) {
      if (part.op != Op::Column) continue;
      const Type type = binding_.field(part).type;
      if (type == Type::Text) continue;
      for (const Expression& other : e.parts)
        if (other.op == Op::Literal) judge_literal(type, other.literal);
      for (const Value& v : e.list) judge_literal(type, v);
    }
  }
  static void judge_literal(Type type, const Value& v) {
    if (v.kind != Value::Kind::Text) return;
    if (type == Type::Bool) {
      static constexpr std::string_view kTruths[] = {"true", "false", "t", "f", "1", "0"};
      if (std::ranges::find(kTruths, lower(v.text)) == std::end(kTruths)) throw Null{};
      return;
    }
    char* end = nullptr;
    std::strtod(v.text.c_str(), &end);
    if (v.text.empty() || *end != '\0') throw Null{};
  }

  Query& query_;
  const Catalogue& catalogue_;
  Binding binding_;
  std::vector<std::string> unresolved_;
};

}  // namespace

std::variant<Binding, Complaint> bind(Query& query, const Catalogue& catalogue) {
  return Binder(query, catalogue).run();
}

}  // namespace garner::archive_sim::adql
