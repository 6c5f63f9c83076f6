#include "scheduler/kube/credential.h"

#include <nlohmann/json.hpp>

#include "scheduler/api/rfc3339.h"
#include "scheduler/kube/base64.h"
#include "scheduler/kube/json_cursor.h"
#include "scheduler/kube/small_file.h"

namespace berth::kube {
namespace {

using base::Result;
using nlohmann::json;

Result<std::string> ReadPem(const Pem& pem) {
  if (pem.file.empty()) return pem.text;
  auto text = ReadSmallFile(pem.file);
  if (!text) return std::unexpected(text.error().Within(pem.file));
  if (text->find("-----BEGIN ") == std::string::npos) return base::Fail(pem.file + ": not PEM");
  return text;
}

std::string Bearer(const std::string& token) { return "Bearer " + token; }

Result<Credential> RunPlugin(const ClientConfig& config, const Interrupt& interrupt) {
  const ExecPlugin& plugin = *config.exec;
  Program program{.command = plugin.command, .args = plugin.args, .env = plugin.env};
  program.env.emplace_back("KUBERNETES_EXEC_INFO", ExecInfo(config));
  const std::string where = "exec plugin " + plugin.command;
  const auto printed = RunProgram(program, interrupt);
  if (!printed) {
    const std::string hint = plugin.install_hint.empty() ? "" : " (" + plugin.install_hint + ")";
    return base::Fail(where + ": " + printed.error().message() + hint);
  }
  auto credential = ParseExecCredential(*printed, plugin.api_version);
  if (!credential) return std::unexpected(credential.error().Within(where));
  return credential;
}

// A field that may be missing, but must not be anything but text.
Result<std::string> TextOf(const json& object, const char* name) {
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) return std::string();
  if (!it->is_string()) return base::Fail("status." + std::string(name) + ": expected a string");
  return it->get<std::string>();
}

Result<void> ReadToken(const json& status, Credential& credential) {
  BERTH_ASSIGN(const std::string token, TextOf(status, "token"));
  if (token.find_first_of("\r\n") != std::string::npos) {
    return base::Fail("status.token: holds a line break");
  }
  if (!token.empty()) credential.authorization = Bearer(token);
  return {};
}

Result<void> ReadExpiry(const json& status, Credential& credential) {
  BERTH_ASSIGN(const std::string expiry, TextOf(status, "expirationTimestamp"));
  if (expiry.empty()) return {};
  credential.expires = api::ParseRfc3339(expiry);
  if (!credential.expires) return base::Fail("status.expirationTimestamp: not a time: " + expiry);
  return {};
}

}  // namespace

Result<Credential> FetchCredential(const ClientConfig& config, const Interrupt& interrupt) {
  Credential credential;
  if (config.exec) {
    BERTH_ASSIGN(credential, RunPlugin(config, interrupt));
  } else if (!config.token_file.empty()) {
    const auto token = ReadToken(config.token_file);
    if (!token) return std::unexpected(token.error().Within("token file " + config.token_file));
    credential.authorization = Bearer(*token);
  } else if (!config.token.empty()) {
    credential.authorization = Bearer(config.token);
  } else if (!config.username.empty() || !config.password.empty()) {
    credential.authorization = "Basic " + EncodeBase64(config.username + ":" + config.password);
  }
  if (credential.certificate.empty()) {
    BERTH_ASSIGN(credential.certificate, ReadPem(config.certificate));
    BERTH_ASSIGN(credential.key, ReadPem(config.key));
  }
  return credential;
}

Result<Credential> ParseExecCredential(std::string_view text, const std::string& api_version) {
  if (!IsJsonValue(text)) return base::Fail("printed no ExecCredential in JSON");
  const auto document = json::parse(text, nullptr, false);
  if (!document.is_object()) return base::Fail("printed no ExecCredential in JSON");
  if (document.value("kind", json()) != "ExecCredential") {
    return base::Fail("kind: expected ExecCredential");
  }
  if (document.value("apiVersion", json()) != api_version) {
    return base::Fail("apiVersion: expected " + api_version);
  }
  const json status = document.value("status", json());
  if (!status.is_object()) return base::Fail("status: Required value");
  Credential credential;
  BERTH_TRY(ReadToken(status, credential));
  BERTH_ASSIGN(credential.certificate, TextOf(status, "clientCertificateData"));
  BERTH_ASSIGN(credential.key, TextOf(status, "clientKeyData"));
  BERTH_TRY(ReadExpiry(status, credential));
  if (credential.certificate.empty() != credential.key.empty()) {
    return base::Fail("status: clientCertificateData and clientKeyData belong together");
  }
  if (credential.authorization.empty() && credential.certificate.empty()) {
    return base::Fail("status: neither token nor clientCertificateData");
  }
  return credential;
}

std::string ExecInfo(const ClientConfig& config) {
  const ExecPlugin& plugin = *config.exec;
  json info = {{"apiVersion", plugin.api_version},
               {"kind", "ExecCredential"},
               {"spec", {{"interactive", false}}}};
  if (plugin.provide_cluster_info) {
    json cluster = {{"server", config.server}};
    if (!config.tls_server_name.empty()) cluster["tls-server-name"] = config.tls_server_name;
    if (config.insecure_skip_tls_verify) cluster["insecure-skip-tls-verify"] = true;
    if (!config.proxy_url.empty()) cluster["proxy-url"] = config.proxy_url;
    const auto authority = ReadPem(config.authority);
    if (authority && !authority->empty()) {
      cluster["certificate-authority-data"] = EncodeBase64(*authority);
    }
    if (!plugin.cluster_extension.empty()) {
      cluster["config"] = json::parse(plugin.cluster_extension, nullptr, false);
    }
    info["spec"]["cluster"] = std::move(cluster);
  }
  return info.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace berth::kube
