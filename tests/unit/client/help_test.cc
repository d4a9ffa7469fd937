#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

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
