// Shorthands of the configuration tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scheduler/config/load.h"

namespace berth::config {

inline std::string WithHead(const std::string& body) {
  return "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n" + body;
}

// The configuration of a body without apiVersion and kind; fails the test if it is refused.
inline Configuration Loaded(const std::string& body) {
  auto configuration = LoadText(WithHead(body), "f");
  if (!configuration) {
    ADD_FAILURE() << configuration.error().message();
    return DefaultConfiguration();
  }
  return *std::move(configuration);
}

// The error of a body; "valid" when there is none.
inline std::string ErrorOf(const std::string& body) {
  const auto configuration = LoadText(WithHead(body), "f");
  return configuration ? "valid" : configuration.error().message();
}

// Names at an extension point, with the weight after each score plugin.
inline std::vector<std::string> NamesAt(const Profile& profile, ExtensionPoint point) {
  std::vector<std::string> names;
  for (const EnabledPlugin& plugin : profile.At(point)) {
    const bool score = point == ExtensionPoint::kScore;
    names.push_back(plugin.name + (score ? " " + std::to_string(plugin.weight) : ""));
  }
  return names;
}

}  // namespace berth::config
