// What services say instead of data, judged as an answer of TAP and of a product service. The first line is the
// status.
#include "ivoa/server_words.h"

#include <algorithm>
#include <charconv>

#include "archive/reply.h"
#include "http_reply.h"
#include "ivoa/dali.h"

namespace garner::fuzz {
namespace {

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

void run(Bytes bytes) {
  std::string_view body = text_of(bytes);
  const auto first = take_line(body);
  int status = 200;
  std::from_chars(first.data(), first.data() + first.size(), status);
  const WallTime now{std::chrono::seconds(1'800'000'000)};
  const auto reply = reply_of(status, {{"content-type", "text/html"}, {"retry-after", "120"}}, body);
  for (const bool with_upload : {false, true}) {
    const ivoa::Asked asked{.with_upload = with_upload, .format = "votable"};
    require(!ivoa::judge_failure(reply, asked, now).detail.empty(), "a failure has words");
    if (const auto error = ivoa::judge_answer(reply, asked, now)) require(!error->detail.empty(), "so has an error");
    (void)ivoa::judge_words(body, status, asked);
  }
  if (const auto error = archive::judge_reply(reply, now)) require(!error->detail.empty(), "products' errors as well");
  (void)archive::asker_of(reply);
  const auto message = ivoa::extract_message(body);
  require(is_printable(message) && message.size() <= 4096, "messages are printable and short");
  (void)ivoa::words_of(body);
  (void)ivoa::message_of_page(body);
  (void)ivoa::error_info_of(body);
  require(ivoa::first_and_last(body).size() <= (8u << 10) + ivoa::kLastBytes + 16, "head and tail are bounded");
  require(ivoa::head_of(bytes_of(body), 4096).size() <= 4096, "and the head alone");
}

const Target kTarget("server_words", run);

}  // namespace
}  // namespace garner::fuzz
