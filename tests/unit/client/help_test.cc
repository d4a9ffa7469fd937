#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "client/format.h"
#include "run_garner.h"

namespace garner::client {
namespace {

using client_test::run_garner;
using testing::HasSubstr;

TEST(Help, OfEachVerbTeachesWithExamples) {
  for (const auto* verb : verbs()) {
    const auto help = run_garner({verb->name, "--help"});
    EXPECT_EQ(help.code, 0) << verb->name;
    EXPECT_THAT(help.out, HasSubstr("Examples:")) << verb->name;
    EXPECT_THAT(help.out, HasSubstr(std::string("garner ") + verb->name)) << verb->name;
    EXPECT_THAT(help.out, HasSubstr("--json")) << verb->name;
    EXPECT_THAT(help.out, HasSubstr(verb->summary)) << verb->name;
  }
}

TEST(Help, FitsATerminal) {
  for (const auto* verb : verbs()) {
    std::istringstream help(run_garner({verb->name, "--help"}).out);
    for (std::string line; std::getline(help, line);) EXPECT_LE(text_width(line), 130u) << verb->name << ": " << line;
  }
}

TEST(Help, NamesWhatAnOptionTakesByAWord) {
  const auto help = run_garner({"tap", "--help"}).out;
  EXPECT_THAT(help, testing::Not(HasSubstr(":{")));
  EXPECT_THAT(help, HasSubstr("--format FORMAT"));
  EXPECT_THAT(run_garner({"tap", "gaia", "query", "x", "--format", "pdf"}).err, HasSubstr("pdf"));
}

TEST(Usage, AVerbThatIsNoneIsToldWithTheOneThatWasMeant) {
  const auto stats = run_garner({"--json", "stats"});
  EXPECT_EQ(stats.code, 2);
  EXPECT_EQ(stats.err, "garner: 'stats' is no verb; did you mean 'status'?; see: garner --help\n");
  EXPECT_THAT(run_garner({"status", "a", "b"}).err, testing::Not(HasSubstr("is no verb")));
}

TEST(Usage, OutputThatCannotBeWrittenIsToldWhy) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  client_test::Caught err;
  const auto no_variables = [](const char*) -> std::optional<std::string> { return std::nullopt; };
  EXPECT_EQ(run({"status", "--help"}, full, err.file(), no_variables), 1);
  EXPECT_THAT(err.text(), HasSubstr("standard output can't be written: No space left on device"));
  std::fclose(full);
}

TEST(Help, AtTheTopNamesEveryVerbAndTheExitCodes) {
  const auto help = run_garner({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const auto* verb : verbs()) EXPECT_THAT(help.out, HasSubstr(verb->name));
  EXPECT_THAT(help.out, HasSubstr("Exit codes:"));
  EXPECT_THAT(help.out, HasSubstr("Examples:"));
}

// "--output" of "-o,--output"; empty where it is no option.
std::string long_name(std::string_view parameter) {
  const auto dashes = parameter.find("--");
  return dashes == parameter.npos ? "" : std::string(parameter.substr(dashes));
}

TEST(Completion, OfEachShellKnowsEveryVerbAndOption) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    std::ifstream file(std::string(GARNER_COMPLETIONS "/garner.") + shell);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string option_mark = shell == "fish" ? " -l " : "--";
    for (const auto* verb : verbs()) {
      EXPECT_THAT(text, testing::ContainsRegex(std::string("[ '\"|]") + verb->name + "[ :|')]")) << shell;
      for (const auto& parameter : verb->parameters) {
        const auto name = long_name(parameter.name);
        if (!name.empty()) EXPECT_THAT(text, HasSubstr(option_mark + name.substr(2))) << shell << " " << verb->name;
      }
    }
  }
}

TEST(Usage, TheVersionIsToldOnItsOwn) {
  const auto version = run_garner({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, testing::MatchesRegex("garner [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Usage, WrongUsageEndsWithTwo) {
  EXPECT_EQ(run_garner({}).code, 2);
  EXPECT_EQ(run_garner({"harvest"}).code, 2);
  EXPECT_EQ(run_garner({"pause"}).code, 2);
  EXPECT_EQ(run_garner({"status", "--nonsense"}).code, 2);
  EXPECT_EQ(run_garner({"status", "a", "b"}).code, 2);
  const auto wrong = run_garner({"sources", "rvs", "--outcome", "lost"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("refused"));
}

}  // namespace
}  // namespace garner::client
