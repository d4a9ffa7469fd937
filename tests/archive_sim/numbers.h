// Numbers as the archive's Java code prints them: shortest digits that read back, always a decimal point, an exponent
// "E-17" below 1e-3 and from 1e7 on; NaN as "NaN".
#pragma once

#include <cstdint>
#include <string>

namespace garner::archive_sim {

void append_number(std::string& out, double value);
void append_number(std::string& out, float value);
void append_number(std::string& out, std::int64_t value);

template <class T>
std::string number_text(T value) {
  std::string out;
  append_number(out, value);
  return out;
}

}  // namespace garner::archive_sim
