// Asks the person at the terminal, on /dev/tty, whatever standard input and output are. Blocking.
#pragma once

#include <string>

#include "base/error.h"

namespace garner::client {

// One line, without its end. Hidden: what is typed is not shown, and the terminal shows it again afterwards, also after
// Ctrl-C. Errors: Cancelled (Ctrl-C), Invalid (no terminal, an end of the input, a line too long).
Result<std::string> ask_user(const std::string& question, bool hidden);

}  // namespace garner::client
