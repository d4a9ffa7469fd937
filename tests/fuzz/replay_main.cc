// Runs every target once over each file of its corpus, and over no bytes at all: finds stay fixed. An input that
// crashes is the last one named. Usage: fuzz_replay CORPUS_DIRECTORY
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "target.h"

namespace {

namespace fs = std::filesystem;
using garner::fuzz::Target;

// Bytes of their own size, so that a sanitizer sees who reads past them.
void run(const Target& target, const fs::path& path) {
  std::fprintf(stderr, "%s\n", path.c_str());
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  target.run(std::as_bytes(std::span(bytes)));
}

std::vector<fs::path> sorted_entries(const fs::path& directory) {
  std::vector<fs::path> paths;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(directory, none)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_DIRECTORY\n", argv[0]);
    return 2;
  }
  const fs::path corpus = argv[1];
  std::size_t inputs = 0;
  for (const auto* target : Target::all()) {
    const auto files = sorted_entries(corpus / target->name);
    garner::fuzz::require(!files.empty(), "every target has a corpus");
    target->run({});
    for (const auto& path : files) run(*target, path);
    inputs += files.size();
  }
  garner::fuzz::require(sorted_entries(corpus).size() == Target::all().size(), "every corpus has a target");
  std::printf("%zu inputs of %zu targets\n", inputs, Target::all().size());
}
