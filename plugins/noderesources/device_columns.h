// How much of an extended resource nodes have that do not have it themselves: devices of its class.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/cel/device_selector.h"
#include "scheduler/framework/plugin.h"
#include "scoring/column.h"

namespace berth::plugins {

// Whether the resource stands for devices, for which DynamicResources looks where a node has none
// of it.
bool StandsForDevices(const framework::PodContext& context, cluster::ResourceId resource);

// Columns as scores need them (scoring::ResourceTerm). A node that has the resource counts as ever;
// on the others devices of the class count, and as used those that somebody has been allocated. A
// device on which a selector fails is none. Not thread-safe.
class DeviceColumns {
 public:
  DeviceColumns(const framework::PodContext& context, cluster::ResourceId resource);

  // Of all nodes, as they are now.
  void Refresh(const framework::PodContext& context);

  // Of the classes that it was made with.
  std::uint64_t class_version() const { return class_version_; }
  const scoring::Column<std::int64_t>& capacity() const { return capacity_; }
  const scoring::Column<std::int64_t>& used() const { return used_; }
  const scoring::Column<double>& reciprocal() const { return reciprocal_; }
  const scoring::Column<double>& used_fraction() const { return used_fraction_; }

 private:
  bool IsOfClass(const std::string& driver, const cluster::SliceDevice& device);

  cluster::ResourceId resource_;
  std::uint64_t class_version_;
  std::vector<cel::DeviceSelector> selectors_;
  bool has_broken_selector_ = false;              // which no device passes
  std::vector<std::optional<bool>> is_of_class_;  // by content
  scoring::Column<std::int64_t> capacity_;
  scoring::Column<std::int64_t> used_;
  scoring::Column<double> reciprocal_;
  scoring::Column<double> used_fraction_;
};

}  // namespace berth::plugins
