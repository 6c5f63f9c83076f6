#include "scheduler/config/json_text.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "scheduler/config/field_error.h"
#include "scheduler/config/reader.h"

namespace berth::config {
namespace {

using Json = nlohmann::ordered_json;

struct Converter {
  std::string path;

  base::Result<Json> operator()(std::monostate) const { return Json(nullptr); }
  base::Result<Json> operator()(bool value) const { return Json(value); }
  base::Result<Json> operator()(std::int64_t value) const { return Json(value); }
  base::Result<Json> operator()(double value) const {
    if (!std::isfinite(value)) return FieldError(path, "must be a finite number");
    return Json(value);
  }
  base::Result<Json> operator()(const std::string& value) const { return Json(value); }

  base::Result<Json> operator()(const Value::List& list) const {
    Json out = Json::array();
    for (std::size_t i = 0; i < list.size(); ++i) {
      BERTH_ASSIGN(auto item, std::visit(Converter{ItemPath(path, i)}, list[i].data));
      out.push_back(std::move(item));
    }
    return out;
  }

  base::Result<Json> operator()(const Value::Map& map) const {
    Json out = Json::object();
    for (const auto& [name, value] : map) {
      const std::string child = ChildPath(path, name);
      if (out.contains(name)) return FieldError(child, "duplicate field");
      BERTH_ASSIGN(auto item, std::visit(Converter{child}, value.data));
      out[name] = std::move(item);
    }
    return out;
  }
};

}  // namespace

base::Result<std::string> ToJson(const Value& value, std::string_view path) {
  BERTH_ASSIGN(const Json json, std::visit(Converter{std::string(path)}, value.data));
  try {
    return json.dump();
  } catch (const Json::exception&) {
    return FieldError(path, "must be UTF-8");
  }
}

}  // namespace berth::config
