#include "scheduler/serve/cluster_authentication.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace berth::serve {
namespace {

using Json = nlohmann::json;
using Data = std::map<std::string, std::string>;

base::Result<std::shared_ptr<ClientCa>> ReadCa(const Data& data, const std::string& key) {
  const auto it = data.find(key);
  if (it == data.end() || it->second.empty()) return std::shared_ptr<ClientCa>();
  auto ca = ClientCa::FromPem(it->second);
  if (!ca) return std::unexpected(ca.error().Within(key));
  return std::shared_ptr<ClientCa>(*std::move(ca));
}

// A list as JSON in a string; leaves `names` as they are where there is none.
base::Result<void> ReadNames(const Data& data, const std::string& key,
                             std::vector<std::string>& names) {
  const auto it = data.find(key);
  if (it == data.end() || it->second.empty()) return {};
  try {
    names = Json::parse(it->second).get<std::vector<std::string>>();
    return {};
  } catch (const Json::exception& error) {
    return base::Fail(key + ": want a list of strings: " + error.what());
  }
}

base::Result<Data> ReadData(const std::string& config_map) {
  try {
    return Json::parse(config_map).value("data", Data());
  } catch (const Json::exception& error) {
    return base::Fail(std::string("malformed ConfigMap: ") + error.what());
  }
}

}  // namespace

base::Result<AuthenticationConfig> ReadClusterAuthentication(const std::string& config_map) {
  BERTH_ASSIGN(const Data data, ReadData(config_map));
  AuthenticationConfig config;
  BERTH_ASSIGN(config.client_ca, ReadCa(data, "client-ca-file"));
  FrontProxy& proxy = config.front_proxy;
  BERTH_ASSIGN(proxy.ca, ReadCa(data, "requestheader-client-ca-file"));
  BERTH_TRY(ReadNames(data, "requestheader-allowed-names", proxy.allowed_names));
  BERTH_TRY(ReadNames(data, "requestheader-username-headers", proxy.username_headers));
  BERTH_TRY(ReadNames(data, "requestheader-uid-headers", proxy.uid_headers));
  BERTH_TRY(ReadNames(data, "requestheader-group-headers", proxy.group_headers));
  BERTH_TRY(ReadNames(data, "requestheader-extra-headers-prefix", proxy.extra_prefixes));
  return config;
}

}  // namespace berth::serve
