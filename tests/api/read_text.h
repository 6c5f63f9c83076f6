// Short cuts for tests that read objects from a text.
#pragma once

#include <string_view>

#include "scheduler/api/reader.h"
#include "scheduler/base/executor.h"

namespace berth::api {

inline base::Result<ClusterObjects> ReadJsonText(std::string_view json, std::size_t threads = 1) {
  const auto executor = base::MakeExecutor(threads);
  Reader reader(*executor);
  BERTH_TRY(reader.ReadJson(PaddedText(json), "test.json"));
  return reader.Take();
}

inline base::Result<ClusterObjects> ReadYamlText(std::string_view yaml) {
  const auto executor = base::MakeExecutor(1);
  Reader reader(*executor);
  BERTH_TRY(reader.ReadYaml(yaml, "test.yaml"));
  return reader.Take();
}

// The message of a failure; "no error" when there is none.
template <typename T>
std::string MessageOf(const base::Result<T>& result) {
  return result ? "no error" : result.error().message();
}

}  // namespace berth::api
