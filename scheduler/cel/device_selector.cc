#include "scheduler/cel/device_selector.h"

#include <map>
#include <utility>

namespace berth::cel {
namespace {

constexpr std::string_view kVariable = "device";
constexpr std::string_view kDeviceType = "DRADevice";

const Environment& DeviceEnvironment() {
  static const Environment environment = [] {
    Environment made;
    made.variables[std::string(kVariable)] = Type::Object(kDeviceType);
    made.objects[std::string(kDeviceType)] = {
        {"driver", Type::Of(TypeKind::kString)},
        {"attributes", ParseType("map(string, map(string, any))")},
        {"capacity", ParseType("map(string, map(string, quantity))")},
        {"allowMultipleAllocations", Type::Of(TypeKind::kBool)},
    };
    return made;
  }();
  return environment;
}

// Values by domain; a name without one belongs to the driver.
class ByDomain {
 public:
  explicit ByDomain(const std::string& driver) : driver_(driver) {}

  void Add(const std::string& name, Value value) {
    const auto slash = name.find('/');
    const bool plain = slash == std::string::npos;
    domains_[plain ? driver_ : name.substr(0, slash)].Insert(
        Value::String(plain ? name : name.substr(slash + 1)), std::move(value));
  }

  Value Take() {
    Map map;
    for (auto& [domain, values] : domains_) {
      map.Insert(Value::String(domain), Value::OfMap(std::move(values)));
    }
    map.SetDefault(Value::OfMap({}));
    return Value::OfMap(std::move(map));
  }

 private:
  const std::string& driver_;
  std::map<std::string, Map> domains_;
};

}  // namespace

Value MakeDevice(const DeviceDescription& device) {
  ByDomain attributes(device.driver);
  for (const auto& [name, value] : device.attributes) attributes.Add(name, value);
  ByDomain capacity(device.driver);
  for (const auto& [name, value] : device.capacity) capacity.Add(name, Value::OfQuantity(value));
  Object object;
  object.type_name = kDeviceType;
  object.fields = {{"driver", Value::String(device.driver)},
                   {"attributes", attributes.Take()},
                   {"capacity", capacity.Take()},
                   {"allowMultipleAllocations", Value::Bool(device.allow_multiple_allocations)}};
  return Value::OfObject(std::move(object));
}

base::Result<DeviceSelector> DeviceSelector::Compile(std::string_view expression) {
  BERTH_ASSIGN(Program program, Program::Compile(expression, DeviceEnvironment()));
  const Type& type = program.type();
  if (type.kind != TypeKind::kBool && !type.IsDynamic()) {
    return base::Fail("must evaluate to bool or the unknown type, not " + type.ToString());
  }
  return DeviceSelector(std::move(program));
}

base::Result<bool> DeviceSelector::Matches(const Value& device) const {
  BERTH_ASSIGN(const Value value,
               program_.Evaluate({{std::string(kVariable), device}}, kDeviceSelectorCostLimit));
  if (value.is(TypeKind::kBool)) return value.as_bool();
  const std::string type(value.type().BaseName());
  return base::Fail("CEL result of type " + type +
                    " could not be converted to bool: unsupported native conversion from " + type +
                    " to 'bool'");
}

}  // namespace berth::cel
