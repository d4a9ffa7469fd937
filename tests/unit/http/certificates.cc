#include "http/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>

namespace garner::http::testing {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key make_key() {
  return {EVP_EC_gen("P-256"), &EVP_PKEY_free};
}

void extend(X509* subject, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  if (extension == nullptr) std::abort();
  X509_add_ext(subject, extension, -1);
  X509_EXTENSION_free(extension);
}

void set_name(X509_NAME* name, const std::string& text) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1,
                             0);
}

// No issuer: it signs itself.
Certificate make(const CertificateWish& wish, EVP_PKEY* key, bool authority, X509* issuer, EVP_PKEY* issuer_key) {
  static long serial = 1;
  Certificate made(X509_new(), &X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.valid_from.count() * 3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.valid_until.count() * 3600);
  X509_set_pubkey(made.get(), key);
  set_name(X509_get_subject_name(made.get()), wish.name);
  X509* const signer = issuer != nullptr ? issuer : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
  if (authority) {
    extend(made.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
    extend(made.get(), signer, NID_key_usage, "critical,keyCertSign");
  } else {
    const bool address = wish.name.find_first_not_of("0123456789.") == std::string::npos;
    extend(made.get(), signer, NID_subject_alt_name, (address ? "IP:" : "DNS:") + wish.name);
  }
  if (X509_sign(made.get(), issuer_key != nullptr ? issuer_key : key, EVP_sha256()) == 0) std::abort();
  return made;
}

std::shared_ptr<SSL_CTX> context_of(X509* certificate, EVP_PKEY* key) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (SSL_CTX_use_certificate(context.get(), certificate) != 1 || SSL_CTX_use_PrivateKey(context.get(), key) != 1)
    std::abort();
  return context;
}

}  // namespace

struct Authority::Impl {
  Key key = make_key();
  Certificate certificate;
  explicit Impl(const std::string& name) : certificate(make({.name = name}, key.get(), true, nullptr, nullptr)) {}
};

Authority::Authority(const std::string& name) : impl_(std::make_unique<Impl>(name)) {}
Authority::~Authority() = default;

std::string Authority::pem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_X509(memory.get(), impl_->certificate.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::shared_ptr<SSL_CTX> Authority::server(const CertificateWish& wish) const {
  const Key key = make_key();
  return context_of(make(wish, key.get(), false, impl_->certificate.get(), impl_->key.get()).get(), key.get());
}

std::shared_ptr<SSL_CTX> self_signed_server(const CertificateWish& wish) {
  const Key key = make_key();
  return context_of(make(wish, key.get(), false, nullptr, nullptr).get(), key.get());
}

}  // namespace garner::http::testing
