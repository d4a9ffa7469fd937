// A verb of the command line as data: its name, its words, its parameters, and what it does. arguments.cc makes the
// parser and the help of them; one small file holds each verb.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "client/exit_code.h"
#include "client/session.h"

namespace garner::client {

struct Parameter {
  const char* name;  // "--wait", "-o,--output", or the word of a positional one: "HARVEST"
  const char* help;
  std::variant<bool Arguments::*, std::string Arguments::*, std::vector<std::string> Arguments::*>
      target;  // a list: may be given again and again
  bool required = false;
  std::vector<std::string> choices = {};
  const char* value = "PATH";  // what an option's value is
};

struct Verb {
  const char* name;
  const char* summary;   // one line
  const char* teaching;  // what it does, and examples
  std::vector<Parameter> parameters;
  int (*run)(Session& session);  // the exit code
};

const Verb& archives_verb();
const Verb& cancel_verb();
const Verb& cone_verb();
const Verb& get_verb();
const Verb& list_verb();
const Verb& log_verb();
const Verb& login_verb();
const Verb& logout_verb();
const Verb& pause_verb();
const Verb& receipt_verb();
const Verb& remove_verb();
const Verb& resume_verb();
const Verb& retry_verb();
const Verb& sources_verb();
const Verb& status_verb();
const Verb& submit_verb();
const Verb& tap_verb();
const Verb& verify_verb();
const Verb& watch_verb();
const Verb& whoami_verb();

// Parameters of the verbs that speak to archives by themselves.
Parameter archive_parameter();
Parameter archives_parameter();
Parameter anonymous_parameter();

// In the order of the help.
std::vector<const Verb*> verbs();

// The whole program: parses, runs the verb, returns the exit code. arguments: without the program's name.
int run(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err, const Environment& environment,
        const Pace& pace = {});

}  // namespace garner::client
