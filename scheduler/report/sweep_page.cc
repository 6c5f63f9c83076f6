#include "scheduler/report/sweep_page.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/report/page.h"

namespace berth::report {

using nlohmann::json;

std::string SweepJson(const SweepData& data) {
  json figures = json::array();
  for (const auto& figure : data.figures) {
    if (!std::isfinite(figure.value)) continue;
    figures.push_back({figure.workload, figure.profile, figure.seed, figure.metric, figure.value});
  }
  json curves = json::array();
  for (const auto& point : data.curves) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
    curves.push_back({point.workload, point.profile, point.seed, point.metric, point.x, point.y});
  }
  json published = json::array();
  for (const auto& figure : data.published) {
    if (!std::isfinite(figure.value)) continue;
    published.push_back({figure.workload, figure.profile, figure.metric, figure.value});
  }
  const json out = {{"kind", "sweep"},
                    {"xLabel", data.x_label},
                    {"metrics", data.metrics},
                    {"figures", std::move(figures)},
                    {"curves", std::move(curves)},
                    {"published", std::move(published)}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

base::Result<std::string> SweepPage(const SweepData& data) {
  return MakePage("Berth sweep", SweepJson(data));
}

}  // namespace berth::report
