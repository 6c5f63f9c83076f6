#include "scheduler/cluster/node_volumes.h"

#include <algorithm>
#include <string>

#include "scheduler/base/check.h"
#include "scheduler/cluster/storage.h"
#include "scoring/kernels.h"

namespace berth::cluster {
namespace {

// No kubelet knows nearly as many drivers; columns for more would only cost memory.
constexpr std::size_t kMaxDriverColumns = 64;

// Handles of claims that have no volume yet begin with this: no driver hands out such.
constexpr std::string_view kUnboundPrefix = "\x01unbound-";

}  // namespace

void NodeVolumes::Resize(std::size_t rows) {
  rows_.resize(rows);
  dirty_.Resize(rows);
  for (auto& mask : migrated_) mask.Resize(rows);
  for (Driver& driver : drivers_) {
    const std::size_t before = driver.limits.size();
    driver.limits.Resize(rows);
    driver.attached.Resize(rows);
    for (std::size_t row = before; row < rows; ++row) driver.limits[row] = kNoLimit;
  }
}

NodeVolumes::Claim& NodeVolumes::ClaimOf(ClaimId id) {
  while (claims_.size() <= id) claims_.emplace_back();
  return claims_[id];
}

// ---- What changes ----

void NodeVolumes::Change(NodeIndex row, const PodVolumes& volumes, std::int32_t delta) {
  const auto change = [delta](auto& counts, auto key) {
    const auto it = std::ranges::find(counts, key, [](const auto& entry) { return entry.first; });
    if (it == counts.end()) {
      counts.emplace_back(key, delta);
    } else if ((it->second += delta) == 0) {
      counts.erase(it);
    }
  };
  for (const PodClaim& claim : volumes.claims) {
    change(rows_[row].claims, claim.id);
    change(ClaimOf(claim.id).rows, row);
  }
  for (const api::Volume* volume : volumes.counted) ChangeInline(row, *volume, delta);
  if (!volumes.claims.empty() || !volumes.counted.empty()) dirty_.Set(row);
}

void NodeVolumes::ChangeInline(NodeIndex row, const api::Volume& volume, std::int32_t delta) {
  const auto counted = CountSource(volume, nullptr);
  if (!counted) return;
  auto& uses = rows_[row].inline_volumes;
  const auto it = std::ranges::find(uses, counted->handle,
                                    [](const InlineUse& use) { return use.volume.handle; });
  if (it == uses.end()) {
    uses.push_back({*counted, delta});
  } else if ((it->pods += delta) == 0) {
    uses.erase(it);
  }
}

void NodeVolumes::ClaimChanged(ClaimId id) {
  Claim& claim = ClaimOf(id);
  claim.known = false;
  for (const auto& [row, pods] : claim.rows) dirty_.Set(row);
}

void NodeVolumes::EverythingChanged() {
  for (Claim& claim : claims_) claim.known = false;
  dirty_.SetAll();
}

// ---- From claims to drivers and handles ----

CountedVolume NodeVolumes::Make(std::string_view driver, std::string_view handle) {
  std::string name(driver);
  name += '/';
  name += handle;
  return {names_.Intern(name), names_.Intern(driver)};
}

std::optional<CountedVolume> NodeVolumes::CountSource(const api::Volume& source,
                                                      const api::PersistentVolume* volume) {
  if (source.kind == api::VolumeKind::kCsi) {
    if (source.scope.empty() || source.source.empty()) return std::nullopt;
    return Make(source.scope, source.source);
  }
  const InTreePlugin plugin = InTreePluginOf(source.kind);
  if (!CountsAgainstLimit(plugin)) return std::nullopt;
  return Make(CsiDriverOf(plugin), CsiHandleOf(source, volume));
}

// A claim without a volume counts for the driver that will provision one.
std::optional<CountedVolume> NodeVolumes::CountClaim(ClaimId id) {
  const auto* claim = storage_.claim(id).object.get();
  if (claim == nullptr) return std::nullopt;
  if (!claim->spec.volume_name.empty()) {
    const auto* volume = storage_.volume(storage_.IdOfVolume(claim->spec.volume_name)).object.get();
    if (volume != nullptr) {
      return volume->source ? CountSource(*volume->source, volume) : std::nullopt;
    }
  }
  const ClassRecord* record = storage_.FindClass(claim->StorageClassName());
  if (record == nullptr || record->object.provisioner.empty()) return std::nullopt;
  const std::string& provisioner = record->object.provisioner;
  const InTreePlugin plugin = InTreePluginOf(provisioner);
  const std::string handle =
      std::string(kUnboundPrefix) + claim->meta.namespace_name + "/" + claim->meta.name;
  if (plugin == InTreePlugin::kNone) return Make(provisioner, handle);
  if (!CountsAgainstLimit(plugin)) return std::nullopt;
  return Make(CsiDriverOf(plugin), handle);
}

const std::optional<CountedVolume>& NodeVolumes::Counted(ClaimId id) {
  Claim& claim = ClaimOf(id);
  if (!claim.known) {
    claim.counted = CountClaim(id);
    claim.known = true;
  }
  return claim.counted;
}

std::vector<CountedVolume> NodeVolumes::CountedOf(const PodVolumes& volumes) {
  std::vector<CountedVolume> counted;
  const auto add = [&](const std::optional<CountedVolume>& volume) {
    if (!volume) return;
    const auto same = [&](const CountedVolume& other) { return other.handle == volume->handle; };
    if (std::ranges::none_of(counted, same)) counted.push_back(*volume);
  };
  for (const PodClaim& claim : volumes.claims) add(Counted(claim.id));
  for (const api::Volume* volume : volumes.counted) add(CountSource(*volume, nullptr));
  return counted;
}

// ---- Counting ----

void NodeVolumes::ReadCsiNode(NodeIndex index) {
  Row& row = rows_[index];
  row.limits.clear();
  const bool alive = nodes_.alive().Test(index);
  const CsiNodeRecord* record = alive ? storage_.FindCsiNode(nodes_.Name(index)) : nullptr;
  if (record != nullptr) {
    for (const api::CsiNodeDriver& driver : record->object.drivers) {
      if (!driver.allocatable_count) continue;
      row.limits.emplace_back(names_.Intern(driver.name), *driver.allocatable_count);
    }
  }
  const InTreePlugins migrated = record == nullptr ? 0 : record->migrated;
  for (std::size_t plugin = 0; plugin < kPluginCount; ++plugin) {
    migrated_[plugin].SetTo(index, (migrated >> plugin & 1) != 0);
  }
}

void NodeVolumes::CollectAttached(Row& row) {
  row.attached.clear();
  for (const auto& [claim, pods] : row.claims) {
    if (const auto& counted = Counted(claim)) row.attached.push_back(*counted);
  }
  for (const InlineUse& use : row.inline_volumes) row.attached.push_back(use.volume);
  std::ranges::sort(row.attached);
  row.attached.erase(std::ranges::unique(row.attached).begin(), row.attached.end());
}

void NodeVolumes::CollectOthers(NodeIndex index) {
  Row& row = rows_[index];
  row.others.clear();
  if (!nodes_.alive().Test(index)) return;
  for (const auto& attachment : storage_.AttachmentsOf(nodes_.Name(index))) {
    if (attachment.persistent_volume_name.empty()) continue;
    const auto* volume =
        storage_.volume(storage_.IdOfVolume(attachment.persistent_volume_name)).object.get();
    const bool csi =
        volume != nullptr && volume->source && volume->source->kind == api::VolumeKind::kCsi;
    if (!csi) continue;
    const auto counted = CountSource(*volume->source, volume);
    if (counted && !std::ranges::binary_search(row.attached, *counted)) {
      row.others.push_back(*counted);
    }
  }
  std::ranges::sort(row.others);
  row.others.erase(std::ranges::unique(row.others).begin(), row.others.end());
}

// Keeps rows_with_ in step with what was attached before and is now.
void NodeVolumes::Index(NodeIndex index, const std::vector<CountedVolume>& before) {
  const std::vector<CountedVolume>& now = rows_[index].attached;
  for (const CountedVolume& attached : before) {
    if (std::ranges::binary_search(now, attached)) continue;
    const auto it = rows_with_.find(attached.handle);
    auto& rows = it->second;
    rows.erase(std::ranges::find(rows, index));
    if (rows.empty()) rows_with_.erase(it);
  }
  for (const CountedVolume& attached : now) {
    if (std::ranges::binary_search(before, attached)) continue;
    rows_with_[attached.handle].push_back(index);
  }
}

std::int64_t NodeVolumes::AttachedTo(const Row& row, base::Symbol driver) const {
  return std::ranges::count(row.attached, driver, &CountedVolume::driver) +
         std::ranges::count(row.others, driver, &CountedVolume::driver);
}

std::int64_t NodeVolumes::LimitOf(const Row& row, base::Symbol driver) const {
  // Of a driver that is listed twice the last one counts.
  for (auto it = row.limits.rbegin(); it != row.limits.rend(); ++it) {
    if (it->first == driver) return it->second;
  }
  return kNoLimit;
}

void NodeVolumes::SetColumns(NodeIndex index, base::Symbol driver, Driver& columns) const {
  columns.limits[index] = LimitOf(rows_[index], driver);
  columns.attached[index] = AttachedTo(rows_[index], driver);
}

void NodeVolumes::RefreshRow(NodeIndex index) {
  Row& row = rows_[index];
  const std::vector<CountedVolume> before = row.attached;
  ReadCsiNode(index);
  CollectAttached(row);
  CollectOthers(index);
  Index(index, before);
  for (const auto& [driver, position] : driver_index_) {
    SetColumns(index, driver, drivers_[position]);
  }
}

void NodeVolumes::Refresh() {
  if (!dirty_.Any()) return;
  dirty_.ForEach([&](NodeIndex row) { RefreshRow(row); });
  dirty_.ClearAll();
}

NodeVolumes::Driver* NodeVolumes::ColumnsOf(base::Symbol driver) {
  const auto known = driver_index_.find(driver);
  if (known != driver_index_.end()) return &drivers_[known->second];
  if (drivers_.size() >= kMaxDriverColumns) return nullptr;
  driver_index_.emplace(driver, drivers_.size());
  Driver& columns = drivers_.emplace_back();
  columns.limits.Resize(rows_.size());
  columns.attached.Resize(rows_.size());
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    SetColumns(static_cast<NodeIndex>(row), driver, columns);
  }
  return &columns;
}

// ---- Limits ----

namespace {

// How many volumes of one driver a pod would add.
using AddedVolumes = boost::container::small_vector<std::pair<base::Symbol, std::int64_t>, 4>;

void AddTo(AddedVolumes& added, base::Symbol driver) {
  const auto it = std::ranges::find(added, driver, [](const auto& entry) { return entry.first; });
  if (it == added.end()) {
    added.emplace_back(driver, 1);
  } else {
    ++it->second;
  }
}

}  // namespace

bool NodeVolumes::Exceeds(NodeIndex index, std::span<const CountedVolume> wanted) const {
  const Row& row = rows_[index];
  AddedVolumes added;
  for (const CountedVolume& volume : wanted) {
    if (!std::ranges::binary_search(row.attached, volume)) AddTo(added, volume.driver);
  }
  return std::ranges::any_of(added, [&](const auto& entry) {
    const auto& [driver, count] = entry;
    return AttachedTo(row, driver) + count > LimitOf(row, driver);
  });
}

void NodeVolumes::Filter(std::span<const CountedVolume> wanted, scoring::NodeMask& rows) {
  AddedVolumes added;
  scoring::NodeMask suspects(rows.size());
  for (const CountedVolume& volume : wanted) {
    AddTo(added, volume.driver);
    const auto it = rows_with_.find(volume.handle);
    if (it == rows_with_.end()) continue;
    for (const NodeIndex row : it->second) suspects.Set(row);
  }
  suspects.And(rows);
  const auto lacks_columns = [&](const auto& entry) { return ColumnsOf(entry.first) == nullptr; };
  if (std::ranges::any_of(added, lacks_columns)) {
    suspects = rows;
    added.clear();
  }
  for (const auto& [driver, count] : added) {
    const Driver& columns = *ColumnsOf(driver);
    scoring::FitRows(columns.limits.data(), columns.attached.data(), count, rows.word_count(),
                     rows.words());
  }
  suspects.ForEach([&](NodeIndex row) { rows.SetTo(row, !Exceeds(row, wanted)); });
}

}  // namespace berth::cluster
