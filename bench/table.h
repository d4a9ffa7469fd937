// The result: a Markdown table on standard output, a row a figure, its target beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace garner::bench {

enum class Bound { AtMost, AtLeast };

class Table {
 public:
  // `digits` behind the point. Prints a line of progress on standard error at once.
  void add(std::string figure, double measured, Bound bound, double target, std::string_view unit, int digits,
           std::string notes);
  // Prints what there is; false if any figure missed its target.
  bool print() const;

 private:
  struct Row {
    std::string figure, measured, target, notes;
    bool pass;
  };
  std::vector<Row> rows_;
};

double median(std::vector<double> values);
// "0.41 (0.39 to 0.44)" for notes.
std::string spread(const std::vector<double>& values, int digits);

// A line on standard error, so that long runs show life.
void progress(std::string_view text);

}  // namespace garner::bench
