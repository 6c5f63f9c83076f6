#include "scheduler/kube/curl_error.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <cstring>

namespace berth::kube {
namespace {

std::string VerifyProblem(std::int64_t result) {
  switch (result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "certificate signed by unknown authority";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "certificate is not valid yet";
    // Names are compared by curl, which then has no result of OpenSSL yet.
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
      return "certificate is not valid for this name";
    default:
      return "certificate is not trusted";
  }
}

std::string ConnectProblem(const CurlFailure& failure) {
  if (failure.os_error != 0) return std::strerror(failure.os_error);
  return failure.detail.empty() ? "no answer" : std::string(failure.detail);
}

// What is wrong, without curl's own words.
std::string Cause(const CurlFailure& failure, const std::string& server) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "no such host: " + server;
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "no such host of a proxy";
    case CURLE_PEER_FAILED_VERIFICATION:
      return server + ": " + VerifyProblem(failure.verify_result);
    case CURLE_SSL_CONNECT_ERROR:
      return server + ": TLS handshake failed";
    case CURLE_SSL_CERTPROBLEM:
      return "the client's certificate or key cannot be used";
    case CURLE_SSL_CACERT_BADFILE:
      return "the certificate authority cannot be used";
    case CURLE_OPERATION_TIMEDOUT:
      return failure.connected ? "no answer in time from " + server
                               : "cannot connect in time to " + server;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return "the connection to " + server + " was broken off";
    case CURLE_PARTIAL_FILE:
      return "the answer of " + server + " was cut off";
    default:
      return server;
  }
}

}  // namespace

std::string DescribeCurlFailure(const CurlFailure& failure, const std::string& server) {
  if (failure.code == CURLE_COULDNT_CONNECT) {
    return "cannot connect to " + server + ": " + ConnectProblem(failure);
  }
  const std::string detail(failure.detail.empty()
                               ? curl_easy_strerror(static_cast<CURLcode>(failure.code))
                               : failure.detail);
  return Cause(failure, server) + " (" + detail + ")";
}

}  // namespace berth::kube
