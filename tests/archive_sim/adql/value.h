// One cell or one number of an ADQL query. Integers keep 64 bits. A value type.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace garner::archive_sim::adql {

struct Value {
  enum class Kind : std::uint8_t { Null, Integer, Real, Bool, Text };

  Kind kind = Kind::Null;
  std::int64_t integer = 0;  // Integer; Bool: 0 or 1
  double real = 0;
  std::string text = {};

  static Value of(std::int64_t v) { return {Kind::Integer, v, 0, {}}; }
  static Value of(double v) { return {Kind::Real, 0, v, {}}; }
  static Value of(bool v) { return {Kind::Bool, v ? 1 : 0, 0, {}}; }
  static Value of(std::string v) { return {Kind::Text, 0, 0, std::move(v)}; }

  bool is_null() const { return kind == Kind::Null; }
  bool is_number() const { return kind == Kind::Integer || kind == Kind::Real; }
  double number() const { return kind == Kind::Real ? real : static_cast<double>(integer); }
};

}  // namespace garner::archive_sim::adql
