// Certificates made on the spot: authorities, servers', good and bad ones. Files go to a folder of the test's own.
#pragma once

#include <chrono>
#include <memory>
#include <string>

struct ssl_ctx_st;

namespace garner::http::testing {

struct CertificateWish {
  std::string name = "127.0.0.1";      // IP address or host name, as subjectAltName
  std::chrono::hours valid_from{-24};  // relative to now
  std::chrono::hours valid_until{24};
};

class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();
  // Its own certificate, as a PEM text.
  std::string pem() const;
  // A server's TLS context with a certificate signed by this authority.
  std::shared_ptr<ssl_ctx_st> server(const CertificateWish& wish) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::shared_ptr<ssl_ctx_st> self_signed_server(const CertificateWish& wish);

}  // namespace garner::http::testing
