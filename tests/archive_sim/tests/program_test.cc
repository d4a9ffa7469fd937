// The program garner-archive-sim itself: its line, its port file, its end.
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive_sim/ids.h"
#include "archive_sim/tests/support.h"
#include "archive_sim/writers.h"

namespace garner::archive_sim {
namespace {

using namespace test;

// The program as a child with its stdout in a pipe; killed if the test leaves it running.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      std::vector<char*> argv = {const_cast<char*>(GARNER_ARCHIVE_SIM)};
      for (std::string& a : arguments) argv.push_back(a.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    out_ = fdopen(ends[0], "r");
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait_for_end();
    }
    std::fclose(out_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string line() {
    char text[512];
    std::string read = std::fgets(text, sizeof text, out_) != nullptr ? text : "";
    while (read.ends_with('\n')) read.pop_back();
    return read;
  }
  std::string rest() {
    std::string all;
    char text[4096];
    while (const std::size_t n = std::fread(text, 1, sizeof text, out_)) all.append(text, n);
    return all;
  }
  int end_by(int signal) {
    kill(pid_, signal);
    return wait_for_end();
  }
  // The exit code, or -1 when a signal ended it.
  int wait_for_end() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  std::FILE* out_ = nullptr;
};

TEST(Program, PreparesThenAnnouncesItsPortAndEndsCleanlyOnSigterm) {
  const TemporaryFolder folder;
  folder.write("ids", "42\n43\n");
  folder.write("knobs", R"({"vocabulary": "old"})");
  Program program({"--port-file", folder.file("port"), "--prepare", folder.file("ids"), "--prepare-types",
                   "RVS,XP_SAMPLED", "--config", folder.file("knobs"), "--seed", "7"});
  EXPECT_EQ(program.line(), "prepared: true (4 members)");
  const std::string line = program.line();
  const std::string prefix = "listening on http://127.0.0.1:";
  ASSERT_TRUE(line.starts_with(prefix)) << line;
  const std::string url = line.substr(13);
  EXPECT_EQ(unzip(http(url + "/data-server/data", form_for({42, 43})).body).files.size(), 2u);
  EXPECT_NE(http(url + "/sim/knobs", {}, {.get = true}).body.find("\"seed\": 7"), std::string::npos);
  EXPECT_EQ(read_file(folder.file("port")), line.substr(prefix.size()) + "\n");
  EXPECT_EQ(program.end_by(SIGTERM), 0);
}

TEST(Program, PrintsIdsAndProductsAsTheLibraryMakesThem) {
  Program ids({"ids", "--count", "1000", "--seed", "5"});
  std::string expected;
  for (const std::uint64_t id : some_ids(1000, 5)) expected += std::to_string(id) + "\n";
  EXPECT_EQ(ids.rest(), expected);
  EXPECT_EQ(ids.wait_for_end(), 0);
  const std::uint64_t id = 42;
  Program product({"product", "--type", "XP_SAMPLED", "--format", "fits", "42"});
  EXPECT_EQ(product.rest(), write_fits(make_product("Gaia DR3", "XP_SAMPLED", Structure::Individual, {&id, 1}, {})));
  EXPECT_EQ(product.wait_for_end(), 0);
}

TEST(Program, BadUsageEndsWithTwo) {
  EXPECT_EQ(Program({"product", "--type", "NONE", "42"}).wait_for_end(), 2);
  EXPECT_EQ(Program({"product", "--type", "RVS", "42", "43"}).wait_for_end(), 2);
  EXPECT_EQ(Program({"--config", "/nonexistent"}).wait_for_end(), 2);
  EXPECT_EQ(Program({"--no-such-option"}).wait_for_end(), 2);
}

}  // namespace
}  // namespace garner::archive_sim
