#include "scheduler/metrics/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/serializer.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <ostream>

namespace berth::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Summary:
      return "summary";
    case MetricType::Untyped:
      break;
  }
  return "untyped";
}

std::string Escaped(std::string_view text, bool quotes) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
  return out;
}

// Like prometheus::TextSerializer, which cannot be used: it rounds to 16 digits, and the bounds of
// Kubernetes' buckets, which are part of the names of series, need 17. Nor does it escape help
// texts.
class Serializer final : public prometheus::Serializer {
 public:
  explicit Serializer(Format format) : format_(format) {}

  using prometheus::Serializer::Serialize;
  void Serialize(std::ostream& out, const std::vector<MetricFamily>& families) const override {
    for (const MetricFamily& family : families) WriteFamily(out, family);
    if (format_ == Format::kOpenMetrics) out << "# EOF\n";
  }

 private:
  void WriteFamily(std::ostream& out, const MetricFamily& family) const {
    // Nobody has counted anything yet: as Go does, say nothing.
    if (family.metric.empty()) return;
    const std::string name = NameOfFamily(family);
    out << "# HELP " << name << ' ' << Escaped(family.help, format_ == Format::kOpenMetrics) << '\n'
        << "# TYPE " << name << ' ' << TypeName(family.type) << '\n';
    for (const ClientMetric& metric : family.metric) WriteMetric(out, family, metric);
  }

  // In OpenMetrics a counter is called what its samples are called without the ending.
  std::string NameOfFamily(const MetricFamily& family) const {
    constexpr std::string_view kTotal = "_total";
    std::string name = family.name;
    if (format_ == Format::kOpenMetrics && family.type == MetricType::Counter &&
        name.ends_with(kTotal)) {
      name.resize(name.size() - kTotal.size());
    }
    return name;
  }

  void WriteMetric(std::ostream& out, const MetricFamily& family,
                   const ClientMetric& metric) const {
    switch (family.type) {
      case MetricType::Counter:
        WriteSample(out, family.name, metric, metric.counter.value);
        break;
      case MetricType::Histogram:
        WriteHistogram(out, family.name, metric);
        break;
      default:
        WriteSample(out, family.name, metric, metric.gauge.value);
    }
  }

  void WriteHistogram(std::ostream& out, const std::string& name,
                      const ClientMetric& metric) const {
    for (const auto& bucket : metric.histogram.bucket) {
      WriteSample(out, name + "_bucket", metric, static_cast<double>(bucket.cumulative_count),
                  BoundText(bucket.upper_bound));
    }
    WriteSample(out, name + "_sum", metric, metric.histogram.sample_sum);
    WriteSample(out, name + "_count", metric, static_cast<double>(metric.histogram.sample_count));
  }

  // OpenMetrics wants a bound to look like a fraction.
  std::string BoundText(double bound) const {
    std::string text = NumberText(bound);
    const bool whole = text.find_first_of(".eI") == std::string::npos;
    if (format_ == Format::kOpenMetrics && whole) text += ".0";
    return text;
  }

  static void WriteSample(std::ostream& out, const std::string& name, const ClientMetric& metric,
                          double value, const std::string& bound = "") {
    out << name;
    char separator = '{';
    for (const auto& label : metric.label) {
      out << separator << label.name << "=\"" << Escaped(label.value, true) << '"';
      separator = ',';
    }
    if (!bound.empty()) {
      out << separator << "le=\"" << bound << '"';
      separator = ',';
    }
    if (separator == ',') out << '}';
    out << ' ' << NumberText(value) << '\n';
  }

  const Format format_;
};

}  // namespace

std::string_view ContentType(Format format) {
  return format == Format::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

Format FormatFor(std::string_view accept) {
  return accept.find("application/openmetrics-text") != std::string_view::npos
             ? Format::kOpenMetrics
             : Format::kText;
}

std::string Expose(const std::vector<MetricFamily>& families, Format format) {
  return Serializer(format).Serialize(families);
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0) return "0";
  // The limits of Go's format 'g' with as many digits as it takes.
  constexpr double kLeastFixed = 1e-4;
  constexpr double kLeastScientific = 1e6;
  const double size = std::abs(value);
  const bool fixed = size >= kLeastFixed && size < kLeastScientific;
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 fixed ? std::chars_format::fixed : std::chars_format::scientific);
  return {text.data(), end.ptr};
}

}  // namespace berth::metrics
