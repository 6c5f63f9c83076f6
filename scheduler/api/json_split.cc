#include "scheduler/api/json_split.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <optional>

namespace berth::api {
namespace {

using base::Fail;
using base::Result;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The characters that matter outside of strings.
constexpr auto kStructural = [] {
  std::array<bool, 256> table{};
  for (const char c : {'"', '{', '}', '[', ']'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

class Splitter {
 public:
  explicit Splitter(std::string_view text) : begin_(text.data()), end_(begin_ + text.size()) {}

  Result<std::vector<JsonDocument>> Run() {
    for (at_ = begin_; SkipSpace();) {
      if (*at_ != '{') return FailHere("expected a JSON object");
      documents_.emplace_back();
      BERTH_TRY(Document());
    }
    return std::move(documents_);
  }

 private:
  // Depth of members of the top object, of elements of its items, and of members of those.
  static constexpr std::size_t kTopMembers = 1;
  static constexpr std::size_t kElements = 2;
  static constexpr std::size_t kElementMembers = 3;

  // Walks one top-level object and stands behind it at the end.
  Result<void> Document() {
    const char* start = at_;
    in_items_ = false;
    do {
      if (in_items_ && depth_ == kElements) BERTH_TRY(BetweenElements());
      at_ = std::find_if(at_, end_,
                         [](char c) { return kStructural[static_cast<unsigned char>(c)]; });
      if (at_ == end_) return FailAtEnd();
      if (*at_ == '"') {
        BERTH_TRY(String());
      } else if (*at_ == '{' || *at_ == '[') {
        BERTH_TRY(Open());
      } else {
        BERTH_TRY(Close());
      }
    } while (depth_ > 0);
    documents_.back().object.text = std::string_view(start, static_cast<std::size_t>(at_ - start));
    return {};
  }

  // Stops at the next element of items or at the bracket that closes them.
  Result<void> BetweenElements() {
    const bool first = documents_.back().items.empty();
    if (!SkipSpace()) return FailAtEnd();
    if (*at_ == ']') return {};
    if (!first) {
      if (*at_ != ',') return FailHere("expected , or ] in items");
      ++at_;
      if (!SkipSpace()) return FailAtEnd();
    }
    return *at_ == '{' ? Result<void>() : FailHere("expected an object in items");
  }

  Result<void> Open() {
    const bool object = *at_ == '{';
    if (depth_ == kMaxJsonDepth) return FailHere("JSON is nested too deeply");
    if (depth_ == kElements && in_items_) {
      documents_.back().items.emplace_back();
      element_ = at_;
    }
    is_object_[depth_++] = object;
    ++at_;
    return {};
  }

  Result<void> Close() {
    if (is_object_[depth_ - 1] != (*at_ == '}')) return FailHere("JSON brackets do not match");
    --depth_;
    ++at_;
    if (!in_items_) return {};
    if (depth_ == kElements) {
      documents_.back().items.back().text =
          std::string_view(element_, static_cast<std::size_t>(at_ - element_));
    } else if (depth_ == kTopMembers) {
      in_items_ = false;
    }
    return {};
  }

  // A string, and if it is a key that matters, what stands behind its colon.
  Result<void> String() {
    const auto text = TakeString();
    if (!text) return FailAtEnd();
    const bool top = depth_ == kTopMembers;
    if (!top && !(depth_ == kElementMembers && in_items_)) return {};
    const bool kind = *text == "kind";
    if (!kind && *text != "apiVersion" && !(top && *text == "items")) return {};
    if (!is_object_[depth_ - 1] || !SkipSpace() || *at_ != ':') return {};
    ++at_;
    if (!SkipSpace()) return FailAtEnd();
    if (*text == "items") return OpenItems();
    if (*at_ != '"') return {};
    const auto value = TakeString();
    if (!value) return FailAtEnd();
    JsonSpan& span = top ? documents_.back().object : documents_.back().items.back();
    (kind ? span.kind : span.api_version) = *value;
    return {};
  }

  Result<void> OpenItems() {
    if (*at_ != '[') return {};
    documents_.back().has_items = true;
    documents_.back().items.clear();  // of two members of one name the last one counts
    in_items_ = true;
    is_object_[depth_++] = false;
    ++at_;
    return {};
  }

  // From a quote to behind the one that closes; nullopt when the text ends before.
  std::optional<std::string_view> TakeString() {
    const char* start = ++at_;
    while (at_ < end_) {
      at_ = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
      if (at_ == nullptr) break;
      const char* before = at_;
      while (before > start && before[-1] == '\\') --before;
      ++at_;
      if ((at_ - before) % 2 == 1) {
        return std::string_view(start, static_cast<std::size_t>(at_ - 1 - start));
      }
    }
    at_ = end_;
    return std::nullopt;
  }

  bool SkipSpace() {
    while (at_ < end_ && IsSpace(*at_)) ++at_;
    return at_ < end_;
  }

  std::unexpected<base::Error> FailHere(std::string_view what) const {
    const std::string_view text(begin_, static_cast<std::size_t>(end_ - begin_));
    const auto offset = static_cast<std::size_t>(at_ - begin_);
    return Fail(LineAndColumn(text, offset) + ": " + std::string(what));
  }
  std::unexpected<base::Error> FailAtEnd() {
    at_ = end_;
    return FailHere("the JSON text ends too early");
  }

  const char* begin_;
  const char* end_;
  const char* at_ = nullptr;
  const char* element_ = nullptr;  // where the element of items that is open starts
  std::size_t depth_ = 0;
  std::bitset<kMaxJsonDepth> is_object_;
  bool in_items_ = false;
  std::vector<JsonDocument> documents_;
};

}  // namespace

Result<std::vector<JsonDocument>> SplitJson(std::string_view text) { return Splitter(text).Run(); }

std::string LineAndColumn(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? offset + 1 : offset - newline;
  return "line " + std::to_string(line) + " column " + std::to_string(column);
}

}  // namespace berth::api
