#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <memory>

#include "scheduler/base/check.h"

namespace berth::support {
namespace {

template <auto kFree>
struct With {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, With<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, With<X509_free>>;
using Bio = std::unique_ptr<BIO, With<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, With<X509_EXTENSION_free>>;

constexpr long kHour = 3600;

Key MakeKey() {
  Key key(EVP_EC_gen("P-256"));
  BERTH_CHECK(key != nullptr);
  return key;
}

std::string TextOf(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Certificate Pems(X509* certificate, EVP_PKEY* key) {
  const Bio pem(BIO_new(BIO_s_mem()));
  const Bio key_pem(BIO_new(BIO_s_mem()));
  BERTH_CHECK(PEM_write_bio_X509(pem.get(), certificate) == 1);
  BERTH_CHECK(PEM_write_bio_PrivateKey(key_pem.get(), key, nullptr, nullptr, 0, nullptr, nullptr) ==
              1);
  return {TextOf(pem), TextOf(key_pem)};
}

X509Ptr Begin(const std::string& name, EVP_PKEY* key, long from, long to) {
  static std::atomic<long> serial = 1;
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

void AddExtension(X509* certificate, int kind, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  BERTH_CHECK(extension != nullptr);
  BERTH_CHECK(X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace

Certificate MakeAuthority(const std::string& name) {
  const Key key = MakeKey();
  const X509Ptr certificate = Begin(name, key.get(), -kHour, kHour);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  BERTH_CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  return Pems(certificate.get(), key.get());
}

Certificate MakeCertificate(const Certificate& authority, const CertificateOptions& options) {
  const Bio pem(BIO_new_mem_buf(authority.pem.data(), static_cast<int>(authority.pem.size())));
  const Bio key_pem(
      BIO_new_mem_buf(authority.key_pem.data(), static_cast<int>(authority.key_pem.size())));
  const X509Ptr issuer(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
  const Key issuer_key(PEM_read_bio_PrivateKey(key_pem.get(), nullptr, nullptr, nullptr));
  BERTH_CHECK(issuer != nullptr && issuer_key != nullptr);
  const Key key = MakeKey();
  const X509Ptr certificate =
      Begin(options.common_name, key.get(), -2 * kHour, options.expired ? -kHour : kHour);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
  AddExtension(certificate.get(), NID_subject_alt_name, Joined(options.names));
  AddExtension(certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  BERTH_CHECK(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0);
  return Pems(certificate.get(), key.get());
}

}  // namespace berth::support
