// Certificates made on the spot, for servers and clients of tests.
#pragma once

#include <string>
#include <vector>

namespace berth::support {

struct Certificate {
  std::string pem = {};
  std::string key_pem = {};
};

// A certificate authority, of nobody else.
Certificate MakeAuthority(const std::string& name);

struct CertificateOptions {
  std::string common_name = "kube-apiserver";
  std::vector<std::string> names = {"IP:127.0.0.1", "DNS:localhost"};
  bool expired = false;
};

// A certificate for servers and clients that an authority has signed.
Certificate MakeCertificate(const Certificate& authority, const CertificateOptions& options = {});

}  // namespace berth::support
