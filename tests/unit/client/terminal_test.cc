#include "client/terminal.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/socket_path.h"
#include "daemon_fixture.h"
#include "run_garner.h"

namespace garner::client {
namespace {

Environment of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

// Standard output as a terminal of 80 columns.
struct PseudoTerminal {
  int master = -1, slave = -1;
  std::FILE* file = nullptr;
  PseudoTerminal() {
    winsize size{24, 80, 0, 0};
    EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, &size), 0);
    file = ::fdopen(slave, "w");
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal() {
    std::fclose(file);
    ::close(master);
  }
};

TEST(Terminal, IsInteractiveAndColouredOnATerminal) {
  PseudoTerminal pty;
  const Terminal terminal(pty.file, pty.file, of({{"TERM", "xterm"}, {"LANG", "en_GB.UTF-8"}}));
  EXPECT_TRUE(terminal.interactive());
  EXPECT_TRUE(terminal.utf8());
  EXPECT_EQ(terminal.width(), 80);
  EXPECT_EQ(terminal.paint("bad", Paint::Bad), "\x1b[31mbad\x1b[0m");
}

TEST(Terminal, NoColorAndADumbTerminalTakeTheColoursAway) {
  PseudoTerminal pty;
  EXPECT_EQ(Terminal(pty.file, pty.file, of({{"TERM", "xterm"}, {"NO_COLOR", "1"}})).paint("bad", Paint::Bad), "bad");
  EXPECT_TRUE(Terminal(pty.file, pty.file, of({{"TERM", "xterm"}, {"NO_COLOR", ""}})).colour());
  const Terminal dumb(pty.file, pty.file, of({{"TERM", "dumb"}}));
  EXPECT_FALSE(dumb.interactive());
  EXPECT_FALSE(dumb.colour());
}

TEST(Terminal, APipeIsNeitherInteractiveNorColoured) {
  client_test::Caught out;
  const Terminal terminal(out.file(), out.file(), of({{"TERM", "xterm"}}));
  EXPECT_FALSE(terminal.interactive());
  EXPECT_FALSE(terminal.colour());
}

TEST(Terminal, TheLocaleDecidesAboutSigns) {
  client_test::Caught out;
  EXPECT_TRUE(Terminal(out.file(), out.file(), of({{"LANG", "de_DE.utf8"}})).utf8());
  EXPECT_FALSE(Terminal(out.file(), out.file(), of({{"LANG", "C"}})).utf8());
  EXPECT_FALSE(Terminal(out.file(), out.file(), of({{"LC_ALL", "C"}, {"LANG", "de_DE.utf8"}})).utf8());
  EXPECT_FALSE(Terminal(out.file(), out.file(), of({})).utf8());
}

TEST(SocketPath, TheOptionBeatsTheEnvironmentBeatsTheUsersDaemonBeatsTheSystems) {
  const control_test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "garner");
  const auto environment = of({{"GARNER_SOCKET", "/named"}, {"XDG_RUNTIME_DIR", folder.path()}});
  EXPECT_EQ(socket_path("/given", environment), "/given");
  EXPECT_EQ(socket_path("", environment), "/named");
  const auto without = of({{"XDG_RUNTIME_DIR", folder.path()}});
  EXPECT_EQ(socket_path("", without), "/run/garner/garnerd.sock");
  std::fclose(std::fopen((folder / "garner/garnerd.sock").c_str(), "w"));
  EXPECT_EQ(socket_path("", without), folder / "garner/garnerd.sock");
}

}  // namespace
}  // namespace garner::client
