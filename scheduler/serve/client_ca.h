// Who may vouch for clients.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/serve/http.h"
#include "scheduler/serve/openssl_handles.h"
#include "scheduler/serve/watched_files.h"

namespace berth::serve {

struct Subject {
  std::string common_name;
  std::vector<std::string> organisations;
};

// A bundle of certificates. Thread-safe.
class ClientCa {
 public:
  // Read again when the file changes; if that fails, what was read before goes on.
  static base::Result<std::unique_ptr<ClientCa>> FromFile(const std::string& path);
  static base::Result<std::unique_ptr<ClientCa>> FromPem(std::string_view pem);

  // Whose certificate it is, if one of the bundle stands behind it, it is in force now and meant
  // for clients.
  base::Result<Subject> Verify(const PeerCertificates& certificates);

 private:
  ClientCa(std::string path, WatchedFiles files, std::shared_ptr<x509_store_st> store);
  std::shared_ptr<x509_store_st> Current();

  const std::string path_;  // "" for none
  std::mutex mutex_;
  WatchedFiles files_;
  std::shared_ptr<x509_store_st> store_;
};

}  // namespace berth::serve
