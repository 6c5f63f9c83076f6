// The functions and operators of CEL and of Kubernetes' extensions, as one table of overloads that
// the checker and the evaluator share. Internal to the folder.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cel/value.h"

namespace berth::cel {

using Args = std::span<const Value>;
using Outcome = base::Result<Value>;
// Called with values of the kinds that the overload asks for.
using Function = Outcome (*)(Args args);

struct Overload {
  bool member = false;     // target.name(...); the target is args[0]
  std::vector<Type> args;  // with type parameters A, B
  Type result;
  Function call = nullptr;

  // Whether values of these kinds can be handed in; what lists and maps hold is not looked at.
  bool Takes(Args values) const;
};

// A row of a table: receiver "" for a global function; arguments and result as ParseType reads
// them.
struct FunctionRow {
  std::string_view name;
  std::string_view receiver;
  std::string_view args;
  std::string_view result;
  Function call;
};

class Library {
 public:
  static const Library& Get();

  // Empty if there is no function of the name.
  std::span<const Overload> Find(std::string_view name) const;

 private:
  Library();
  void Add(std::span<const FunctionRow> rows);

  std::map<std::string, std::vector<Overload>, std::less<>> functions_;
};

// ---- The tables ----

std::span<const FunctionRow> OperatorFunctions();
std::span<const FunctionRow> ConversionFunctions();
std::span<const FunctionRow> StringFunctions();
std::span<const FunctionRow> ListFunctions();
std::span<const FunctionRow> TimeFunctions();
std::span<const FunctionRow> KubernetesFunctions();

// ---- What they share ----

// base[key] and base.key: the error where there is none.
Outcome Index(const Value& base, const Value& key);
// base[?key] and base.?key; none where there is none.
Outcome OptionalIndex(const Value& base, const Value& key);

// A double as Go's strconv writes it (format 'g', shortest).
std::string DoubleToString(double value);
std::string DurationToString(Duration duration);
std::string TimestampToString(Timestamp timestamp);
base::Result<Duration> ParseDuration(std::string_view text);
base::Result<Timestamp> ParseTimestamp(std::string_view text);
// nullopt beyond years 1 to 9999.
std::optional<Timestamp> MakeTimestamp(__int128 nanos_since_epoch);

// string.format: %s %d %f %e %b %o %x %X %%.
Outcome Format(const std::string& format, const List& args);

// What a function needs more memory for is refused.
inline constexpr std::size_t kMaxResultBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxResultElements = 1'000'000;

}  // namespace berth::cel
