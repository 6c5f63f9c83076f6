#include "scheduler/simulate/fill_storage.h"

#include <utility>

namespace berth::simulate {

void FillStorage(api::StorageObjects objects, cluster::Storage& storage) {
  for (auto& object : objects.classes) storage.SetClass(std::move(object));
  for (auto& object : objects.csi_drivers) storage.SetCsiDriver(std::move(object));
  for (auto& object : objects.csi_nodes) storage.SetCsiNode(std::move(object));
  for (auto& object : objects.csi_capacities) storage.SetCsiCapacity(std::move(object));
  for (auto& object : objects.volumes) storage.SetVolume(std::move(object));
  for (auto& object : objects.claims) storage.SetClaim(std::move(object));
  for (auto& object : objects.attachments) storage.SetAttachment(std::move(object));
}

}  // namespace berth::simulate
