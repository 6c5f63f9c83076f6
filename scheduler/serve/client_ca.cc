#include "scheduler/serve/client_ca.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "scheduler/base/log.h"

namespace berth::serve {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, &X509_free); }
};

base::Result<std::shared_ptr<x509_store_st>> ParseBundle(std::string_view pem) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  StoreHandle store(X509_STORE_new());
  if (bio == nullptr || store == nullptr) return base::Fail(OpensslError());
  std::size_t count = 0;
  while (true) {
    const CertificateHandle certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
      return base::Fail(OpensslError());
    }
    ++count;
  }
  const std::string error = OpensslError();  // also clears "no more certificates"
  if (count == 0) return base::Fail("no certificate in it: " + error);
  // Whatever the bundle has is trusted, be it a root or not.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return std::shared_ptr<x509_store_st>(store.release(), OpensslFree());
}

base::Result<std::shared_ptr<x509_store_st>> ReadBundle(const std::string& path) {
  BERTH_ASSIGN(const auto pem, ReadSmallFile(path));
  auto store = ParseBundle(pem);
  if (!store) return std::unexpected(store.error().Within(path));
  return store;
}

CertificateHandle ParseDer(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return CertificateHandle(d2i_X509(nullptr, &bytes, static_cast<std::int64_t>(der.size())));
}

std::vector<std::string> EntriesOf(const X509_NAME* name, int id) {
  std::vector<std::string> values;
  for (int at = X509_NAME_get_index_by_NID(name, id, -1); at >= 0;
       at = X509_NAME_get_index_by_NID(name, id, at)) {
    unsigned char* text = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) continue;
    values.emplace_back(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
  }
  return values;
}

Subject SubjectOf(const X509* certificate) {
  const X509_NAME* name = X509_get_subject_name(certificate);
  Subject subject;
  // The last one, as Go has it.
  auto names = EntriesOf(name, NID_commonName);
  if (!names.empty()) subject.common_name = std::move(names.back());
  subject.organisations = EntriesOf(name, NID_organizationName);
  return subject;
}

}  // namespace

ClientCa::ClientCa(std::string path, WatchedFiles files, std::shared_ptr<x509_store_st> store)
    : path_(std::move(path)), files_(std::move(files)), store_(std::move(store)) {}

base::Result<std::unique_ptr<ClientCa>> ClientCa::FromFile(const std::string& path) {
  WatchedFiles files({path});  // before they are read, so that no change is missed
  BERTH_ASSIGN(auto store, ReadBundle(path));
  return std::unique_ptr<ClientCa>(new ClientCa(path, std::move(files), std::move(store)));
}

base::Result<std::unique_ptr<ClientCa>> ClientCa::FromPem(std::string_view pem) {
  BERTH_ASSIGN(auto store, ParseBundle(pem));
  return std::unique_ptr<ClientCa>(new ClientCa("", WatchedFiles({}), std::move(store)));
}

std::shared_ptr<x509_store_st> ClientCa::Current() {
  const std::scoped_lock lock(mutex_);
  if (files_.HaveChanged()) {
    if (auto fresh = ReadBundle(path_)) {
      store_ = *std::move(fresh);
    } else {
      base::log::Error(fresh.error().message(), "Cannot read the new certificates of clients");
    }
  }
  return store_;
}

base::Result<Subject> ClientCa::Verify(const PeerCertificates& certificates) {
  if (certificates.der.empty()) return base::Fail("no certificate");
  const CertificateHandle leaf = ParseDer(certificates.der.front());
  const std::unique_ptr<STACK_OF(X509), Free> between(sk_X509_new_null());
  for (std::size_t i = 1; i < certificates.der.size(); ++i) {
    CertificateHandle certificate = ParseDer(certificates.der[i]);
    if (certificate == nullptr) return base::Fail("malformed certificate");
    if (sk_X509_push(between.get(), certificate.get()) > 0) (void)certificate.release();
  }
  if (leaf == nullptr) return base::Fail("malformed certificate");
  const auto store = Current();
  const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
  if (context == nullptr ||
      X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), between.get()) != 1 ||
      X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT) != 1) {
    return base::Fail(OpensslError());
  }
  if (X509_verify_cert(context.get()) != 1) {
    return base::Fail(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
  return SubjectOf(leaf.get());
}

}  // namespace berth::serve
