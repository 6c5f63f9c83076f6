#include "scheduler/serve/tls_context.h"

#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <map>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/serve/self_signed.h"

namespace berth::serve {
namespace {

using ContextHandle = std::unique_ptr<ssl_ctx_st, OpensslFree>;

base::Result<int> VersionOf(const std::string& name) {
  if (name.empty() || name == "VersionTLS12") return TLS1_2_VERSION;
  if (name == "VersionTLS13") return TLS1_3_VERSION;
  return base::Fail("TLS version \"" + name + "\": want VersionTLS12 or VersionTLS13");
}

base::Result<void> SetCiphers(const std::vector<std::string>& suites, SSL_CTX* context) {
  std::string list;
  for (const auto& suite : suites) {
    const auto cipher = OpensslCipher(suite);
    if (!cipher) return base::Fail("cipher suite \"" + suite + "\": not known");
    if (cipher->empty()) continue;
    if (!list.empty()) list += ':';
    list += *cipher;
  }
  if (suites.empty()) return {};
  if (list.empty()) {
    // Only suites of TLS 1.3: none is left for TLS 1.2.
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    return {};
  }
  if (SSL_CTX_set_cipher_list(context, list.c_str()) != 1) {
    return base::Fail("cipher suites: " + OpensslError());
  }
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  return {};
}

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

base::Result<void> UseSelfSigned(SSL_CTX* context) {
  std::vector<std::string> names = {"localhost", "127.0.0.1"};
  const std::string host = HostName();
  // A label of a certificate cannot be longer.
  if (!host.empty() && host.size() <= 64 && host != "localhost") names.push_back(host);
  BERTH_ASSIGN(const auto made, MakeSelfSigned(names));
  if (SSL_CTX_use_certificate(context, made.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, made.key.get()) != 1) {
    return base::Fail("self-signed certificate: " + OpensslError());
  }
  return {};
}

base::Result<void> UseFiles(const TlsOptions& options, SSL_CTX* context) {
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    return base::Fail(options.cert_file + ": " + OpensslError());
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return base::Fail(options.key_file + ": " + OpensslError());
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return base::Fail(options.key_file + ": not the key of " + options.cert_file);
  }
  return {};
}

// HTTP/1.1 is all we speak.
int ChooseProtocol(SSL* /*connection*/, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned offered_size, void* /*argument*/) {
  static constexpr std::string_view kHttp11 = "http/1.1";
  for (unsigned i = 0; i < offered_size; i += offered[i] + 1U) {
    const auto* name = reinterpret_cast<const char*>(offered + i + 1);
    if (i + 1 + offered[i] <= offered_size && std::string_view(name, offered[i]) == kHttp11) {
      *out = offered + i + 1;
      *out_size = offered[i];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

int AcceptAnything(int /*verified*/, X509_STORE_CTX* /*chain*/) { return 1; }

base::Result<void> VerifyClients(const std::string& ca_file, SSL_CTX* context) {
  if (ca_file.empty()) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &AcceptAnything);
    return {};
  }
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(ca_file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return base::Fail(ca_file + ": " + OpensslError());
  }
  SSL_CTX_set_client_CA_list(context, names);  // takes the names over
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return {};
}

base::Result<ContextHandle> MakeContext(const TlsOptions& options) {
  if (options.cert_file.empty() != options.key_file.empty()) {
    return base::Fail("a certificate file needs a key file, and the other way round");
  }
  ContextHandle context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return base::Fail("TLS: " + OpensslError());
  BERTH_ASSIGN(const int version, VersionOf(options.min_version));
  SSL_CTX_set_min_proto_version(context.get(), version);
  // A resumed session would come without the certificates that the client once showed.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  BERTH_TRY(VerifyClients(options.client_ca_file, context.get()));
  SSL_CTX_set_alpn_select_cb(context.get(), &ChooseProtocol, nullptr);
  BERTH_TRY(SetCiphers(options.cipher_suites, context.get()));
  BERTH_TRY(options.cert_file.empty() ? UseSelfSigned(context.get())
                                      : UseFiles(options, context.get()));
  return context;
}

std::vector<std::string> FilesOf(const TlsOptions& options) {
  std::vector<std::string> files;
  for (const auto* file : {&options.cert_file, &options.key_file, &options.client_ca_file}) {
    if (!file->empty()) files.push_back(*file);
  }
  return files;
}

}  // namespace

std::optional<std::string> OpensslCipher(std::string_view go_name) {
  static const std::map<std::string_view, std::string_view> names = {
      {"TLS_AES_128_GCM_SHA256", ""},
      {"TLS_AES_256_GCM_SHA384", ""},
      {"TLS_CHACHA20_POLY1305_SHA256", ""},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256"},
      {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
      {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
      {"TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"},
      {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
      {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
      {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
  };
  const auto it = names.find(go_name);
  return it == names.end() ? std::nullopt : std::optional<std::string>(it->second);
}

TlsContext::TlsContext(TlsOptions options, WatchedFiles files, ContextHandle context)
    : options_(std::move(options)), files_(std::move(files)), context_(std::move(context)) {}

base::Result<std::unique_ptr<TlsContext>> TlsContext::Create(TlsOptions options) {
  WatchedFiles files(FilesOf(options));  // before they are read, so that no change is missed
  BERTH_ASSIGN(auto context, MakeContext(options));
  return std::unique_ptr<TlsContext>(
      new TlsContext(std::move(options), std::move(files), std::move(context)));
}

ssl_ctx_st* TlsContext::Current() {
  if (files_.HaveChanged()) {
    if (auto fresh = MakeContext(options_)) {
      context_ = *std::move(fresh);
      base::log::Info(1, "Read the serving certificate again", {{"file", options_.cert_file}});
    } else {
      base::log::Error(fresh.error().message(), "Cannot read the new serving certificate");
    }
  }
  return context_.get();
}

}  // namespace berth::serve
