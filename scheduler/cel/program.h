// A small CEL (cel.dev) of Berth's own, as far as Kubernetes' selectors of devices need it.
//
// The language with macros, optionals and two-variable comprehensions; the string, list and set
// extensions; Kubernetes' quantities, semantic versions and list functions. Not there: messages
// (protocol buffers), and Kubernetes' libraries for URLs, IP addresses and named formats. Mistakes
// and failures are told in cel-go's words, which kube-scheduler hands on.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/cel/environment.h"

namespace berth::cel {

struct Expr;

// Immutable once compiled; any number of threads may evaluate one.
class Program {
 public:
  // Parses and checks. Texts longer than 10 KiB, nested deeper than 250 or of more than 10,000
  // parts are refused. The error lists every mistake with its line and place:
  //
  //   ERROR: <input>:1:7: undefined field 'foo'
  //    | device.foo
  //    | ......^
  static base::Result<Program> Compile(std::string_view text, const Environment& environment);

  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  ~Program();

  // The type of the result as far as it is known; dyn where types were not checked.
  const Type& type() const { return type_; }

  // The error is CEL's at run time ("no such key: model"), or says that the evaluation would cost
  // more than `cost_limit` units of work.
  base::Result<Value> Evaluate(const Bindings& bindings, std::uint64_t cost_limit) const;

 private:
  Program(std::unique_ptr<const Expr> root, Type type);

  std::unique_ptr<const Expr> root_;
  Type type_;
};

}  // namespace berth::cel
