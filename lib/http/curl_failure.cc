#include "http/curl_failure.h"

#include <openssl/x509_vfy.h>

#include <system_error>

namespace garner::http {

namespace {

// Why a certificate is not trusted, and what to do.
std::string certificate_reason(long verify_result) {
  switch (verify_result) {
    // libcurl checks the name itself, after OpenSSL was content with the chain but before it notes that.
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
      return "was made for another host: check the base URL in the archive profile";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "has expired: check this machine's clock; else its owner must renew it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "is not valid yet: check this machine's clock";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "is self-signed: if you trust it, name its PEM file as ca_file";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "is signed by an authority unknown here: if you trust it, name its PEM file as ca_file";
    case X509_V_ERR_CERT_REVOKED:
      return "was revoked: ask its owner";
    default:
      return fmt::format("does not verify ({}): ask its owner, or name the right authority's PEM file as ca_file",
                         X509_verify_cert_error_string(verify_result));
  }
}

Error time_out(const FailureFacts& facts) {
  if (!facts.connected) {
    return {Kind::Transient,
            fmt::format("{}: no connection within {} s", facts.where, facts.timeouts->connect.count())};
  }
  return {Kind::Transient,
          fmt::format("{}: the exchange took longer than {} s in all", facts.where, facts.timeouts->total.count())};
}

// "Failed to connect to HOST port N after M ms: why" without what stands before it already; of a proxy all of it.
std::string why_not_connected(const FailureFacts& facts, const std::string& said) {
  const auto colon = facts.where.rfind(':');
  const auto host = facts.where.substr(0, colon), port = colon == facts.where.npos ? "" : facts.where.substr(colon + 1);
  if (!said.starts_with(fmt::format("Failed to connect to {} port {} ", host, port))) return said;
  if (facts.os_error != 0) return std::generic_category().message(static_cast<int>(facts.os_error));
  const auto why = said.find(": ");
  return why == said.npos ? said : said.substr(why + 2);
}

// A system error below is a reset. None, once the reply has begun: bytes that break the rules (a chunk size that is no
// number), or TLS ended without its closing alert.
bool broken_reply(const FailureFacts& facts) {
  return facts.reply_begun && facts.os_error == 0;
}

}  // namespace

Error describe_failure(const FailureFacts& facts) {
  const std::string said = printable(facts.curl_says.empty() ? curl_easy_strerror(facts.code) : facts.curl_says);
  const auto because = [&](Kind kind, std::string_view what) -> Error {
    return {kind, fmt::format("{}: {} ({})", facts.where, what, said)};
  };
  switch (facts.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return because(Kind::Transient, "the name does not resolve");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return because(Kind::Transient, "the proxy's name does not resolve");
    case CURLE_COULDNT_CONNECT:
      return {Kind::Transient, fmt::format("{}: no connection ({})", facts.where, why_not_connected(facts, said))};
    case CURLE_OPERATION_TIMEDOUT:
      return time_out(facts);
    case CURLE_RECV_ERROR:
      if (!facts.connected) return because(Kind::Transient, "no connection");  // a proxy that refuses, for one
      if (broken_reply(facts)) return because(Kind::Corrupt, "the reply breaks off or breaks the rules of HTTP");
      [[fallthrough]];
    case CURLE_SEND_ERROR:
      return because(Kind::Transient, "the connection was reset");
    case CURLE_GOT_NOTHING:
      return because(Kind::Transient, "the connection was closed without a reply");
    case CURLE_PARTIAL_FILE:
      return because(Kind::Corrupt, "the reply ended early");
    case CURLE_FILESIZE_EXCEEDED:
      return because(Kind::TooLarge, "the reply is longer than allowed");
    case CURLE_URL_MALFORMAT:
      return because(Kind::Invalid, "not a URL that can be fetched");
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (!facts.connected) return because(Kind::Invalid, "only http and https are fetched");
      return because(Kind::Corrupt, "the reply is not HTTP/1.x");
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return because(Kind::Corrupt, "the reply breaks the rules of HTTP");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return {Kind::Auth, fmt::format("{}: the server's certificate {} ({})", facts.where,
                                      certificate_reason(facts.verify_result), said)};
    case CURLE_SSL_CACERT_BADFILE:
      return because(Kind::Auth,
                     "ca_file cannot be read (without one: the system's bundle, of package ca-certificates)");
    case CURLE_SSL_CONNECT_ERROR:
      return because(Kind::Transient, "the TLS handshake failed");
    case CURLE_OUT_OF_MEMORY:
      // So libcurl before 8.x names a header line of more than 100 KiB.
      if (facts.connected) return because(Kind::Corrupt, "a line of the reply's header is too long");
      return because(Kind::Internal, "libcurl is out of memory");
    default:
      return because(Kind::Transient, "the exchange failed");
  }
}

}  // namespace garner::http
