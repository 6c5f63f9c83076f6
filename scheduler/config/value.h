// A parsed YAML or JSON document before anyone knows what its fields mean. Maps keep the order and
// the duplicates of the document, so that the reader can refuse duplicates by their path.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace berth::config {

struct Value {
  using List = std::vector<Value>;
  using Map = std::vector<std::pair<std::string, Value>>;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map> data;

  bool IsNull() const { return std::holds_alternative<std::monostate>(data); }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&data);
  }
};

}  // namespace berth::config
