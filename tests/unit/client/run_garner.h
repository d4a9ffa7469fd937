// Runs the whole command line in this process, its output caught.
#pragma once

#include <cstdio>
#include <map>

#include "client/verb.h"

namespace garner::client_test {

struct Outcome {
  int code = -1;
  std::string out, err;
};

class Caught {
 public:
  Caught() : file_(::open_memstream(&text_, &size_)) {}
  Caught(const Caught&) = delete;
  Caught& operator=(const Caught&) = delete;
  ~Caught() {
    std::fclose(file_);
    std::free(text_);
  }
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

inline Outcome run_garner(const std::vector<std::string>& arguments,
                          std::map<std::string, std::string> variables = {{"LANG", "C.UTF-8"}}) {
  Caught out, err;
  const client::Environment environment = [variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
  const client::Pace pace{std::chrono::milliseconds(5), std::chrono::milliseconds(0), std::chrono::milliseconds(200)};
  Outcome outcome;
  outcome.code = client::run(arguments, out.file(), err.file(), environment, pace);
  outcome.out = out.text();
  outcome.err = err.text();
  return outcome;
}

}  // namespace garner::client_test
