// A TAP service asked from this process, anonymously or as the user who logged in.
#pragma once

#include <memory>
#include <string>

#include "client/archive_console.h"
#include "ivoa/tap.h"

namespace garner::client {

class TapConsole : public ArchiveConsole {
 public:
  explicit TapConsole(const archive::Profile& profile);

  ivoa::Tap& tap() { return *tap_; }
  // The requests from now on carry this session; empty: none.
  void use_session(std::string cookies) { cookies_ = std::move(cookies); }

 private:
  std::string cookies_;
  std::unique_ptr<ivoa::Tap> tap_;
};

}  // namespace garner::client
