#include "client/follow.h"

#include <fmt/format.h>

#include <thread>

#include "client/exit_code.h"
#include "client/format.h"
#include "client/progress.h"

namespace garner::client {

namespace {

using harvest::HarvestStatus;
using Clock = std::chrono::steady_clock;

bool over(const HarvestStatus& status, Until until) {
  return status.state == "finished" || status.state == "cancelled" ||
         (until == Until::Blocked && status.state == "blocked");
}

// Draws the newest look over the one before it, or writes lines.
class Display {
 public:
  explicit Display(Session& session) : session_(session) {}

  void show(const HarvestStatus& status, bool last) {
    if (session_.arguments.json) {
      lines_when_changed(status, last, control::status_json(status));
    } else if (session_.terminal.interactive()) {
      draw(status);
    } else if (!last) {  // the ending says it all
      lines_when_changed(status, last, progress_line(status));
    }
    session_.terminal.flush();
  }
  // What was drawn stays; the next look starts below it.
  void leave() { drawn_ = 0; }

 private:
  void draw(const HarvestStatus& status) {
    auto& terminal = session_.terminal;
    auto lines = progress_lines(status, {static_cast<std::size_t>(terminal.width()), std::time(nullptr)});
    const bool bad = status.state == "blocked" || status.failed > 0;
    lines.front() =
        terminal.paint(lines.front(), bad                                                       ? Paint::Bad
                                      : status.state == "running" || status.state == "finished" ? Paint::Good
                                                                                                : Paint::Warn);
    std::string out;
    // Cursor up by what was drawn; then each line is erased to its end, and what is left below (ECMA-48 CUU, EL, ED).
    if (drawn_ > 0) out += fmt::format("\x1b[{}A\r", drawn_);
    for (const auto& line : lines) out += line + "\x1b[K\n";
    terminal.print(out + "\x1b[J");
    drawn_ = lines.size();
  }

  void lines_when_changed(const HarvestStatus& status, bool last, const std::string& line) {
    const bool due = Clock::now() - written_ >= session_.pace.plain_line;
    std::string says = progress_line(stilled(status)), state = status.state + ' ' + without_numbers(status.waiting_for);
    if (says == says_ || !(due || state != state_ || last)) return;
    session_.terminal.print(line + "\n");
    says_ = std::move(says);
    state_ = std::move(state);
    written_ = Clock::now();
  }

  Session& session_;
  std::size_t drawn_ = 0;
  std::string says_, state_;
  Clock::time_point written_{};
};

// Keeps asking while the daemon is away, for as long as pace.reconnect.
Result<HarvestStatus> look(Session& session, const std::string& harvest, Display& display) {
  auto status = session.client.status(harvest);
  if (status || status.error().kind != Kind::Transient) return status;
  const auto deadline = Clock::now() + session.pace.reconnect;
  display.leave();
  session.terminal.complain(fmt::format("garner: the daemon does not answer; trying again for {}\n",
                                        duration_text(std::chrono::duration<double>(session.pace.reconnect).count())));
  while (Clock::now() < deadline) {
    std::this_thread::sleep_for(session.pace.poll);
    status = session.client.status(harvest);
    if (status || status.error().kind != Kind::Transient) {
      session.terminal.complain("garner: the daemon answers again\n");
      return status;
    }
  }
  return status;
}

}  // namespace

int ending_code(const HarvestStatus& status) {
  return status.state == "finished" && status.failed == 0 ? kGood : kNotWell;
}

int follow(Session& session, const std::string& harvest, Until until) {
  Display display(session);
  while (true) {
    const auto status = look(session, harvest, display);
    if (!status) return session.fail(status.error());
    const bool last = over(*status, until);
    display.show(*status, last);
    if (last) {
      if (!session.arguments.json) session.terminal.print(ending_line(*status) + "\n");
      return ending_code(*status);
    }
    std::this_thread::sleep_for(session.pace.poll);
  }
}

}  // namespace garner::client
