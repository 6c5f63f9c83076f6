#include "scheduler/extender/answers.h"

#include <algorithm>
#include <exception>
#include <istream>
#include <nlohmann/json.hpp>
#include <streambuf>

namespace berth::extender {
namespace {

using base::Fail;
using base::Result;
using nlohmann::json;

// A text as a stream, without a copy.
class TextBuffer final : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // never written to
    setg(begin, begin, begin + text.size());
  }
};

// The library writes a value by recursion, so that a deep one would exhaust the stack. Kubernetes'
// own objects have no more than some twenty levels.
constexpr std::size_t kMaxDepth = 1024;

// Of the first value.
bool IsTooDeep(std::string_view text) {
  std::size_t depth = 0;
  bool is_in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      is_in_string = !is_in_string;
    } else if (is_in_string) {
      if (c == '\\') ++i;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if ((c == ']' || c == '}') && (depth == 0 || --depth == 0)) {
      return false;
    }
  }
  return false;
}

Result<json> Parse(std::string_view text) {
  if (IsTooDeep(text)) return Fail("the answer is nested too deeply");
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  try {
    json value;
    stream >> value;  // the first value only
    return value;
  } catch (const std::exception&) {
    return Fail("the answer is not JSON");
  }
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsSameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

// Null where there is none. The name as it is spelt goes first.
const json& Field(const json& object, std::string_view name) {
  static const json null;
  if (!object.is_object()) return null;
  if (const auto exact = object.find(name); exact != object.end()) return *exact;
  for (const auto& [key, value] : object.items()) {
    if (IsSameName(key, name)) return value;
  }
  return null;
}

std::unexpected<base::Error> Wrong(std::string_view field, std::string_view wanted) {
  return Fail("the answer's " + std::string(field) + " is not " + std::string(wanted));
}

Result<void> CheckObject(const json& value, std::string_view what) {
  if (value.is_object() || value.is_null()) return {};
  return Wrong(what, "an object");
}

Result<std::string> Text(const json& value, std::string_view field) {
  if (value.is_null()) return "";
  if (!value.is_string()) return Wrong(field, "a string");
  return value.get<std::string>();
}

Result<std::int64_t> Number(const json& value, std::string_view field) {
  if (value.is_null()) return 0;
  const bool fits =
      value.is_number_integer() &&
      (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (!fits) return Wrong(field, "a whole number");
  return value.get<std::int64_t>();
}

Result<std::vector<std::string>> Texts(const json& list, std::string_view field) {
  if (!list.is_array()) return Wrong(field, "a list");
  std::vector<std::string> texts;
  texts.reserve(list.size());
  for (const json& value : list) {
    BERTH_ASSIGN(texts.emplace_back(), Text(value, field));
  }
  return texts;
}

Result<std::map<std::string, std::string>> TextMap(const json& map, std::string_view field) {
  BERTH_TRY(CheckObject(map, field));
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : map.items()) {
    BERTH_ASSIGN(texts[key], Text(value, field));
  }
  return texts;
}

// Of a NodeList: the objects as text.
Result<std::vector<std::string>> Items(const json& list) {
  BERTH_TRY(CheckObject(list, "Nodes"));
  const json& items = Field(list, "items");
  if (items.is_null()) return std::vector<std::string>();
  if (!items.is_array()) return Wrong("Nodes.items", "a list");
  std::vector<std::string> objects;
  objects.reserve(items.size());
  for (const json& item : items) {
    if (!item.is_object()) return Wrong("Nodes.items", "a list of objects");
    objects.push_back(item.dump(-1, ' ', false, json::error_handler_t::replace));
  }
  return objects;
}

Result<VictimsAnswer> VictimsOf(const json& value) {
  VictimsAnswer victims;
  BERTH_TRY(CheckObject(value, "NodeNameToMetaVictims"));
  BERTH_ASSIGN(victims.budgets_violated,
               Number(Field(value, "NumPDBViolations"), "NumPDBViolations"));
  const json& pods = Field(value, "Pods");
  if (pods.is_null()) return victims;
  if (!pods.is_array()) return Wrong("Pods", "a list");
  for (const json& pod : pods) {
    // Go has null for no pod at all, and passes over it.
    if (pod.is_null()) continue;
    BERTH_TRY(CheckObject(pod, "Pods"));
    BERTH_ASSIGN(victims.uids.emplace_back(), Text(Field(pod, "UID"), "UID"));
  }
  return victims;
}

}  // namespace

Result<FilterAnswer> ReadFilterAnswer(std::string_view text) {
  BERTH_ASSIGN(const json value, Parse(text));
  BERTH_TRY(CheckObject(value, "value"));
  FilterAnswer answer;
  if (const json& names = Field(value, "NodeNames"); !names.is_null()) {
    BERTH_ASSIGN(answer.node_names, Texts(names, "NodeNames"));
  }
  if (const json& nodes = Field(value, "Nodes"); !nodes.is_null()) {
    BERTH_ASSIGN(answer.nodes, Items(nodes));
  }
  BERTH_ASSIGN(answer.failed, TextMap(Field(value, "FailedNodes"), "FailedNodes"));
  BERTH_ASSIGN(answer.unresolvable,
               TextMap(Field(value, "FailedAndUnresolvableNodes"), "FailedAndUnresolvableNodes"));
  BERTH_ASSIGN(answer.error, Text(Field(value, "Error"), "Error"));
  return answer;
}

Result<std::vector<cycle::HostScore>> ReadScores(std::string_view text) {
  BERTH_ASSIGN(const json value, Parse(text));
  std::vector<cycle::HostScore> scores;
  if (value.is_null()) return scores;
  if (!value.is_array()) return Wrong("value", "a list");
  scores.reserve(value.size());
  for (const json& entry : value) {
    BERTH_TRY(CheckObject(entry, "entry"));
    cycle::HostScore& score = scores.emplace_back();
    BERTH_ASSIGN(score.host, Text(Field(entry, "Host"), "Host"));
    BERTH_ASSIGN(score.score, Number(Field(entry, "Score"), "Score"));
  }
  return scores;
}

Result<std::map<std::string, VictimsAnswer>> ReadVictims(std::string_view text) {
  BERTH_ASSIGN(const json value, Parse(text));
  BERTH_TRY(CheckObject(value, "value"));
  const json& by_node = Field(value, "NodeNameToMetaVictims");
  BERTH_TRY(CheckObject(by_node, "NodeNameToMetaVictims"));
  std::map<std::string, VictimsAnswer> victims;
  for (const auto& [node, on_node] : by_node.items()) {
    BERTH_ASSIGN(victims[node], VictimsOf(on_node));
  }
  return victims;
}

Result<std::string> ReadBindingAnswer(std::string_view text) {
  BERTH_ASSIGN(const json value, Parse(text));
  BERTH_TRY(CheckObject(value, "value"));
  return Text(Field(value, "Error"), "Error");
}

}  // namespace berth::extender
