// Owners of OpenSSL's objects, and how it says what went wrong. OpenSSL itself stays in .cc files.
#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct ssl_ctx_st;
struct x509_st;
struct x509_store_st;

namespace berth::serve {

struct OpensslFree {
  void operator()(evp_pkey_st* key) const;
  void operator()(ssl_ctx_st* context) const;
  void operator()(x509_st* certificate) const;
  void operator()(x509_store_st* store) const;
};
using KeyHandle = std::unique_ptr<evp_pkey_st, OpensslFree>;
using CertificateHandle = std::unique_ptr<x509_st, OpensslFree>;
using StoreHandle = std::unique_ptr<x509_store_st, OpensslFree>;

// What OpenSSL has complained of on this thread, which it then forgets.
std::string OpensslError();

}  // namespace berth::serve
