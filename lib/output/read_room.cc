#include "output/read_room.h"

#include <condition_variable>
#include <mutex>

#include "base/number_text.h"

namespace garner::output {

struct ReadRoom::State {
  std::mutex mutex;
  std::condition_variable given_back;
  std::uint64_t used = 0;
};

ReadRoom::ReadRoom(std::uint64_t bytes, std::chrono::milliseconds patience)
    : limit_(bytes), patience_(patience), state_(std::make_shared<State>()) {}

Result<ReadRoom::Share> ReadRoom::take(std::uint64_t bytes, std::string_view file) {
  if (bytes <= kSmall) return Share();
  if (bytes > limit_) {
    return fail(Kind::TooLarge,
                "{}: reading the product out of it takes {} of memory, the daemon has {} for this; use the file itself",
                file, bytes_text(bytes), bytes_text(limit_));
  }
  std::unique_lock lock(state_->mutex);
  if (!state_->given_back.wait_for(lock, patience_, [&] { return limit_ - state_->used >= bytes; })) {
    return fail(Kind::Overloaded,
                "{}: {} of the {} that the daemon has for reading products out are taken by others; try again later, "
                "or use the file itself",
                file, bytes_text(state_->used), bytes_text(limit_));
  }
  state_->used += bytes;
  return Share(&kSmall, [state = state_, bytes](const void*) {
    const std::lock_guard guard(state->mutex);
    state->used -= bytes;
    state->given_back.notify_all();
  });
}

std::uint64_t ReadRoom::used() const {
  const std::lock_guard lock(state_->mutex);
  return state_->used;
}

}  // namespace garner::output
