// A reply's head and the values we read of it: Retry-After, Set-Cookie, Location. The input is what a server sends
// before the body.
#include <algorithm>

#include "http/reply_head.h"

#include "../../unit/support/virtual_loop.h"
#include "archive/login_context.h"
#include "archive/reply.h"
#include "http/url.h"
#include "http_reply.h"
#include "ivoa/dali.h"

namespace garner::fuzz {
namespace {

const WallTime kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::string_view kBase = "https://gea.example.org/tap-server/tap/async";

using Fields = std::vector<std::pair<std::string, std::string>>;

class OneReply final : public http::Transport {
 public:
  OneReply(int status, Fields fields) : status_(status), fields_(std::move(fields)) {}
  Task<Result<http::Reply>> fetch(http::Request, std::stop_token) override { co_return reply_of(status_, fields_, ""); }

 private:
  int status_;
  Fields fields_;
};

Task<void> keep(Task<Result<std::string>> task, std::optional<Result<std::string>>& kept) {
  kept.emplace(co_await task);
}

// Cookies go into a header of ours: nothing in them may begin another.
void log_in(int status, const Fields& fields) {
  garner::testing::VirtualLoop loop;
  OneReply transport(status, fields);
  archive::LoginContext context;
  context.base_url = "https://gea.example.org";
  archive::SessionCalls calls(context, transport, loop);
  std::optional<Result<std::string>> cookies;
  TaskGroup group;
  group.spawn(keep(calls.log_in({"joe", "secret"}, {}), cookies));
  loop.run_until_idle();
  require(cookies.has_value(), "a login ends");
  if (!*cookies) return;
  require(std::ranges::all_of(**cookies, [](char c) { return c >= ' ' && c < '\x7f'; }), "cookies are printable");
}

void run(Bytes bytes) {
  http::ReplyHead head;
  for (auto rest = text_of(bytes); !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n') + 1 == 0 ? rest.size() : rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    if (!head.add_line(line)) return;
  }
  const int status = head.status();
  const Fields fields = head.take_fields();
  require(fields.size() <= http::ReplyHead::kMaxFields, "fields are bounded");
  for (const auto& [name, value] : fields) {
    require(value.find('\n') == std::string::npos, "a value is one line");
    if (const auto wait = http::parse_retry_after(value, kNow))
      require(*wait >= std::chrono::seconds(0) && *wait <= std::chrono::hours(24), "waits are bounded");
    if (const auto url = http::resolve_url(std::string(kBase), value)) {
      require(url->starts_with("http://") || url->starts_with("https://"), "only http and https");
      require(std::ranges::none_of(*url, [](char c) { return static_cast<unsigned char>(c) <= ' '; }), "no blanks");
      require(http::origin_of(*url).has_value() && http::same_origin(*url, *url), "a URL has an origin");
      require(http::resolve_url(*url, *url) == url, "an absolute URL resolves to itself");
    }
  }
  const auto reply = reply_of(status, fields, "");
  (void)ivoa::judge_failure(reply, {}, kNow);
  (void)archive::judge_reply(reply, kNow);
  (void)archive::hands_out_another_session(reply, "SESSION=a");
  log_in(status, fields);
}

const Target kTarget("http_headers", run);

}  // namespace
}  // namespace garner::fuzz
