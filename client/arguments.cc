#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "base/error.h"
#include "base/nearest_word.h"
#include "client/socket_path.h"
#include "client/verb.h"

namespace garner::client {

namespace {

constexpr const char* kDescription =
    "garner brings home every data product that an astronomical archive holds for millions of sources.";

constexpr const char* kFooter = R"(Examples:
  garner submit rvs-bright.yaml --plan   what it would cost; sends nothing
  garner submit rvs-bright.yaml --wait   start it and follow it to its end
  garner status                          every harvest in one table
  garner watch rvs-bright                one harvest, live
  garner sources rvs-bright --outcome failed
  garner get rvs-bright 5937083312263887616 RVS -o one.fits
  garner cone gaia 266.41683 -29.00781 5arcsec

Exit codes: 0 good; 1 finished with failed sources, blocked, or damage found; 2 bad usage or input; 3 no daemon answers; 4 not permitted.
Each verb has its own help: garner VERB --help. The whole story: man garner.)";

const std::vector<Parameter>& common_parameters() {
  static const std::vector<Parameter> kCommon = {
      {"--json", "everything as JSON, for scripts", &Arguments::json},
      {"--socket", "the daemon's socket (else GARNER_SOCKET, the user's own daemon, /run/garner/garnerd.sock)",
       &Arguments::socket},
      {"--no-color", "no colours (NO_COLOR does the same)", &Arguments::no_color}};
  return kCommon;
}

void add(CLI::App& app, const Parameter& parameter, Arguments& arguments) {
  if (const auto* flag = std::get_if<bool Arguments::*>(&parameter.target)) {
    app.add_flag(parameter.name, arguments.**flag, parameter.help);
    return;
  }
  const auto* list = std::get_if<std::vector<std::string> Arguments::*>(&parameter.target);
  auto* option = list != nullptr
                     ? app.add_option(parameter.name, arguments.**list, parameter.help)
                     : app.add_option(parameter.name, arguments.*std::get<std::string Arguments::*>(parameter.target),
                                      parameter.help);
  if (list != nullptr) option->allow_extra_args(false);
  option->required(parameter.required);
  option->type_name(parameter.name[0] == '-' ? parameter.value : "");
  if (parameter.choices.empty()) return;
  auto one_of_them = CLI::IsMember(parameter.choices);
  option->check(one_of_them.description(""));  // the parameter's own words name the choices
}

void describe(CLI::App& app, Arguments& arguments) {
  app.description(kDescription);
  app.footer(kFooter);
  app.set_version_flag("--version", "garner " GARNER_VERSION);
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(28);
  for (const auto& parameter : common_parameters()) add(app, parameter, arguments);
  for (const auto* verb : verbs()) {
    auto* sub = app.add_subcommand(verb->name, verb->summary);
    sub->footer(verb->teaching);
    for (const auto& parameter : verb->parameters) add(*sub, parameter, arguments);
    for (const auto& parameter : common_parameters()) add(*sub, parameter, arguments);
  }
}

// CLI11's own codes for wrong usage are many; ours is one.
int report(const CLI::App& app, const CLI::ParseError& error, Terminal& terminal) {
  std::ostringstream out, err;
  const int code = app.exit(error, out, err);
  terminal.print(out.str());
  if (code == 0) return kGood;
  terminal.complain("garner: " + err.str());
  return kBadInput;
}

// What could not be written is told, whatever the verb thinks of it.
int ended(Terminal& terminal, int code) {
  terminal.flush();
  if (!terminal.failed()) return code;
  const int why = terminal.write_errno();
  if (why != EPIPE)  // who stopped reading knows
    terminal.complain(fmt::format("garner: standard output can't be written{}{}\n", why != 0 ? ": " : "",
                                  why != 0 ? std::strerror(why) : ""));
  return code == kGood ? kNotWell : code;
}

// The first word is no verb: which one may have been meant. Empty: it is one, or there is no word.
std::string wrong_verb(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--socket") ++i;
    if (word.starts_with('-')) continue;
    std::vector<std::string_view> names;
    for (const auto* verb : verbs()) names.emplace_back(verb->name);
    if (std::ranges::find(names, word) != names.end()) return {};
    return fmt::format("garner: '{}' is no verb{}; see: garner --help\n", printable(word, 40),
                       did_you_mean(word, names));
  }
  return {};
}

}  // namespace

Parameter archive_parameter() {
  return {"ARCHIVE", "its profile's name; `garner archives` lists them", &Arguments::archive, true};
}

Parameter archives_parameter() {
  return {"--archives", "the folder of the profiles (else GARNER_ARCHIVES, yours, the machine's, the installation's)",
          &Arguments::archives_directory};
}

Parameter anonymous_parameter() {
  return {"--anonymous", "ask as anybody, whatever `garner login` made", &Arguments::anonymous};
}

std::vector<const Verb*> verbs() {
  return {&submit_verb(), &status_verb(),  &watch_verb(), &list_verb(),   &pause_verb(),
          &resume_verb(), &cancel_verb(),  &retry_verb(), &remove_verb(), &sources_verb(),
          &log_verb(),    &receipt_verb(), &get_verb(),   &verify_verb(), &archives_verb(),
          &tap_verb(),    &cone_verb(),    &login_verb(), &logout_verb(), &whoami_verb()};
}

int run(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err, const Environment& environment,
        const Pace& pace) {
  Terminal terminal(out, err, environment);
  Arguments parsed;
  CLI::App app("", "garner");
  describe(app, parsed);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ParseError& error) {
    const auto wrong = wrong_verb(arguments);
    if (!wrong.empty() && error.get_exit_code() != 0) {
      terminal.complain(wrong);
      return kBadInput;
    }
    return ended(terminal, report(app, error, terminal));
  }
  if (app.get_subcommands().empty()) {
    terminal.complain(app.help());
    return kBadInput;
  }
  if (parsed.no_color) terminal.without_colour();
  Session session{parsed, terminal, environment, pace, control::Client(socket_path(parsed.socket, environment))};
  const auto name = app.get_subcommands().front()->get_name();
  for (const auto* verb : verbs()) {
    if (name != verb->name) continue;
    const int code = verb->run(session);
    return ended(terminal, code);
  }
  return kBadInput;
}

}  // namespace garner::client
