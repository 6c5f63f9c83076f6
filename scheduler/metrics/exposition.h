// Metrics as text, as a Prometheus server reads it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
struct MetricFamily;
}  // namespace prometheus

namespace berth::metrics {

enum class Format : std::uint8_t {
  kText,         // text exposition 0.0.4
  kOpenMetrics,  // 1.0.0
};

std::string_view ContentType(Format format);
// What the Accept header of a request asks for; kText if in doubt.
Format FormatFor(std::string_view accept);

// The families in the given order.
std::string Expose(const std::vector<prometheus::MetricFamily>& families, Format format);

// The shortest text that is read back as the same number, written as Go writes it: "1e-05",
// "0.001",
// "+Inf".
std::string NumberText(double value);

}  // namespace berth::metrics
