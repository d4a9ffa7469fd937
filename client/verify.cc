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
  sum.put_back += page.put_back;
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
    if (session.arguments.repair)
      session.terminal.print(fmt::format("{}: {} fetched again. Follow it with: garner watch {}\n",
                                         session.arguments.harvest, counted(sum.put_back, "product is", "products are"),
                                         session.arguments.harvest));
    else
      session.terminal.print("Fetch it again with: garner verify " + session.arguments.harvest + " --repair\n");
  }
  const bool mended = session.arguments.repair && sum.put_back > 0;
  return sum.damages.empty() || mended ? kGood : kNotWell;
}

int run_verify(Session& session) {
  harvest::VerifyPage sum;
  std::string cursor;
  do {
    auto page = session.client.verify(session.arguments.harvest, cursor, session.arguments.repair);
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
      R"(Every damaged, missing or changed file is named. Exit code 1 when there is damage. `sha256sum -c SHA256SUMS` in the
output directory checks the same without garner. With --repair what is damaged or missing, and that alone, goes back
to pending and is fetched again: a finished harvest goes on until it has come; a damaged file stays until another one
takes its place. Exit code 0 then.

Examples:
  garner verify rvs-bright
  garner verify rvs-bright --repair && garner watch rvs-bright
  garner verify rvs-bright --json | jq -r '.damages[]')",
      {{"HARVEST", "its name", &Arguments::harvest, true},
       {"--repair", "fetch again what is damaged or missing", &Arguments::repair}},
      run_verify};
  return kVerb;
}

}  // namespace garner::client
