// The other process of the ledger's tests: opens the ledger in FOLDER, then
//   ledger_child hold FOLDER     writes a byte and keeps it open until its standard input ends;
//   ledger_child settle FOLDER   settles every open chunk of the first harvest's first type, writes each settled block
//   as four bytes, and waits to be killed.
#include <unistd.h>

#include <cstring>
#include <thread>

#include "ledger/rocks_ledger.h"
#include "samples.h"

namespace garner::ledger {
namespace {

int hold() {
  char byte = 'y';
  if (::write(STDOUT_FILENO, &byte, 1) != 1) return 1;
  return ::read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1;
}

void settle_every_third(Ledger& ledger, const HarvestRecord& harvest, std::uint32_t first) {
  for (std::uint32_t block = first; block < harvest.blocks; block += 3) {
    const ChunkKey key{harvest.no, 0, block};
    const auto before = ledger.chunk(key);
    const auto ids = ledger.ids(harvest.no, block);
    if (!before || !ids) ::_exit(2);
    const auto count = static_cast<std::uint32_t>(ids->size());
    if (before->done(count)) continue;
    const auto after = samples::delivered(count, block);
    if (!ledger.settle(key, after, delta_between(*before, after, count))) ::_exit(3);
    if (::write(STDOUT_FILENO, &block, sizeof block) != sizeof block) ::_exit(4);
  }
}

int settle(Ledger& ledger) {
  const auto harvests = ledger.harvests();
  if (!harvests || harvests->empty()) return 1;
  {
    std::vector<std::jthread> workers;
    for (std::uint32_t first = 0; first < 3; ++first)
      workers.emplace_back([&, first] { settle_every_third(ledger, harvests->front(), first); });
  }
  for (;;) ::pause();
}

}  // namespace
}  // namespace garner::ledger

int main(int count, char** arguments) {
  if (count != 3) return 2;
  auto ledger = garner::ledger::open_rocks_ledger(arguments[2]);
  if (!ledger) return 1;
  return std::strcmp(arguments[1], "hold") == 0 ? garner::ledger::hold() : garner::ledger::settle(**ledger);
}
