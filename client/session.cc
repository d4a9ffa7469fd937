#include "client/session.h"

#include "client/exit_code.h"
#include "client/format.h"

namespace garner::client {

int Session::fail(const Error& error) {
  if (arguments.json) {
    terminal.complain(control::error_json(error) + "\n");
  } else {
    terminal.complain("garner: " + printable_lines(error.detail) + "\n");
  }
  return exit_code(error.kind);
}

}  // namespace garner::client
