#include "output/sha256.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace garner::output {

namespace {

// Fetched once: the implicit fetch behind EVP_sha256() costs more than hashing a small product.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

EVP_MD_CTX* of(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

void must(bool good) {
  if (!good) std::abort();
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void Sha256Stream::Free::operator()(void* context) const {
  EVP_MD_CTX_free(of(context));
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  must(context_ != nullptr && EVP_DigestInit_ex2(of(context_.get()), algorithm(), nullptr) == 1);
}

void Sha256Stream::add(std::span<const std::byte> bytes) {
  must(EVP_DigestUpdate(of(context_.get()), bytes.data(), bytes.size()) == 1);
}

ledger::Sha256 Sha256Stream::finish() {
  ledger::Sha256 hash;
  unsigned int length = 0;
  must(EVP_DigestFinal_ex(of(context_.get()), hash.data(), &length) == 1 && length == hash.size());
  return hash;
}

ledger::Sha256 sha256(std::span<const std::byte> bytes) {
  Sha256Stream stream;
  stream.add(bytes);
  return stream.finish();
}

std::string to_hex(const ledger::Sha256& hash) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * hash.size());
  for (const unsigned byte : hash) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::optional<ledger::Sha256> parse_hex(std::string_view digits) {
  ledger::Sha256 hash;
  if (digits.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = digit(digits[2 * i]), low = digit(digits[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return hash;
}

}  // namespace garner::output
