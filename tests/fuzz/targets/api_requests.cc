// Requests to the control API: method, path and query values, percent-decoded as the server does. The input is a
// request a line: METHOD path key=value…
#include <algorithm>

#include "control/percent.h"
#include "control/routes.h"
#include "harvest/service/listing_cursor.h"
#include "target.h"

namespace garner::fuzz {
namespace {

// Knows one harvest, "rvs", and answers with what it was asked, as foreign texts come into answers.
class Echo final : public harvest::Service {
 public:
  Result<std::unique_ptr<harvest::Submission>> submit(harvest::Peer, std::string, std::string) override {
    return fail(Kind::Unsupported, "not here");
  }
  std::vector<harvest::HarvestStatus> list() override { return {*status("rvs")}; }
  Result<harvest::HarvestStatus> status(const std::string& name) override {
    if (name != "rvs") return fail(Kind::NotFound, "no harvest '{}'", name);
    harvest::HarvestStatus known;
    known.name = name;
    return known;
  }
  Result<harvest::HarvestStatus> pause(harvest::Peer, const std::string& name) override { return status(name); }
  Result<harvest::HarvestStatus> resume(harvest::Peer, const std::string& name) override { return status(name); }
  Result<harvest::HarvestStatus> cancel(harvest::Peer, const std::string& name) override { return status(name); }
  Result<void> remove(harvest::Peer, const std::string& name, bool) override {
    const auto known = status(name);
    return known ? Result<void>{} : std::unexpected(known.error());
  }
  Result<std::uint64_t> retry(harvest::Peer, const std::string& name, ledger::Outcome) override {
    const auto known = status(name);
    return known ? Result<std::uint64_t>{1} : std::unexpected(known.error());
  }
  Result<harvest::SourcesPage> sources(const std::string& name, const std::string& outcome, const std::string& cursor,
                                       std::size_t rows_most) override {
    require(rows_most >= 1 && rows_most <= control::kSourcesPageMost, "pages are bounded");
    if (const auto place = harvest::parse_cursor(cursor)) {
      const auto again = harvest::parse_cursor(place->text());
      require(again.has_value() && again->text() == place->text(), "a cursor stands for one place");
    }
    harvest::SourcesPage page;
    page.refused_rows = {{name, outcome, cursor}};
    page.next = cursor;
    return page;
  }
  Result<harvest::LogPage> log(const std::string& name, const harvest::LogQuestion& question) override {
    require(question.most >= 1 && question.most <= 10'000, "logs are bounded");
    harvest::LogPage page;
    page.about = {name, question.retrieval_type};
    return page;
  }
  Result<harvest::ReceiptReply> receipt(harvest::Peer, const std::string& name) override {
    return harvest::ReceiptReply{"{}", "# " + name, false};
  }
  Result<harvest::FoundProduct> product(const std::string& name, SourceId, const std::string& type) override {
    harvest::FoundProduct product;
    product.file_name = name;
    product.retrieval_type = type;
    return product;
  }
  Result<harvest::VerifyPage> verify(const std::string&, const std::string& cursor) override {
    harvest::VerifyPage page;
    page.next = cursor;
    return page;
  }
  Result<harvest::VerifyPage> repair(harvest::Peer, const std::string& name, const std::string& cursor) override {
    return verify(name, cursor);
  }
};

std::string_view take_word(std::string_view& line) {
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size() == line.size() ? word.size() : word.size() + 1);
  return word;
}

void ask(const control::ApiContext& context, std::string_view line) {
  control::ApiRequest request;
  request.method = take_word(line);
  request.path = control::percent_decode(take_word(line));
  while (!line.empty() && request.query.size() < 8) {
    const auto word = take_word(line);
    const auto key = word.substr(0, word.find('='));
    request.query.emplace(key, key.size() == word.size() ? "" : control::percent_decode(word.substr(key.size() + 1)));
  }
  const auto matched = control::match(request.method, request.path);
  if (matched && matched->route->handler == nullptr) return;  // a submission
  const auto reply = control::answer(context, request);
  require(reply.status >= 200 && reply.status < 600, "every request has an answer");
  for (const auto& [name, value] : reply.headers)
    require(std::ranges::all_of(value, [](char c) { return c > ' ' && c < '\x7f'; }), name + " is plain");
}

void run(Bytes bytes) {
  std::string_view text = text_of(bytes);
  require(control::percent_decode(control::percent_encode(text)) == text, "what is encoded comes back");
  Echo service;
  const control::ApiContext context{service, {}};
  for (int lines = 0; !text.empty() && lines < 20; ++lines) ask(context, take_line(text));
}

const Target kTarget("api_requests", run);

}  // namespace
}  // namespace garner::fuzz
