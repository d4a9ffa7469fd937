// Processes for the benchmarks: start, end, and what they cost. Everything that was started dies with this process. A
// benchmark that can't go on says why and ends: give_up(). One thread, unless said otherwise.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace garner::bench {

namespace fs = std::filesystem;

[[noreturn]] void give_up(std::string_view why);

template <class Value>
Value must(Result<Value> result) {
  if (!result) give_up(result.error().detail);
  if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

double now_s();         // monotonic
double thread_cpu_s();  // of the calling thread, user and system

// What a program took from its start to its end: CPU (user and system) of it and of all that it waited for.
struct Cost {
  double wall_s = 0, cpu_s = 0;
  double peak_memory_mib = 0;  // the largest of them
};

// Runs to the end; gives up unless it ends with 0. Output goes to `log`, the end of which is shown then.
Cost run(const std::vector<std::string>& arguments, const fs::path& log);

class Child {
 public:
  Child() = default;
  Child(const std::vector<std::string>& arguments, const fs::path& log);
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~Child() { end(9); }

  double cpu_s() const;            // so far, all threads
  double peak_memory_mib() const;  // VmHWM
  bool running();
  void end(int signal);  // and wait

 private:
  pid_t pid_ = -1;
};

void write_file(const fs::path& path, std::string_view text);
std::string read_file(const fs::path& path);
double disk_bytes(const fs::path& folder);  // as du counts them

}  // namespace garner::bench
