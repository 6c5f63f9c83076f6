// A certificate for a server that has been given none.
#pragma once

#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/serve/openssl_handles.h"

namespace berth::serve {

struct CertificateAndKey {
  CertificateHandle certificate;
  KeyHandle key;
};

// Signed by itself, for a year from now. Names are host names or IP addresses; the first one is
// also the subject.
base::Result<CertificateAndKey> MakeSelfSigned(const std::vector<std::string>& names);

}  // namespace berth::serve
