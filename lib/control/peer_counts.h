// How many connections each user holds, so that nobody takes all of them: a user has some, all users together leave
// room for root and the daemon's own user. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

namespace garner::control {

class PeerCounts {
 public:
  PeerCounts(unsigned a_user, unsigned all_users) : a_user_(a_user), all_users_(all_users) {}

  // False where there is no room; then nothing is to be left.
  bool enter(std::uint32_t uid) {
    const std::lock_guard lock(mutex_);
    if (all_ >= all_users_) return false;
    unsigned& held = held_[uid];
    if (held >= a_user_) return false;
    ++held;
    ++all_;
    return true;
  }
  void leave(std::uint32_t uid) {
    const std::lock_guard lock(mutex_);
    const auto at = held_.find(uid);
    if (at == held_.end()) return;
    --all_;
    if (--at->second == 0) held_.erase(at);
  }

 private:
  const unsigned a_user_, all_users_;
  std::mutex mutex_;
  std::map<std::uint32_t, unsigned> held_;
  unsigned all_ = 0;
};

}  // namespace garner::control
