#include "archive_sim/sessions.h"

#include <fmt/format.h>

#include "archive_sim/random.h"

namespace garner::archive_sim {

std::optional<Sessions::Cookies> Sessions::login(const Knobs& knobs, std::string_view context, std::string_view user,
                                                 std::string_view password) {
  const auto found = knobs.users.find(user);
  if (found == knobs.users.end() || found->second != password) return std::nullopt;
  Cookies cookies = new_cookies(knobs);
  const std::lock_guard lock(mutex_);
  sessions_[fmt::format("{}/{}", context, cookies.session)] = {std::string(user), Clock::now(), 0};
  return cookies;
}

Sessions::Cookies Sessions::new_cookies(const Knobs& knobs) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t n = mix(knobs.seed, ++serial_);
  return {fmt::format("{:016X}{:016X}", mix(n, 1), mix(n, 2)),
          fmt::format("{:016x}{:016x}{:08x}", mix(n, 3), mix(n, 4), serial_)};
}

void Sessions::expire_all() {
  const std::lock_guard lock(mutex_);
  sessions_.clear();
}

void Sessions::logout(std::string_view context, std::string_view session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(fmt::format("{}/{}", context, session));
}

std::string Sessions::user_of(const Knobs& knobs, std::string_view context, std::string_view session, bool counts) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(fmt::format("{}/{}", context, session));
  if (found == sessions_.end()) return "anonymous";
  Session& s = found->second;
  const std::chrono::duration<double> age = Clock::now() - s.since;
  const bool lapsed = (knobs.session_lifetime_s > 0 && age.count() > knobs.session_lifetime_s) ||
                      (knobs.session_requests > 0 && s.requests >= knobs.session_requests);
  if (lapsed) {
    sessions_.erase(found);
    return "anonymous";
  }
  if (counts) ++s.requests;
  return s.user;
}

std::vector<std::pair<std::string, std::string>> set_cookie_headers(const Sessions::Cookies& cookies,
                                                                    std::string_view context, bool secure) {
  const std::string_view only = secure ? "; Secure" : "";
  return {
      {"Set-Cookie", fmt::format("JSESSIONID={}; Path=/{}{}; HttpOnly", cookies.jsessionid, context, only)},
      {"Set-Cookie", fmt::format("SESSION={}; Path=/{}{}; HttpOnly; SameSite=Lax", cookies.session, context, only)}};
}

}  // namespace garner::archive_sim
