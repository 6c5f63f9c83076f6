#include "scheduler/api/yaml_to_json.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <cstdint>
#include <istream>
#include <streambuf>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/api/json_split.h"
#include "scheduler/api/json_value.h"
#include "scheduler/api/yaml_scalar.h"

namespace berth::api {
namespace {

using base::Fail;
using base::Result;

constexpr std::string_view kMergeKeyText = "<<";

// Thrown through yaml-cpp, whose handlers have no other way to stop it; caught in YamlToJson.
struct Refused {
  std::string reason;
};

std::string At(const YAML::Mark& mark) {
  return "line " + std::to_string(mark.line + 1) + " column " + std::to_string(mark.column + 1);
}

// Reads from a text without copying it.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // a get area is only read
    setg(begin, begin, begin + text.size());
  }
};

struct YamlNode {
  enum class Kind : std::uint8_t { kToken, kString, kMergeKey, kList, kMapping };
  Kind kind = Kind::kToken;
  std::string text;                     // of scalars: a JSON token, or a string without quotes
  std::vector<std::uint32_t> children;  // of mappings: keys and values by turns
};

// One document, with aliases pointing at the nodes they stand for.
class DocumentBuilder : public YAML::EventHandler {
 public:
  explicit DocumentBuilder(std::size_t max_nodes) : max_nodes_(max_nodes) {}

  const std::vector<YamlNode>& nodes() const { return nodes_; }
  bool empty() const { return nodes_.empty(); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // Before a token that cannot start a document the parser sees one empty document after another.
    if (mark.pos == start_) throw Refused{At(mark) + ": unexpected character"};
    start_ = mark.pos;
    nodes_.clear();
    open_.clear();
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    AddNode(mark, anchor, YamlNode::Kind::kToken).text = "null";
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) throw Refused{At(mark) + ": unknown alias"};
    AddChild(target->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode& node = AddNode(mark, anchor, YamlNode::Kind::kString);
    auto token = IsTyped(tag) ? PlainScalarToJson(value) : std::nullopt;
    if (token) {
      node.kind = YamlNode::Kind::kToken;
      node.text = *std::move(token);
      return;
    }
    if (tag == "?" && value == kMergeKeyText) node.kind = YamlNode::Kind::kMergeKey;
    node.text = value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    AddNode(mark, anchor, YamlNode::Kind::kList);
    Open(mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    AddNode(mark, anchor, YamlNode::Kind::kMapping);
    Open(mark);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  // Plain scalars ("?") and those that a tag calls a number, a boolean or null.
  static bool IsTyped(const std::string& tag) {
    return tag == "?" || tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:float" ||
           tag == "tag:yaml.org,2002:bool" || tag == "tag:yaml.org,2002:null";
  }

  YamlNode& AddNode(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (nodes_.size() >= max_nodes_) throw Refused{At(mark) + ": the document is too large"};
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back().kind = kind;
    AddChild(index);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = index;
    return nodes_.back();
  }
  void AddChild(std::uint32_t index) {
    if (!open_.empty()) nodes_[open_.back()].children.push_back(index);
  }
  void Open(const YAML::Mark& mark) {
    if (open_.size() >= kMaxJsonDepth) throw Refused{At(mark) + ": YAML is nested too deeply"};
    open_.push_back(static_cast<std::uint32_t>(nodes_.size() - 1));
  }

  std::size_t max_nodes_;
  int start_ = -1;                   // where the document starts
  std::vector<YamlNode> nodes_;      // the first one is the root
  std::vector<std::uint32_t> open_;  // lists and mappings that have not ended
  std::unordered_map<YAML::anchor_t, std::uint32_t> anchors_;
};

// Writes one document as one line of JSON.
class JsonWriter {
 public:
  JsonWriter(const std::vector<YamlNode>& nodes, std::size_t max_bytes, PaddedText& out)
      : nodes_(nodes), max_bytes_(out.size() + max_bytes), out_(out) {}

  void Write() {
    WriteNode(nodes_[0], 0);
    out_.Append("\n");
  }

 private:
  void WriteNode(const YamlNode& node, std::size_t depth) {
    CheckBudget(depth);
    switch (node.kind) {
      case YamlNode::Kind::kToken:
        out_.Append(node.text);
        break;
      case YamlNode::Kind::kString:
      case YamlNode::Kind::kMergeKey:
        WriteString(node.text);
        break;
      case YamlNode::Kind::kList:
        WriteList(node, depth);
        break;
      case YamlNode::Kind::kMapping:
        out_.Append("{");
        first_ = true;
        WriteMembers(node, depth);
        out_.Append("}");
        first_ = false;
        break;
    }
  }

  // Aliases can nest what is not nested in the text, even in itself, and merge keys can go through
  // ever so many mappings without writing a byte.
  void CheckBudget(std::size_t depth) {
    if (depth > kMaxJsonDepth) throw Refused{"YAML aliases are nested too deeply"};
    if (out_.size() > max_bytes_ || ++steps_ > max_bytes_) {
      throw Refused{"YAML aliases stand for too much text"};
    }
  }

  void WriteList(const YamlNode& node, std::size_t depth) {
    out_.Append("[");
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) out_.Append(",");
      WriteNode(nodes_[node.children[i]], depth + 1);
    }
    out_.Append("]");
  }

  // What is merged goes first: of two members of one name the last one counts, and a mapping's own
  // members win over merged ones.
  void WriteMembers(const YamlNode& node, std::size_t depth) {
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      if (nodes_[node.children[i]].kind == YamlNode::Kind::kMergeKey) {
        WriteMerged(nodes_[node.children[i + 1]], depth + 1);
      }
    }
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const YamlNode& key = nodes_[node.children[i]];
      if (key.kind == YamlNode::Kind::kMergeKey) continue;
      if (!first_) out_.Append(",");
      WriteKey(key);
      WriteNode(nodes_[node.children[i + 1]], depth + 1);
      first_ = false;
    }
  }

  // A mapping, or a list of mappings of which the first one counts.
  void WriteMerged(const YamlNode& node, std::size_t depth) {
    CheckBudget(depth);
    if (node.kind == YamlNode::Kind::kMapping) {
      WriteMembers(node, depth);
    } else if (node.kind == YamlNode::Kind::kList) {
      for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) {
        WriteMerged(nodes_[*child], depth + 1);
      }
    } else {
      throw Refused{"a merge key (<<) needs a mapping"};
    }
  }

  void WriteKey(const YamlNode& key) {
    if (key.kind == YamlNode::Kind::kList || key.kind == YamlNode::Kind::kMapping) {
      throw Refused{"a key of a mapping is not a scalar"};
    }
    WriteString(key.text);
    out_.Append(":");
  }

  void WriteString(std::string_view text) {
    out_.Append("\"");
    while (!text.empty()) {
      const std::size_t plain = PlainLength(text);
      out_.Append(text.substr(0, plain));
      text.remove_prefix(plain);
      if (text.empty()) break;
      WriteEscape(text[0]);
      text.remove_prefix(1);
    }
    out_.Append("\"");
  }

  static std::size_t PlainLength(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && text[length] != '"' && text[length] != '\\' &&
           static_cast<unsigned char>(text[length]) >= 0x20) {
      ++length;
    }
    return length;
  }

  void WriteEscape(char c) {
    static constexpr char kHex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
      const char escape[] = {'\\', c};
      out_.Append({escape, sizeof escape});
      return;
    }
    const auto byte = static_cast<unsigned char>(c);
    const char escape[] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    out_.Append({escape, sizeof escape});
  }

  const std::vector<YamlNode>& nodes_;
  std::size_t max_bytes_;
  std::size_t steps_ = 0;  // nodes visited; each that writes something writes a byte at least
  PaddedText& out_;
  bool first_ = true;  // no member of the mapping being written has been written
};

Result<void> CheckSizes(std::string_view yaml, const YamlLimits& limits) {
  if (yaml.size() > limits.text_bytes) {
    return Fail("YAML of more than " + std::to_string(limits.text_bytes >> 20) +
                " MiB is refused: use JSON (kubectl get -o json)");
  }
  std::size_t line = 1;
  for (std::size_t start = 0; start < yaml.size(); ++line) {
    const std::size_t end = std::min(yaml.find('\n', start), yaml.size());
    if (end - start > limits.line_bytes) {
      return Fail("line " + std::to_string(line) + ": a line of YAML of more than " +
                  std::to_string(limits.line_bytes >> 20) + " MiB is refused: use JSON");
    }
    start = end + 1;
  }
  return {};
}

void Convert(std::string_view yaml, const YamlLimits& limits, PaddedText& json) {
  // What the text itself can come to: every byte an escape of six.
  const std::size_t max_bytes = 6 * yaml.size() + limits.alias_bytes;
  TextBuffer buffer(yaml);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  DocumentBuilder document(limits.nodes);
  for (std::size_t number = 1; parser.HandleNextDocument(document); ++number) {
    if (document.empty()) continue;
    const YamlNode& root = document.nodes()[0];
    if (root.kind == YamlNode::Kind::kToken && root.text == "null") continue;
    if (root.kind != YamlNode::Kind::kMapping) {
      throw Refused{"document " + std::to_string(number) + ": expected a Kubernetes object"};
    }
    JsonWriter(document.nodes(), max_bytes, json).Write();
  }
}

}  // namespace

Result<PaddedText> YamlToJson(std::string_view yaml, const YamlLimits& limits) {
  BERTH_TRY(CheckSizes(yaml, limits));
  PaddedText json;
  try {
    Convert(yaml, limits, json);
  } catch (const Refused& refused) {
    return Fail(refused.reason);
  } catch (const YAML::Exception& error) {
    return Fail(At(error.mark) + ": " + error.msg);
  } catch (const std::exception& error) {
    return Fail(std::string("cannot read YAML: ") + error.what());
  }
  // Neither the parser nor its escapes care.
  if (!IsUtf8(json.view())) return Fail("the text is not UTF-8");
  return json;
}

}  // namespace berth::api
