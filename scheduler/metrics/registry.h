// All metrics of a process, and what is shown of them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/metrics/exposition.h"
#include "scheduler/metrics/family.h"

namespace berth::metrics {

struct RegistryOptions {
  // Names of families that nobody sees: --disabled-metrics.
  std::set<std::string, std::less<>> disabled = {};
  // By the name of the metric: --allow-metric-labels.
  std::map<std::string, AllowedValues, std::less<>> allowed_values = {};
};

// Enters one entry of --allow-metric-labels, "METRIC,LABEL=VALUE,VALUE"; the values may be in
// single quotes. Entries for one label add up.
base::Result<void> AllowLabelValues(std::string_view entry, RegistryOptions& options);

// Thread-safe. Families live as long as the registry and never move.
class Registry {
 public:
  explicit Registry(RegistryOptions options = {}) : options_(std::move(options)) {}

  // A name that is new, in Prometheus' letters; that of a counter ends in "_total".
  CounterFamily& AddCounter(Definition definition);
  GaugeFamily& AddGauge(Definition definition);
  HistogramFamily& AddHistogram(Definition definition, const Buckets& bounds);
  // Series that are put together at each Text(), on the thread that calls it and never twice at
  // once.
  void AddComputed(ComputedKind kind, Definition definition, Compute compute);
  // registered_metrics_total and what belongs to it.
  void AddCensus();

  // Runs before each Text(), on its thread, to set gauges to how things are; must not call Text().
  void BeforeScrape(std::function<void()> update);

  // Every family that is enabled and not disabled, by name.
  std::string Text(Format format = Format::kText);
  // Counters and histograms back to zero.
  void Reset();

 private:
  template <typename F, typename... Arguments>
  F& Add(Definition definition, Arguments... arguments);
  bool IsShown(const Definition& definition) const;
  void EmitCensus(const Emit& emit) const;

  const RegistryOptions options_;
  std::mutex scrape_;  // held during a Text(); taken before mutex_
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<FamilyBase>, std::less<>> families_;
  std::vector<std::function<void()>> updates_;
};

}  // namespace berth::metrics
