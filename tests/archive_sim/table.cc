#include "archive_sim/table.h"

namespace garner::archive_sim {

void Column::end_row(bool null) {
  ++rows_;
  if (null && nulls.empty()) nulls.resize(rows_ - 1, 0);
  if (null || !nulls.empty()) nulls.push_back(null ? 1 : 0);
}

void Column::add(double value) {
  reals.push_back(field.type == Type::Float ? static_cast<double>(static_cast<float>(value)) : value);
  end_row(false);
}

void Column::add_array(std::span<const double> values) {
  for (const double v : values)
    reals.push_back(field.type == Type::Float ? static_cast<double>(static_cast<float>(v)) : v);
  lengths.push_back(static_cast<std::uint32_t>(values.size()));
  end_row(false);
}

void Column::add_array(std::span<const std::int64_t> values) {
  integers.insert(integers.end(), values.begin(), values.end());
  lengths.push_back(static_cast<std::uint32_t>(values.size()));
  end_row(false);
}

void Column::add_null() {
  if (field.array) {
    lengths.push_back(0);
  } else if (field.type == Type::Text) {
    texts.emplace_back();
  } else if (is_integer()) {
    integers.push_back(0);
  } else {
    reals.push_back(__builtin_nan(""));
  }
  end_row(true);
}

}  // namespace garner::archive_sim
