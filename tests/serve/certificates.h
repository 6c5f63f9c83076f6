// Certificates for tests, made on the spot.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/serve/http.h"
#include "scheduler/serve/self_signed.h"

namespace berth::serve {

std::string PemOf(const CertificateAndKey& pair);  // the certificate
std::string KeyPemOf(const CertificateAndKey& pair);

// Signed by itself, or by another one.
CertificateAndKey MakeCa(const std::string& name, const CertificateAndKey* issuer = nullptr);

struct LeafOptions {
  std::string common_name;
  std::vector<std::string> organisations = {};
  std::string usage = "clientAuth";  // of the key
  bool expired = false;
};
CertificateAndKey MakeLeaf(const CertificateAndKey& ca, const LeafOptions& options);

// As the client would show it, with what stands between it and a root.
std::shared_ptr<const PeerCertificates> Shown(const CertificateAndKey& pair,
                                              const CertificateAndKey* between = nullptr);

// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Replaces the file in one step, as those do who rotate certificates. Returns the path.
  std::string Write(const std::string& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace berth::serve
