// The conformance tests of CEL, converted by tests/cel/conformance.
#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "scheduler/cel/program.h"

namespace berth::cel {
namespace {

using nlohmann::json;

// What we do not do, by test or, with a slash at the end, by section.
const std::map<std::string, std::string>& KnownDifferences() {
  static const std::map<std::string, std::string> differences = {
#include "tests/cel/known_differences.inc"
  };
  return differences;
}

bool IsKnownDifference(const std::string& name) {
  for (const auto& [prefix, reason] : KnownDifferences()) {
    if (name == prefix || (prefix.ends_with('/') && name.starts_with(prefix))) return true;
  }
  return false;
}

std::string Decoded(const std::string& base64) {
  static const std::string kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : base64) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(kAlphabet.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

Value ValueOf(const json& tagged) {
  const std::string& kind = tagged.begin().key();
  const json& value = tagged.begin().value();
  if (kind == "null") return Value::Null();
  if (kind == "bool") return Value::Bool(value.get<bool>());
  if (kind == "int") return Value::Int(std::stoll(value.get<std::string>()));
  if (kind == "uint") return Value::Uint(std::stoull(value.get<std::string>()));
  if (kind == "double") {
    return Value::Double(std::bit_cast<double>(std::stoull(value.get<std::string>(), nullptr, 16)));
  }
  if (kind == "string") return Value::String(value.get<std::string>());
  if (kind == "bytes") return Value::OfBytes(Decoded(value.get<std::string>()));
  if (kind == "duration") return Value::OfDuration({std::stoll(value.get<std::string>())});
  if (kind == "timestamp") {
    return Value::OfTimestamp({value[0].get<std::int64_t>(), value[1].get<std::int32_t>()});
  }
  if (kind == "list") {
    List list;
    for (const auto& element : value) list.push_back(ValueOf(element));
    return Value::OfList(std::move(list));
  }
  Map map;
  for (const auto& entry : value) map.Insert(ValueOf(entry[0]), ValueOf(entry[1]));
  return Value::OfMap(std::move(map));
}

// In the test's sense: NaN is itself, and a number is of its own type.
bool Same(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  if (!a.is(TypeKind::kDouble)) return Equal(a, b);
  return std::isnan(a.as_double()) ? std::isnan(b.as_double()) : a.as_double() == b.as_double();
}

// Empty: as it should be.
std::string Problem(const json& test) {
  Environment environment;
  environment.homogeneous_literals = false;
  environment.check_types = !test.value("disableCheck", false);
  const json variables = test.value("variables", json::object());
  for (const auto& [name, type] : variables.items()) {
    environment.variables[name] = ParseType(type.get<std::string>());
  }
  const bool wants_error = test.value("error", false);
  const auto program = Program::Compile(test["expr"].get<std::string>(), environment);
  if (!program) return wants_error ? "" : program.error().message();
  if (test.contains("type") && environment.check_types &&
      program->type() != ParseType(test["type"].get<std::string>())) {
    return "type " + program->type().ToString();
  }
  if (test.value("checkOnly", false)) return "";
  Bindings bindings;
  const json bound = test.value("bindings", json::object());
  for (const auto& [name, value] : bound.items()) {
    bindings[name] = ValueOf(value);
  }
  constexpr std::uint64_t kPlenty = 10'000'000;
  const auto value = program->Evaluate(bindings, kPlenty);
  if (!value) return wants_error ? "" : value.error().message();
  if (wants_error) return "no error";
  if (!test.contains("value")) return "";
  if (test["value"].contains("type")) {
    const bool right = value->is(TypeKind::kType) &&
                       value->as_type().BaseName() == test["value"]["type"].get<std::string>();
    return right ? "" : "another type";
  }
  return Same(*value, ValueOf(test["value"])) ? "" : "another value";
}

TEST(CelConformance, EveryTestOfTheSupportedPart) {
  std::ifstream file(BERTH_CEL_TESTS "/conformance.json");
  const json data = json::parse(file);
  std::size_t run = 0;
  std::size_t skipped = 0;
  for (const auto& test : data["tests"]) {
    const auto name = test["name"].get<std::string>();
    const std::string problem = Problem(test);
    if (IsKnownDifference(name)) {
      ++skipped;
      continue;
    }
    ++run;
    EXPECT_EQ(problem, "") << name << ": " << test["expr"];
  }
  RecordProperty("run", std::to_string(run));
  RecordProperty("skipped", std::to_string(skipped));
  EXPECT_GT(run, 1300u);
}

}  // namespace
}  // namespace berth::cel
