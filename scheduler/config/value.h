// A parsed YAML or JSON document before anyone knows what its fields mean. Maps keep the order and
// the duplicates of the document, so that the reader can refuse duplicates by their path.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace berth::config {

struct Value {
  struct Member;
  using List = std::vector<Value>;
  using Map = std::vector<Member>;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map> data;

  bool IsNull() const { return std::holds_alternative<std::monostate>(data); }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&data);
  }
};

struct Value::Member {
  std::string name;
  Value value;
};

}  // namespace berth::config
