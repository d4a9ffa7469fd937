#include "base/uv_loop.h"

#include <uv.h>

#include <cassert>
#include <cstdlib>
#include <deque>
#include <mutex>

namespace garner {

struct UvLoop::Impl {
  uv_loop_t loop{};
  uv_async_t async{};
  std::mutex mutex;
  std::deque<Action> queue;
  bool stop = false;

  // uv_async_send coalesces: it means "look at the queue" (libuv docs, async.rst).
  void drain() {
    std::deque<Action> batch;
    {
      const std::lock_guard lock(mutex);
      batch.swap(queue);
    }
    for (auto& action : batch) action();
    const std::lock_guard lock(mutex);
    if (!queue.empty())
      uv_async_send(&async);
    else if (stop)
      uv_stop(&loop);
  }
};

namespace {

// A libuv handle lives until its close callback; the owner's handle only asks for the close.
template <class Handle>
struct Node {
  Handle handle{};
  Executor::Action action;
  static void close(Node* node) {
    node->action = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&node->handle),
             [](uv_handle_t* handle) { delete static_cast<Node*>(handle->data); });
  }
};

template <class Handle>
class Owner final : public Executor::Timer {
 public:
  explicit Owner(Node<Handle>* node) : node_(node) {}
  ~Owner() override { Node<Handle>::close(node_); }

 private:
  Node<Handle>* node_;
};

}  // namespace

UvLoop::UvLoop() : impl_(std::make_unique<Impl>()) {
  if (uv_loop_init(&impl_->loop) != 0) std::abort();
  if (uv_async_init(&impl_->loop, &impl_->async, [](uv_async_t* async) { static_cast<Impl*>(async->data)->drain(); }) !=
      0) {
    std::abort();
  }
  impl_->async.data = impl_.get();
}

UvLoop::~UvLoop() {
  // What was posted and never run may own timers: they go while the loop still stands.
  std::exchange(impl_->queue, {}).clear();
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->async), nullptr);
  // More laps so that close callbacks free what they own; never a wait, a handle left open must not hang us.
  for (int lap = 0; lap < 8 && uv_loop_alive(&impl_->loop) != 0; ++lap) uv_run(&impl_->loop, UV_RUN_NOWAIT);
  if (uv_loop_close(&impl_->loop) != 0) std::abort();
}

void UvLoop::post(Action action) {
  const std::lock_guard lock(impl_->mutex);
  impl_->queue.push_back(std::move(action));
  uv_async_send(&impl_->async);
}

SteadyTime UvLoop::now() const {
  return std::chrono::steady_clock::now();
}
WallTime UvLoop::wall_now() const {
  return std::chrono::system_clock::now();
}

std::unique_ptr<Executor::Timer> UvLoop::call_at(SteadyTime when, Action action) {
  auto* node = new Node<uv_timer_t>;
  node->action = std::move(action);
  uv_timer_init(&impl_->loop, &node->handle);
  node->handle.data = node;
  // libuv caches the time per lap: without this a timer armed after long work fires early.
  uv_update_time(&impl_->loop);
  // Counted from the loop's own clock (CLOCK_MONOTONIC in whole milliseconds, rounded down): never early against now().
  const auto due = std::chrono::ceil<std::chrono::milliseconds>(when.time_since_epoch()).count();
  const auto wait = due - static_cast<std::int64_t>(uv_now(&impl_->loop));
  uv_timer_start(
      &node->handle,
      [](uv_timer_t* timer) {
        // The action may drop the timer's owner and with it the node's action: run a copy that outlives it.
        auto run = std::move(static_cast<Node<uv_timer_t>*>(timer->data)->action);
        if (run) run();
      },
      static_cast<std::uint64_t>(std::max<std::int64_t>(wait, 1)), 0);
  return std::make_unique<Owner<uv_timer_t>>(node);
}

std::unique_ptr<Executor::Timer> UvLoop::on_signal(int signal_number, Action action) {
  auto* node = new Node<uv_signal_t>;
  node->action = std::move(action);
  uv_signal_init(&impl_->loop, &node->handle);
  node->handle.data = node;
  uv_signal_start(
      &node->handle,
      [](uv_signal_t* handle, int) {
        // The action may drop its own owner: it must not be destroyed while it runs.
        auto* self = static_cast<Node<uv_signal_t>*>(handle->data);
        auto run = std::move(self->action);
        run();
        if (uv_is_closing(reinterpret_cast<uv_handle_t*>(handle)) == 0) self->action = std::move(run);
      },
      signal_number);
  return std::make_unique<Owner<uv_signal_t>>(node);
}

void UvLoop::run() {
  uv_run(&impl_->loop, UV_RUN_DEFAULT);
  const std::lock_guard lock(impl_->mutex);
  impl_->stop = false;
}

void UvLoop::request_stop() {
  const std::lock_guard lock(impl_->mutex);
  impl_->stop = true;
  uv_async_send(&impl_->async);
}

uv_loop_s* UvLoop::native() {
  return &impl_->loop;
}

}  // namespace garner
