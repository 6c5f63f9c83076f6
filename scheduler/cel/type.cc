#include "scheduler/cel/type.h"

#include <array>
#include <utility>

#include "scheduler/base/check.h"

namespace berth::cel {
namespace {

struct NamedKind {
  std::string_view notation;  // in the function tables
  std::string_view name;      // in CEL
  TypeKind kind;
};

constexpr std::array kNames = {
    NamedKind{"dyn", "dyn", TypeKind::kDyn},
    NamedKind{"any", "any", TypeKind::kAny},
    NamedKind{"error", "!error!", TypeKind::kError},
    NamedKind{"null", "null", TypeKind::kNull},
    NamedKind{"bool", "bool", TypeKind::kBool},
    NamedKind{"int", "int", TypeKind::kInt},
    NamedKind{"uint", "uint", TypeKind::kUint},
    NamedKind{"double", "double", TypeKind::kDouble},
    NamedKind{"string", "string", TypeKind::kString},
    NamedKind{"bytes", "bytes", TypeKind::kBytes},
    NamedKind{"timestamp", "google.protobuf.Timestamp", TypeKind::kTimestamp},
    NamedKind{"duration", "google.protobuf.Duration", TypeKind::kDuration},
    NamedKind{"list", "list", TypeKind::kList},
    NamedKind{"map", "map", TypeKind::kMap},
    NamedKind{"type", "type", TypeKind::kType},
    NamedKind{"optional", "optional_type", TypeKind::kOptional},
    NamedKind{"quantity", "kubernetes.Quantity", TypeKind::kQuantity},
    NamedKind{"semver", "kubernetes.Semver", TypeKind::kSemver},
};

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<Type> ParseParams(std::string_view text) {
  std::vector<Type> params;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i == text.size() || (text[i] == ',' && depth == 0)) {
      params.push_back(ParseType(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  return params;
}

}  // namespace

std::string_view Type::BaseName() const {
  for (const NamedKind& named : kNames) {
    // The type of null is called null_type where it is a value.
    if (named.kind == kind) return kind == TypeKind::kNull ? "null_type" : named.name;
  }
  return name;
}

std::string Type::ToString() const {
  std::string text(kind == TypeKind::kNull ? "null" : BaseName());
  if (params.empty()) return text;
  text += '(';
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (i > 0) text += ", ";
    text += params[i].ToString();
  }
  return text + ')';
}

Type ParseType(std::string_view text) {
  text = Trimmed(text);
  BERTH_CHECK(!text.empty());
  if (text.size() == 1 && text[0] >= 'A' && text[0] <= 'Z') return Type::Variable(text);
  const std::size_t open = text.find('(');
  const std::string_view base = text.substr(0, open);
  for (const NamedKind& named : kNames) {
    if (named.notation != base) continue;
    Type type = Type::Of(named.kind);
    if (open == std::string_view::npos) return type;
    BERTH_CHECK(text.back() == ')');
    type.params = ParseParams(text.substr(open + 1, text.size() - open - 2));
    return type;
  }
  BERTH_CHECK(false && "unknown type in a function table");
  return {};
}

}  // namespace berth::cel
