// An object as scheduling needs it, with each of its texts handed to somebody who may replace it.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/record/shape.h"

namespace berth::record {

// Who says what stands in the place of a text. Empty texts are not asked for.
class Texts {
 public:
  virtual ~Texts() = default;
  virtual std::string Of(TextKind kind, std::string_view text) = 0;
  // The value of a label, or of a taint, under that key.
  virtual std::string LabelValue(std::string_view key, std::string_view value) = 0;
  // Somewhere the values of this key are compared as numbers.
  virtual void ComparesNumbers(std::string_view key) = 0;
};

// Every text as it is.
class SameTexts final : public Texts {
 public:
  std::string Of(TextKind, std::string_view text) override { return std::string(text); }
  std::string LabelValue(std::string_view, std::string_view value) override {
    return std::string(value);
  }
  void ComparesNumbers(std::string_view) override {}
};

struct ObjectKind {
  std::string_view api_version;
  std::string_view kind;
};

struct Projected {
  std::string json;  // one line
  // Of the object as it came; empty where it has none.
  std::string namespace_name;
  std::string name;
  std::string version;
  std::string created;
  std::string node_name;  // spec.nodeName

  std::string Key() const { return namespace_name + "/" + name; }
};

// What the shape names of the object, and nothing else, as an object of that kind. Values of
// another type than the shape says become null, so that no text slips through. Fails on what is not
// a JSON object.
base::Result<Projected> Project(std::string_view json, const ObjectKind& kind, const Shape& shape,
                                Texts& texts);

}  // namespace berth::record
