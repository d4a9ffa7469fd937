// Logins of the two server contexts (tap-server, data-server), each with sessions of its own. Only the cookie SESSION
// carries a login; JSESSIONID is decoration, as on the real servers. A lapsed session is no error: its requests are
// anonymous, and their replies hand out a new one. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive_sim/knobs.h"

namespace garner::archive_sim {

class Sessions {
 public:
  using Clock = std::chrono::steady_clock;

  struct Cookies {
    std::string jsessionid, session;
  };

  // Nothing where name and password do not fit. `context`: "tap-server" or "data-server".
  std::optional<Cookies> login(const Knobs& knobs, std::string_view context, std::string_view user,
                               std::string_view password);
  void logout(std::string_view context, std::string_view session);

  // The user of a request, "anonymous" where there is no session or it lapsed. `counts`: a data request, which uses the
  // session up.
  std::string user_of(const Knobs& knobs, std::string_view context, std::string_view session, bool counts);

  // Nobody's: what a reply hands out in place of a session that lapsed.
  Cookies new_cookies(const Knobs& knobs);
  void expire_all();

 private:
  struct Session {
    std::string user;
    Clock::time_point since;
    std::uint64_t requests = 0;
  };

  std::mutex mutex_;
  std::uint64_t serial_ = 0;
  std::map<std::string, Session, std::less<>> sessions_;  // "context/token"
};

// `secure`: a browser or curl would drop a Secure cookie that came over http.
std::vector<std::pair<std::string, std::string>> set_cookie_headers(const Sessions::Cookies& cookies,
                                                                    std::string_view context, bool secure);

}  // namespace garner::archive_sim
