#include "harvest/chunk/journal_text.h"

#include <algorithm>

namespace garner::harvest {

namespace {

constexpr std::size_t kReasonMost = 160;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// What a run of digits may go on with and still be one number: 1,234 · 12.5 · 10:45:03.
bool joins_digits(std::string_view text, std::size_t at) {
  return (text[at] == ',' || text[at] == '.' || text[at] == ':') && at + 1 < text.size() && is_digit(text[at + 1]);
}

std::size_t end_of_number(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_digit(text[at]) || joins_digits(text, at))) ++at;
  return at;
}

// Three digits that stand where a status stands: at the very beginning, or after "HTTP".
bool is_status(std::string_view text, std::size_t from, std::size_t end, std::string_view so_far) {
  if (end - from != 3 || text[from] < '1' || text[from] > '5') return false;
  return so_far.empty() || so_far.ends_with("HTTP ");
}

std::size_t end_of_address(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != ' ' && text[at] != '"' && text[at] != '\'' && text[at] != ')') ++at;
  return at;
}

}  // namespace

std::string fold_reason(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size() && out.size() < kReasonMost;) {
    const std::string_view rest = text.substr(at);
    const bool word_begins = at == 0 || !is_word(text[at - 1]);
    if (word_begins && (rest.starts_with("http://") || rest.starts_with("https://"))) {
      at = end_of_address(text, at);
      out += "URL";
    } else if (is_digit(text[at]) && word_begins) {
      const std::size_t end = end_of_number(text, at);
      if (is_status(text, at, end, out))
        out += text.substr(at, end - at);
      else
        out += 'N';
      at = end;
    } else if (text[at] == ' ' && out.ends_with(' ')) {
      ++at;
    } else {
      out += text[at++];
    }
  }
  if (out.size() > kReasonMost) out.resize(kReasonMost);
  return printable(out, kReasonMost);
}

std::string fold_times(std::string_view text) {
  const std::string folded = fold_reason(text);
  std::string out;
  bool after_number = false, after_duration = false;
  for (std::size_t at = 0; at < folded.size();) {
    const auto end = std::min(folded.find(' ', at), folded.size());
    std::string_view word = std::string_view(folded).substr(at, end - at);
    at = end + 1;
    const auto letters = std::min(word.find_first_of(",;:)"), word.size());
    const std::string_view unit = word.substr(0, letters), behind = word.substr(letters);
    const bool is_unit = unit == "s" || unit == "min" || unit == "h" || unit == "d";
    if (after_number && is_unit) {
      if (!after_duration) out += " T";
      out += behind;
      after_duration = behind.empty();
      after_number = false;
      continue;
    }
    if (after_number) out += " N";
    after_duration = after_duration && word == "N";
    after_number = word == "N";
    if (!after_number) out += (out.empty() ? "" : " ") + std::string(word);
  }
  return after_number ? out + " N" : out;
}

ledger::Attempt attempt_of(const Chunk& chunk) {
  ledger::Attempt attempt;
  attempt.type = chunk.key.type;
  attempt.block = chunk.key.block;
  attempt.ids = static_cast<std::uint32_t>(chunk.wanted.size());
  if (!chunk.wanted.empty()) {
    attempt.first = chunk.wanted.front();
    attempt.last = chunk.wanted.back();
  }
  attempt.route = chunk.by_tap ? (chunk.by_job ? ledger::Route::Job : ledger::Route::Sync) : ledger::Route::Products;
  return attempt;
}

ledger::JournalEntry failed_entry(const Chunk& chunk, const Error& error, ledger::Against against, std::string next,
                                  WallTime now) {
  ledger::JournalEntry entry;
  entry.at_s = std::chrono::system_clock::to_time_t(now);
  entry.text = printable(error.detail);
  entry.next = std::move(next);
  entry.attempt = attempt_of(chunk);
  entry.trouble = ledger::Trouble{std::string(kind_name(error.kind)), against, fold_reason(entry.text)};
  return entry;
}

std::optional<ledger::JournalEntry> recovered_entry(const Chunk& chunk, const ledger::ChunkRecord& after,
                                                    WallTime now) {
  if (chunk.record.last_error.empty()) return std::nullopt;
  const auto delta = ledger::delta_between(chunk.record, after, static_cast<std::uint32_t>(chunk.ids.size()));
  ledger::JournalEntry entry;
  entry.at_s = std::chrono::system_clock::to_time_t(now);
  entry.text = fmt::format("answered well: {} delivered, {} absent", delta.delivered, delta.absent);
  entry.attempt = attempt_of(chunk);
  return entry;
}

ledger::Against against_whom(const policy::Verdict& verdict) {
  if (verdict.archive_trouble) return ledger::Against::Archive;
  if (verdict.next == policy::Next::BlockType) return ledger::Against::Request;
  if (verdict.next == policy::Next::HoldHarvest) return ledger::Against::Ourselves;
  return ledger::Against::Chunk;
}

std::string what_follows(const policy::Verdict& verdict) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(verdict.wait).count();
  switch (verdict.next) {
    case policy::Next::RetryChunk:
      return fmt::format("tried again after {} s", seconds);
    case policy::Next::BlockChunk:
      return "the chunk waits for garner retry";
    case policy::Next::BlockType:
      return "all chunks of its type wait for garner retry";
    case policy::Next::HoldHarvest:
      return "the harvest is held until our own disk and ledger are well";
    case policy::Next::Stop:
      return {};
  }
  return {};
}

}  // namespace garner::harvest
