#include "scheduler/kube/kubeconfig.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "scheduler/api/yaml_to_json.h"
#include "scheduler/kube/base64.h"
#include "scheduler/kube/json_cursor.h"
#include "scheduler/kube/server_url.h"
#include "scheduler/kube/small_file.h"

namespace berth::kube {
namespace {

using base::Result;
using nlohmann::json;

constexpr std::size_t kMostBytes = std::size_t{4} << 20;
constexpr std::string_view kExecGroup = "client.authentication.k8s.io/";

// One mapping of the document and where it stands. Without a mapping, nothing is in it.
class Fields {
 public:
  Fields(const json* object, std::string path) : object_(object), path_(std::move(path)) {}

  bool Has(const char* name) const { return Find(name) != nullptr; }
  std::string PathOf(const std::string& name) const {
    return path_.empty() ? name : path_ + "." + name;
  }
  std::unexpected<base::Error> Fail(const std::string& name, const std::string& what) const {
    return base::Fail(PathOf(name) + ": " + what);
  }

  Result<std::string> Text(const char* name) const {
    const json* value = Find(name);
    if (value == nullptr) return std::string();
    if (!value->is_string()) return Fail(name, Expected("a string", *value));
    return value->get<std::string>();
  }
  Result<std::string> Needed(const char* name) const {
    BERTH_ASSIGN(std::string text, Text(name));
    if (text.empty()) return Fail(name, "Required value");
    return text;
  }
  Result<bool> Bool(const char* name) const {
    const json* value = Find(name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) return Fail(name, Expected("true or false", *value));
    return value->get<bool>();
  }
  Result<Fields> Object(const char* name) const {
    const json* value = Find(name);
    if (value != nullptr && !value->is_object()) return Fail(name, Expected("a mapping", *value));
    return Fields(value, PathOf(name));
  }
  Result<std::vector<Fields>> Objects(const char* name) const {
    BERTH_ASSIGN(const json* list, List(name));
    std::vector<Fields> objects;
    if (list == nullptr) return objects;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string element = std::string(name) + "[" + std::to_string(i) + "]";
      const json& value = (*list)[i];
      if (!value.is_object()) return Fail(element, Expected("a mapping", value));
      objects.emplace_back(&value, PathOf(element));
    }
    return objects;
  }
  Result<std::vector<std::string>> Texts(const char* name) const {
    BERTH_ASSIGN(const json* list, List(name));
    std::vector<std::string> texts;
    if (list == nullptr) return texts;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const json& value = (*list)[i];
      const std::string element = std::string(name) + "[" + std::to_string(i) + "]";
      if (!value.is_string()) return Fail(element, Expected("a string", value));
      texts.push_back(value.get<std::string>());
    }
    return texts;
  }
  // As JSON; "" without it.
  std::string Dump(const char* name) const {
    const json* value = Find(name);
    return value == nullptr ? "" : value->dump(-1, ' ', false, json::error_handler_t::replace);
  }

 private:
  static std::string Expected(const std::string& what, const json& value) {
    return "expected " + what + ", not " + value.type_name();
  }

  const json* Find(const char* name) const {
    if (object_ == nullptr) return nullptr;
    const auto it = object_->find(name);
    return it == object_->end() || it->is_null() ? nullptr : &*it;
  }
  Result<const json*> List(const char* name) const {
    const json* value = Find(name);
    if (value != nullptr && !value->is_array()) return Fail(name, Expected("a list", *value));
    return value;
  }

  const json* object_;
  std::string path_;
};

Result<json> ParseDocument(std::string_view text) {
  auto document = json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    const auto converted = api::YamlToJson(text, {.text_bytes = kMostBytes, .nodes = 1'000'000});
    if (!converted) return std::unexpected(converted.error());
    document = json::parse(converted->view(), nullptr, false);
    if (converted->size() == 0) return base::Fail("is empty");
    if (document.is_discarded()) return base::Fail("more than one document");
  } else if (!IsJsonValue(text)) {
    return base::Fail("nested too deep");
  }
  if (!document.is_object()) return base::Fail("not a mapping");
  return document;
}

Result<void> CheckKind(const Fields& root) {
  BERTH_ASSIGN(const std::string version, root.Text("apiVersion"));
  BERTH_ASSIGN(const std::string kind, root.Text("kind"));
  if (!version.empty() && version != "v1") return root.Fail("apiVersion", "not v1: " + version);
  if (!kind.empty() && kind != "Config") return root.Fail("kind", "not Config: " + kind);
  return {};
}

std::string Absolute(const std::string& path, const std::string& folder) {
  if (path.empty() || path.starts_with('/') || folder.empty()) return path;
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

// "NAME-data" goes before "NAME", which is a file.
Result<Pem> ReadPem(const Fields& fields, const std::string& name, const std::string& folder) {
  const std::string data_name = name + "-data";
  BERTH_ASSIGN(const std::string data, fields.Text(data_name.c_str()));
  BERTH_ASSIGN(const std::string file, fields.Text(name.c_str()));
  if (data.empty()) return Pem{.text = {}, .file = Absolute(file, folder)};
  auto text = DecodeBase64(data);
  if (!text) return fields.Fail(data_name, "not base64");
  if (text->find("-----BEGIN ") == std::string::npos) return fields.Fail(data_name, "not PEM");
  return Pem{.text = *std::move(text), .file = {}};
}

// The element of a list of clusters, contexts or users that has a name, and its mapping.
Result<Fields> FindNamed(const Fields& root, const char* list, const char* member,
                         const std::string& name, const std::string& asked_by) {
  BERTH_ASSIGN(const std::vector<Fields> elements, root.Objects(list));
  for (const Fields& element : elements) {
    BERTH_ASSIGN(const std::string its_name, element.Text("name"));
    if (its_name == name) return element.Object(member);
  }
  return base::Fail(asked_by + ": no \"" + name + "\" in " + list);
}

Result<void> ReadCluster(const Fields& cluster, const std::string& folder, ClientConfig& config) {
  BERTH_ASSIGN(config.authority, ReadPem(cluster, "certificate-authority", folder));
  BERTH_ASSIGN(config.insecure_skip_tls_verify, cluster.Bool("insecure-skip-tls-verify"));
  BERTH_ASSIGN(config.tls_server_name, cluster.Text("tls-server-name"));
  BERTH_ASSIGN(config.proxy_url, cluster.Text("proxy-url"));
  BERTH_ASSIGN(config.server, cluster.Text("server"));
  if (config.insecure_skip_tls_verify && !config.authority.empty()) {
    return cluster.Fail("insecure-skip-tls-verify",
                        "may not be true with a certificate-authority, which it would ignore");
  }
  return {};
}

Result<void> CheckProxy(const Fields& cluster, const std::string& proxy) {
  if (proxy.empty()) return {};
  for (const std::string_view scheme : {"http://", "https://", "socks5://"}) {
    if (proxy.starts_with(scheme) && proxy.size() > scheme.size()) return {};
  }
  return cluster.Fail("proxy-url", "has to begin with http://, https:// or socks5://");
}

Result<void> ReadServer(const Fields& cluster, const std::string& master, ClientConfig& config) {
  const bool tls =
      !config.authority.empty() || config.insecure_skip_tls_verify || !config.certificate.empty();
  const auto url = NormalServerUrl(master.empty() ? config.server : master, tls);
  const std::string where = master.empty() ? cluster.PathOf("server") : "--master";
  if (!url) return std::unexpected(url.error().Within(where));
  config.server = *url;
  return CheckProxy(cluster, config.proxy_url);
}

Result<ExecPlugin> ReadExec(const Fields& exec, const std::string& folder) {
  ExecPlugin plugin;
  BERTH_ASSIGN(plugin.command, exec.Needed("command"));
  // A name alone is looked up in PATH.
  if (plugin.command.find('/') != std::string::npos) {
    plugin.command = Absolute(plugin.command, folder);
  }
  BERTH_ASSIGN(plugin.args, exec.Texts("args"));
  BERTH_ASSIGN(plugin.install_hint, exec.Text("installHint"));
  BERTH_ASSIGN(plugin.provide_cluster_info, exec.Bool("provideClusterInfo"));
  BERTH_ASSIGN(plugin.api_version, exec.Needed("apiVersion"));
  const std::string group(kExecGroup);
  if (plugin.api_version != group + "v1" && plugin.api_version != group + "v1beta1") {
    return exec.Fail("apiVersion",
                     "neither " + group + "v1 nor " + group + "v1beta1: " + plugin.api_version);
  }
  BERTH_ASSIGN(const std::string mode, exec.Text("interactiveMode"));
  if (mode == "Always") return exec.Fail("interactiveMode", "Always: there is nobody to be asked");
  if (mode.empty() && plugin.api_version.ends_with("/v1")) {
    return exec.Fail("interactiveMode", "Required value");
  }
  if (!mode.empty() && mode != "Never" && mode != "IfAvailable") {
    return exec.Fail("interactiveMode", "neither Never, IfAvailable nor Always: " + mode);
  }
  BERTH_ASSIGN(const std::vector<Fields> env, exec.Objects("env"));
  for (const Fields& variable : env) {
    BERTH_ASSIGN(std::string name, variable.Needed("name"));
    BERTH_ASSIGN(std::string value, variable.Text("value"));
    plugin.env.emplace_back(std::move(name), std::move(value));
  }
  return plugin;
}

// What a cluster has for exec plugins, under a name of their own.
Result<std::string> ReadClusterExtension(const Fields& cluster) {
  BERTH_ASSIGN(const std::vector<Fields> extensions, cluster.Objects("extensions"));
  for (const Fields& extension : extensions) {
    BERTH_ASSIGN(const std::string name, extension.Text("name"));
    if (name == "client.authentication.k8s.io/exec") return extension.Dump("extension");
  }
  return std::string();
}

Result<void> CheckOneMethod(const Fields& user, const ClientConfig& config) {
  const bool token = !config.token.empty() || !config.token_file.empty();
  const bool password = !config.username.empty() || !config.password.empty();
  if (token + password + config.exec.has_value() > 1) {
    return user.Fail("token", "only one of token, username and exec is allowed");
  }
  if (config.certificate.empty() != config.key.empty()) {
    return config.key.empty() ? user.Fail("client-key", "Required value with client-certificate")
                              : user.Fail("client-certificate", "Required value with client-key");
  }
  return {};
}

Result<void> ReadUser(const Fields& user, const std::string& folder, ClientConfig& config) {
  if (user.Has("auth-provider")) {
    return user.Fail("auth-provider",
                     "is no longer supported by Kubernetes; use exec with the plugin of your "
                     "provider");
  }
  BERTH_ASSIGN(config.certificate, ReadPem(user, "client-certificate", folder));
  BERTH_ASSIGN(config.key, ReadPem(user, "client-key", folder));
  BERTH_ASSIGN(config.token, user.Text("token"));
  BERTH_ASSIGN(const std::string token_file, user.Text("tokenFile"));
  config.token_file = Absolute(token_file, folder);
  BERTH_ASSIGN(config.username, user.Text("username"));
  BERTH_ASSIGN(config.password, user.Text("password"));
  if (config.token.find_first_of("\r\n") != std::string::npos) {
    return user.Fail("token", "holds a line break");
  }
  if (user.Has("exec")) {
    BERTH_ASSIGN(const Fields exec, user.Object("exec"));
    BERTH_ASSIGN(config.exec, ReadExec(exec, folder));
  }
  return CheckOneMethod(user, config);
}

Result<ClientConfig> ReadContext(const Fields& root, const Fields& context,
                                 const std::string& folder, const std::string& master) {
  ClientConfig config;
  BERTH_ASSIGN(const std::string cluster_name, context.Text("cluster"));
  if (cluster_name.empty() && master.empty()) return context.Fail("cluster", "Required value");
  Fields cluster(nullptr, "");
  if (!cluster_name.empty()) {
    BERTH_ASSIGN(cluster,
                 FindNamed(root, "clusters", "cluster", cluster_name, context.PathOf("cluster")));
  }
  BERTH_TRY(ReadCluster(cluster, folder, config));
  BERTH_ASSIGN(const std::string user_name, context.Text("user"));
  if (!user_name.empty()) {
    BERTH_ASSIGN(const Fields user,
                 FindNamed(root, "users", "user", user_name, context.PathOf("user")));
    BERTH_TRY(ReadUser(user, folder, config));
  }
  BERTH_TRY(ReadServer(cluster, master, config));
  if (config.exec && config.exec->provide_cluster_info) {
    BERTH_ASSIGN(config.exec->cluster_extension, ReadClusterExtension(cluster));
  }
  return config;
}

Result<ClientConfig> Parse(std::string_view text, const std::string& folder,
                           const KubeconfigOptions& options) {
  BERTH_ASSIGN(const json document, ParseDocument(text));
  const Fields root(&document, "");
  BERTH_TRY(CheckKind(root));
  BERTH_ASSIGN(const std::string current, root.Text("current-context"));
  const std::string& name = options.context.empty() ? current : options.context;
  if (name.empty()) {
    if (options.master.empty()) return root.Fail("current-context", "Required value");
    return ReadContext(root, Fields(nullptr, ""), folder, options.master);
  }
  const std::string asked_by = options.context.empty() ? "current-context" : "--context";
  BERTH_ASSIGN(const Fields context, FindNamed(root, "contexts", "context", name, asked_by));
  return ReadContext(root, context, folder, options.master);
}

}  // namespace

Result<ClientConfig> ParseKubeconfig(std::string_view text, const std::string& where,
                                     const std::string& folder, const KubeconfigOptions& options) {
  auto config = Parse(text, folder, options);
  if (!config) return std::unexpected(config.error().Within(where));
  return config;
}

Result<ClientConfig> LoadKubeconfig(const std::string& path, const KubeconfigOptions& options) {
  const std::string where = "kubeconfig " + path;
  const auto text = ReadSmallFile(path, kMostBytes);
  if (!text) return std::unexpected(text.error().Within(where));
  std::error_code problem;
  const auto absolute = std::filesystem::absolute(path, problem);
  if (problem) return base::Fail(where + ": " + problem.message());
  return ParseKubeconfig(*text, where, absolute.parent_path().string(), options);
}

}  // namespace berth::kube
