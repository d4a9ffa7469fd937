#include <csignal>

#include "client/verb.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `garner sources … | head` ends quietly
  return garner::client::run({argv + 1, argv + argc}, stdout, stderr, garner::client::process_environment());
}
