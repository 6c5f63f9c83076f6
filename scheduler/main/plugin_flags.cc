#include "scheduler/main/plugin_flags.h"

#include <utility>

#include "plugins/registry.h"
#include "scheduler/base/clock.h"
#include "scheduler/remote/remote_plugin.h"
#include "scheduler/sharedobject/factory.h"

namespace berth::main {
namespace {

base::Result<std::unique_ptr<framework::Plugin>> MakeRemote(const config::PluginArgs& args,
                                                            const config::FeatureGates&) {
  static const base::SystemClock clock;
  const auto* own = std::get_if<config::GrpcPluginArgs>(&args);
  if (own == nullptr) return base::Fail("not the arguments of a plugin over gRPC");
  remote::RemotePluginOptions options;
  options.name = own->name;
  options.address = own->address;
  options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(own->timeout);
  options.ignorable = own->ignorable;
  options.args = own->args;
  options.tls.insecure = !own->tls.has_value();
  if (own->tls) {
    options.tls.ca_file = own->tls->ca_file;
    options.tls.cert_file = own->tls->cert_file;
    options.tls.key_file = own->tls->key_file;
    options.tls.server_name = own->tls->server_name;
  }
  return remote::MakeRemotePlugin(options, clock);
}

}  // namespace

void AddPluginFlag(CLI::App& command, std::vector<std::string>& paths) {
  command
      .add_option("--plugin", paths,
                  "Load a plugin that is not built in; profiles enable it by its name")
      ->type_name("FILE.so")
      ->expected(1)
      ->take_all();
}

base::Result<AllPlugins> LoadPlugins(const std::vector<std::string>& paths) {
  BERTH_ASSIGN(sharedobject::Libraries libraries, sharedobject::OpenAll(paths));
  AllPlugins all{plugins::MakeRegistry(), sharedobject::NamesOf(libraries)};
  sharedobject::AddFactory(std::move(libraries), all.registry);
  all.registry[std::string(config::kGrpcPluginKind)] = MakeRemote;
  return all;
}

}  // namespace berth::main
