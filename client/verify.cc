#include <fmt/format.h>

#include "client/format.h"
#include "client/verb.h"

namespace garner::client {

namespace {

std::string counts_text(const harvest::VerifyPage& sum) {
  return fmt::format("{}, {}, {}", counted(sum.packs, "pack", "packs"), counted(sum.products, "product", "products"),
                     bytes_text(sum.bytes));
}

void show_progress(Session& session, const harvest::VerifyPage& sum) {
  if (session.arguments.json || !session.terminal.complaints_seen()) return;
  session.terminal.complain(fmt::format("\r\x1b[Kchecked {} so far", counts_text(sum)));
}

void add_page(Session& session, harvest::VerifyPage& sum, harvest::VerifyPage page) {
  sum.packs += page.packs;
  sum.products += page.products;
  sum.bytes += page.bytes;
  for (auto& damage : page.damages) {
    if (!session.arguments.json) session.terminal.print("damaged: " + printable(damage, 4000) + "\n");
    sum.damages.push_back(std::move(damage));
  }
  session.terminal.flush();
}

int conclude(Session& session, const harvest::VerifyPage& sum) {
  if (!session.arguments.json && session.terminal.complaints_seen()) session.terminal.complain("\r\x1b[K");
  if (session.arguments.json) {
    session.terminal.write(control::verify_json(sum) + "\n");
  } else if (sum.damages.empty()) {
    session.terminal.print(fmt::format("{}: {} agree with the ledger\n", session.arguments.harvest, counts_text(sum)));
  } else {
    session.terminal.print(fmt::format("{}: {} found among {}\n", session.arguments.harvest,
                                       counted(sum.damages.size(), "damage", "damages"), counts_text(sum)));
  }
  return sum.damages.empty() ? kGood : kNotWell;
}

int run_verify(Session& session) {
  harvest::VerifyPage sum;
  std::string cursor;
  do {
    auto page = session.client.verify(session.arguments.harvest, cursor);
    if (!page) return session.fail(page.error());
    const auto before = std::exchange(cursor, page->next);
    add_page(session, sum, std::move(*page));
    if (!cursor.empty() && cursor == before) {
      return session.fail({Kind::Internal, "the daemon's checking does not go on; please report this", std::nullopt});
    }
    show_progress(session, sum);
  } while (!cursor.empty());
  return conclude(session, sum);
}

}  // namespace

const Verb& verify_verb() {
  static const Verb kVerb = {
      "verify",
      "Re-hash everything on disk against the ledger",
      R"(Every damaged, missing or changed file is named. Exit code 1 when there is damage. `sha256sum -c SHA256SUMS` in the output directory
checks the same without garner.

Examples:
  garner verify rvs-bright
  garner verify rvs-bright --json | jq -r '.damages[]')",
      {{"HARVEST", "its name", &Arguments::harvest, true}},
      run_verify};
  return kVerb;
}

}  // namespace garner::client
