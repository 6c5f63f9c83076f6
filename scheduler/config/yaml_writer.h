// Writes YAML in block style, in the order of the calls.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth::config {

// A map is a sequence of Set() and Open() ... Close(); an item of a list is BeginItem() ...
// EndItem() around one of those, or Item(). Nothing is checked: the caller writes a valid document.
class YamlWriter {
 public:
  void Set(std::string_view key, std::string_view text);
  // Without this a literal would become a bool.
  void Set(std::string_view key, const char* text) { Set(key, std::string_view(text)); }
  void Set(std::string_view key, bool value) { Plain(key, value ? "true" : "false"); }
  void Set(std::string_view key, std::integral auto value) { Plain(key, std::to_string(value)); }
  void Set(std::string_view key, float value);
  // JSON on one line, which YAML reads as it is.
  void SetJson(std::string_view key, std::string_view json) { Plain(key, json); }
  void SetEmptyList(std::string_view key) { Plain(key, "[]"); }
  void SetEmptyMap(std::string_view key) { Plain(key, "{}"); }

  // A key whose map or list follows, until Close().
  void Open(std::string_view key);
  void Close() { indent_ -= 2; }

  // "- " before the first line of a map; its other lines are indented as deep.
  void BeginItem();
  void EndItem() { indent_ -= 2; }
  void Item(std::string_view text);

  void Comment(std::string_view text);

  const std::string& text() const { return text_; }

 private:
  void Plain(std::string_view key, std::string_view scalar);
  void Indent();

  std::string text_;
  std::size_t indent_ = 0;
  bool at_item_ = false;  // the next line begins a list item
};

}  // namespace berth::config
