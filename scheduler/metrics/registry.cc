#include "scheduler/metrics/registry.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <cstddef>

#include "scheduler/base/check.h"

namespace berth::metrics {
namespace {

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string_view WithoutQuotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::string LevelName(Stability stability) {
  switch (stability) {
    case Stability::kInternal:
      return "INTERNAL";
    case Stability::kAlpha:
      return "ALPHA";
    case Stability::kBeta:
      return "BETA";
    case Stability::kStable:
      return "STABLE";
    case Stability::kUnmarked:
      break;
  }
  return "";
}

}  // namespace

base::Result<void> AllowLabelValues(std::string_view entry, RegistryOptions& options) {
  const auto comma = entry.find(',');
  const auto equals = entry.find('=');
  const bool whole = equals != std::string_view::npos && comma != 0 && comma < equals &&
                     equals > comma + 1 && equals + 1 < entry.size();
  if (!whole) {
    return base::Fail("\"" + std::string(entry) + "\": want METRIC,LABEL=VALUE,VALUE...");
  }
  const std::string metric(entry.substr(0, comma));
  const std::string label(entry.substr(comma + 1, equals - comma - 1));
  auto& allowed = options.allowed_values[metric][label];
  for (auto& value : SplitAtCommas(WithoutQuotes(entry.substr(equals + 1)))) {
    allowed.insert(std::move(value));
  }
  return {};
}

template <typename F, typename... Arguments>
F& Registry::Add(Definition definition, Arguments... arguments) {
  const auto allowed = options_.allowed_values.find(definition.name);
  const std::string name = definition.name;
  auto family = std::make_unique<F>(
      std::move(definition),
      allowed == options_.allowed_values.end() ? AllowedValues() : allowed->second,
      std::move(arguments)...);
  F& added = *family;
  const std::scoped_lock lock(mutex_);
  const bool is_new = families_.emplace(name, std::move(family)).second;
  BERTH_CHECK(is_new);
  return added;
}

CounterFamily& Registry::AddCounter(Definition definition) {
  BERTH_CHECK(definition.name.ends_with("_total"));
  return Add<CounterFamily>(std::move(definition),
                            CounterFamily::Make([] { return std::make_unique<Counter>(); }));
}

GaugeFamily& Registry::AddGauge(Definition definition) {
  return Add<GaugeFamily>(std::move(definition),
                          GaugeFamily::Make([] { return std::make_unique<Gauge>(); }));
}

HistogramFamily& Registry::AddHistogram(Definition definition, const Buckets& bounds) {
  BERTH_CHECK(std::ranges::is_sorted(bounds));
  return Add<HistogramFamily>(std::move(definition), HistogramFamily::Make([bounds] {
                                return std::make_unique<Histogram>(bounds);
                              }));
}

void Registry::AddComputed(ComputedKind kind, Definition definition, Compute compute) {
  Add<ComputedFamily>(std::move(definition), kind, std::move(compute));
}

void Registry::AddCensus() {
  AddComputed(ComputedKind::kCounter,
              {.name = "registered_metrics_total",
               .help = "Metrics that this process offers, by the stability that is promised of "
                       "them.",
               .stability = Stability::kBeta,
               .labels = {"stability_level", "deprecated_version"}},
              [this](const Emit& emit) { EmitCensus(emit); });
  AddComputed(ComputedKind::kCounter,
              {.name = "disabled_metrics_total",
               .help = "Metrics that this process has and was told not to show.",
               .stability = Stability::kBeta},
              [this](const Emit& emit) {
                const std::scoped_lock lock(mutex_);
                std::size_t disabled = 0;
                for (const auto& [name, family] : families_) {
                  if (options_.disabled.contains(name)) ++disabled;
                }
                emit({}, static_cast<double>(disabled));
              });
  AddComputed(ComputedKind::kCounter,
              {.name = "hidden_metrics_total",
               .help = "Metrics that are not shown because they are about to go.",
               .stability = Stability::kBeta},
              [](const Emit& emit) { emit({}, 0); });
}

void Registry::EmitCensus(const Emit& emit) const {
  std::map<std::string, double> registered;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, family] : families_) {
      const Definition& definition = family->definition();
      if (!IsShown(definition) || definition.stability == Stability::kUnmarked) continue;
      ++registered[LevelName(definition.stability)];
    }
  }
  for (const auto& [level, count] : registered) emit({level, ""}, count);
}

bool Registry::IsShown(const Definition& definition) const {
  return definition.enabled && !options_.disabled.contains(definition.name);
}

void Registry::BeforeScrape(std::function<void()> update) {
  const std::scoped_lock lock(mutex_);
  updates_.push_back(std::move(update));
}

std::string Registry::Text(Format format) {
  const std::scoped_lock scrape(scrape_);
  std::vector<const FamilyBase*> shown;
  std::vector<std::function<void()>> updates;
  {
    // Families never go away; what they and the updates call may use the registry again.
    const std::scoped_lock lock(mutex_);
    updates = updates_;
    for (const auto& [name, family] : families_) {
      if (IsShown(family->definition())) shown.push_back(family.get());
    }
  }
  for (const auto& update : updates) update();
  std::vector<prometheus::MetricFamily> collected(shown.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    shown[i]->Describe(collected[i]);
    shown[i]->Collect(collected[i]);
  }
  return Expose(collected, format);
}

void Registry::Reset() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, family] : families_) family->Reset();
}

}  // namespace berth::metrics
