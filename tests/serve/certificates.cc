#include "tests/serve/certificates.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <fstream>

namespace berth::serve {
namespace {

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

void AddName(X509* certificate, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), field, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
}

void AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  ASSERT_NE(extension, nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

CertificateAndKey Blank(bool expired) {
  static long serial = 1;
  CertificateAndKey pair;
  pair.key.reset(EVP_EC_gen("P-256"));
  pair.certificate.reset(X509_new());
  X509* certificate = pair.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -60 : 3600);
  X509_set_pubkey(certificate, pair.key.get());
  return pair;
}

}  // namespace

std::string PemOf(const CertificateAndKey& pair) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, pair.certificate.get());
  return TextOf(bio);
}

std::string KeyPemOf(const CertificateAndKey& pair) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio);
}

CertificateAndKey MakeCa(const std::string& name, const CertificateAndKey* issuer) {
  CertificateAndKey ca = Blank(false);
  X509* certificate = ca.certificate.get();
  AddName(certificate, "CN", name);
  X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  AddExtension(certificate, signer, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate, issuer != nullptr ? issuer->key.get() : ca.key.get(), EVP_sha256());
  return ca;
}

CertificateAndKey MakeLeaf(const CertificateAndKey& ca, const LeafOptions& options) {
  CertificateAndKey leaf = Blank(options.expired);
  X509* certificate = leaf.certificate.get();
  for (const auto& organisation : options.organisations) AddName(certificate, "O", organisation);
  if (!options.common_name.empty()) AddName(certificate, "CN", options.common_name);
  X509_set_issuer_name(certificate, X509_get_subject_name(ca.certificate.get()));
  AddExtension(certificate, ca.certificate.get(), NID_ext_key_usage, options.usage);
  AddExtension(certificate, ca.certificate.get(), NID_subject_alt_name,
               "DNS:localhost,IP:127.0.0.1");
  X509_sign(certificate, ca.key.get(), EVP_sha256());
  return leaf;
}

std::shared_ptr<const PeerCertificates> Shown(const CertificateAndKey& pair,
                                              const CertificateAndKey* between) {
  auto shown = std::make_shared<PeerCertificates>();
  for (const CertificateAndKey* next : {&pair, between}) {
    if (next == nullptr) continue;
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(next->certificate.get(), &bytes);
    shown->der.emplace_back(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
  }
  return shown;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "berth-serve-XXXXXX").string();
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::Write(const std::string& name, std::string_view text) const {
  std::ofstream(path_ / (name + ".new"), std::ios::binary) << text;
  std::filesystem::rename(path_ / (name + ".new"), path_ / name);
  return (path_ / name).string();
}

}  // namespace berth::serve
