#include "scheduler/cel/library.h"

#include "scheduler/base/check.h"

namespace berth::cel {
namespace {

bool KindFits(const Type& wanted, const Value& value) {
  return wanted.kind == TypeKind::kVariable || wanted.IsDynamic() || wanted.kind == value.kind();
}

// "int, list(A)" as types.
std::vector<Type> ParseArgs(std::string_view text) {
  if (text.empty()) return {};
  // The notation of type parameters, borrowed.
  return ParseType("map(" + std::string(text) + ")").params;
}

}  // namespace

bool Overload::Takes(Args values) const {
  if (values.size() != args.size()) return false;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (!KindFits(args[i], values[i])) return false;
  }
  return true;
}

const Library& Library::Get() {
  static const Library library;
  return library;
}

Library::Library() {
  Add(OperatorFunctions());
  Add(ConversionFunctions());
  Add(StringFunctions());
  Add(ListFunctions());
  Add(TimeFunctions());
  Add(KubernetesFunctions());
}

void Library::Add(std::span<const FunctionRow> rows) {
  for (const FunctionRow& row : rows) {
    Overload overload;
    overload.member = !row.receiver.empty();
    overload.args = ParseArgs(row.args);
    if (overload.member) overload.args.insert(overload.args.begin(), ParseType(row.receiver));
    overload.result = ParseType(row.result);
    overload.call = row.call;
    functions_[std::string(row.name)].push_back(std::move(overload));
  }
}

std::span<const Overload> Library::Find(std::string_view name) const {
  const auto it = functions_.find(name);
  if (it == functions_.end()) return {};
  return it->second;
}

}  // namespace berth::cel
