// Plugins that are servers of their own, in any language: docs/plugins/grpc, and the protocol
// proto/berth/plugin/v1/plugin.proto.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/framework/registry.h"

namespace berth::remote {

// How to trust the server, and to be trusted by it. Files are PEM; they are read once.
struct RemoteTls {
  std::string ca_file = {};  // empty: the authorities of the system
  std::string cert_file = {};
  std::string key_file = {};     // both of them or neither
  std::string server_name = {};  // in its certificate; empty: the host of the address
  // In plain text: anybody on the way can read, and answer. Without effect on unix sockets, which
  // are plain always.
  bool insecure = false;
};

struct RemotePluginOptions {
  std::string name;     // in the configuration
  std::string address;  // host:port, unix:/path, dns:///host:port
  // For the answer to one pod, 1 ms to 60 s; opening a session and sending all nodes may take ten
  // times as long, and at least a second.
  std::chrono::milliseconds timeout{100};
  // Whether pods are placed without the plugin while it cannot be asked; else their attempts fail
  // and are tried again.
  bool ignorable = false;
  RemoteTls tls = {};
  std::string args = {};  // JSON, handed to the server
};

// A plugin for PreFilter, Filter, PreScore and Score; it should be enabled at the first and the
// third too, since that is where it can say that it fails, or takes no part.
//
// One call a pod, in PreFilter, about all nodes: what the server says of them is kept for Filter,
// Score and the diagnosis. Nodes are sent once and then as changes. A server that does not answer
// in time, answers nonsense or is not healthy is left alone for a while, from 100 ms to 5 s; what
// is wrong is logged when it begins and when it ends. Nothing the server says can do more than make
// the pod's attempt fail.
//
// Asks the server who it is, so that its events are known; a server that cannot be reached yet is
// none of the failures: those are options and files that cannot be used, and a server that is
// another plugin. The clock outlives the plugin. As a ProfileRuntime: one
// cluster, one cycle at a time.
base::Result<std::unique_ptr<framework::Plugin>> MakeRemotePlugin(
    const RemotePluginOptions& options, const base::Clock& clock);

// The same for a registry; arguments of the configuration are in the options.
framework::PluginFactory RemotePluginFactory(RemotePluginOptions options, const base::Clock& clock);

}  // namespace berth::remote
