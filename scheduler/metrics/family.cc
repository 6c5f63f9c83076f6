#include "scheduler/metrics/family.h"

#include <prometheus/metric_family.h>

#include <limits>
#include <string_view>

#include "scheduler/base/check.h"

namespace berth::metrics {
namespace {

std::string_view Mark(Stability stability) {
  switch (stability) {
    case Stability::kUnmarked:
      return "";
    case Stability::kInternal:
      return "[INTERNAL] ";
    case Stability::kAlpha:
      return "[ALPHA] ";
    case Stability::kBeta:
      return "[BETA] ";
    case Stability::kStable:
      return "[STABLE] ";
  }
  return "";
}

prometheus::ClientMetric Labelled(const std::vector<std::string>& names,
                                  const LabelValues& values) {
  BERTH_CHECK(names.size() == values.size());
  prometheus::ClientMetric metric;
  metric.label.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) metric.label.push_back({names[i], values[i]});
  return metric;
}

prometheus::MetricType TypeOf(const Counter* /*kind*/) { return prometheus::MetricType::Counter; }
prometheus::MetricType TypeOf(const Gauge* /*kind*/) { return prometheus::MetricType::Gauge; }
prometheus::MetricType TypeOf(const Histogram* /*kind*/) {
  return prometheus::MetricType::Histogram;
}

void Read(const Counter& counter, prometheus::ClientMetric& out) {
  out.counter.value = static_cast<double>(counter.value());
}

void Read(const Gauge& gauge, prometheus::ClientMetric& out) { out.gauge.value = gauge.value(); }

void Read(const Histogram& histogram, prometheus::ClientMetric& out) {
  const auto counts = histogram.Counts();
  const Buckets& bounds = histogram.bounds();
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    out.histogram.bucket.push_back({below, bound});
  }
  // So that the total never disagrees with the buckets, whoever observes meanwhile.
  out.histogram.sample_count = below;
  out.histogram.sample_sum = histogram.sum();
}

void ResetCount(Counter& counter) { counter.Reset(); }
void ResetCount(Histogram& histogram) { histogram.Reset(); }
void ResetCount(Gauge& /*says_how_things_are*/) {}

}  // namespace

FamilyBase::FamilyBase(Definition definition, AllowedValues allowed)
    : definition_(std::move(definition)), allowed_(std::move(allowed)) {}

void FamilyBase::Describe(prometheus::MetricFamily& out) const {
  out.name = definition_.name;
  out.help = std::string(Mark(definition_.stability)) + definition_.help;
  DescribeType(out);
}

void FamilyBase::Restrict(LabelValues& values) const {
  if (allowed_.empty()) return;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto label = allowed_.find(definition_.labels[i]);
    if (label != allowed_.end() && !label->second.contains(values[i])) values[i] = "unexpected";
  }
}

template <typename Metric>
Family<Metric>::Family(Definition definition, AllowedValues allowed, Make make)
    : FamilyBase(std::move(definition), std::move(allowed)), make_(std::move(make)) {
  if (FamilyBase::definition().labels.empty()) only_ = &With({});
}

template <typename Metric>
Metric& Family<Metric>::With(LabelValues values) {
  BERTH_CHECK(values.size() == definition().labels.size());
  Restrict(values);
  const std::scoped_lock lock(mutex_);
  auto it = series_.find(values);
  if (it == series_.end()) {
    if (series_.size() >= kMostSeries) values.assign(values.size(), "overflow");
    it = series_.try_emplace(std::move(values)).first;
    if (it->second == nullptr) it->second = make_();
  }
  return *it->second;
}

template <typename Metric>
void Family<Metric>::Collect(prometheus::MetricFamily& out) const {
  const std::scoped_lock lock(mutex_);
  out.metric.reserve(out.metric.size() + series_.size());
  for (const auto& [values, metric] : series_) {
    out.metric.push_back(Labelled(definition().labels, values));
    Read(*metric, out.metric.back());
  }
}

template <typename Metric>
void Family<Metric>::Reset() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [values, metric] : series_) ResetCount(*metric);
}

template <typename Metric>
void Family<Metric>::DescribeType(prometheus::MetricFamily& out) const {
  out.type = TypeOf(static_cast<const Metric*>(nullptr));
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

void ComputedFamily::Collect(prometheus::MetricFamily& out) const {
  compute_([&](LabelValues values, double value) {
    Restrict(values);
    out.metric.push_back(Labelled(definition().labels, values));
    if (kind_ == ComputedKind::kCounter) {
      out.metric.back().counter.value = value;
    } else {
      out.metric.back().gauge.value = value;
    }
  });
}

void ComputedFamily::DescribeType(prometheus::MetricFamily& out) const {
  out.type = kind_ == ComputedKind::kCounter ? prometheus::MetricType::Counter
                                             : prometheus::MetricType::Gauge;
}

}  // namespace berth::metrics
