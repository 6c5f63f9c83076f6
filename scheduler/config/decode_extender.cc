#include "scheduler/config/decode_extender.h"

namespace berth::config {

using base::Result;

static FieldReader Base64Into(std::string& out) {
  return [&out](const Field& field) { return ReadBase64(field, out); };
}

static Result<void> Read(const Field& field, ExtenderTls& out) {
  return ReadObject(field, {{"insecure", Into(out.insecure)},
                            {"serverName", Into(out.server_name)},
                            {"certFile", Into(out.cert_file)},
                            {"keyFile", Into(out.key_file)},
                            {"caFile", Into(out.ca_file)},
                            {"certData", Base64Into(out.cert_data)},
                            {"keyData", Base64Into(out.key_data)},
                            {"caData", Base64Into(out.ca_data)}});
}

static Result<void> Read(const Field& field, ManagedResource& out) {
  return ReadObject(
      field, {{"name", Into(out.name)}, {"ignoredByScheduler", Into(out.ignored_by_scheduler)}});
}

Result<void> DecodeExtender(const Field& field, Extender& out) {
  return ReadObject(field, {{"urlPrefix", Into(out.url_prefix)},
                            {"filterVerb", Into(out.filter_verb)},
                            {"preemptVerb", Into(out.preempt_verb)},
                            {"prioritizeVerb", Into(out.prioritize_verb)},
                            {"weight", Into(out.weight)},
                            {"bindVerb", Into(out.bind_verb)},
                            {"enableHTTPS", Into(out.enable_https)},
                            {"tlsConfig", Into(out.tls)},
                            {"httpTimeout", Into(out.http_timeout)},
                            {"nodeCacheCapable", Into(out.node_cache_capable)},
                            {"managedResources", Into(out.managed_resources)},
                            {"ignorable", Into(out.ignorable)}});
}

}  // namespace berth::config
