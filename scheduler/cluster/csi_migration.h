// Volumes of the plugins that once were part of Kubernetes, as the CSI drivers that have taken over
// see them: driver, volume handle, topology labels. Names and handle formats are those that the
// drivers document. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/api/storage_objects.h"

namespace berth::cluster {

enum class InTreePlugin : std::uint8_t {
  kNone,
  kAwsEbs,
  kGcePd,
  kCinder,
  kAzureDisk,
  kAzureFile,
  kVsphere,
  kPortworx,
};

// A set of plugins, as bits.
using InTreePlugins = std::uint8_t;
constexpr InTreePlugins Bit(InTreePlugin plugin) {
  return static_cast<InTreePlugins>(1u << static_cast<unsigned>(plugin));
}

// kNone for a kind of volume, or a provisioner, that no CSI driver has taken over.
InTreePlugin InTreePluginOf(api::VolumeKind kind);
InTreePlugin InTreePluginOf(std::string_view provisioner);

// The CSI driver in the place of a plugin; the plugin is not kNone.
std::string_view CsiDriverOf(InTreePlugin plugin);

// Which plugins the kubelet of a node has handed over: the annotation of its CSINode.
InTreePlugins MigratedPlugins(const api::CsiNode& node);

// Whether volumes of the plugin count against the driver's limit. As recorded from kube-scheduler:
// those of five plugins do on every node, whether or not its kubelet has handed them over, those of
// the others on none.
bool CountsAgainstLimit(InTreePlugin plugin);

// What the CSI driver calls a volume that counts. `volume` is the PersistentVolume that it is the
// source of, or nullptr for one that a pod spells out.
std::string CsiHandleOf(const api::Volume& source, const api::PersistentVolume* volume);

// The node affinity that a volume has where its plugin has been handed over: zone labels become the
// driver's topology keys. Nothing if it can be reached from everywhere.
std::optional<api::NodeSelector> MigratedAffinityOf(const api::PersistentVolume& volume);

}  // namespace berth::cluster
