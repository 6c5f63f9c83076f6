#include "scheduler/config/yaml_writer.h"

#include <array>
#include <charconv>

#include "scheduler/config/yaml_scalar.h"

namespace berth::config {

void YamlWriter::Set(std::string_view key, std::string_view text) { Plain(key, YamlString(text)); }

void YamlWriter::Set(std::string_view key, float value) {
  std::array<char, 64> buffer;
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  Plain(key, std::string_view(buffer.data(), end));
}

void YamlWriter::Open(std::string_view key) {
  Indent();
  text_.append(YamlString(key)).append(":\n");
  indent_ += 2;
}

void YamlWriter::BeginItem() {
  indent_ += 2;
  at_item_ = true;
}

void YamlWriter::Item(std::string_view text) {
  Indent();
  text_.append("- ").append(YamlString(text)).append("\n");
}

void YamlWriter::Comment(std::string_view text) {
  Indent();
  text_.append("# ").append(text).append("\n");
}

void YamlWriter::Plain(std::string_view key, std::string_view scalar) {
  Indent();
  text_.append(YamlString(key)).append(": ").append(scalar).append("\n");
}

void YamlWriter::Indent() {
  if (!at_item_) {
    text_.append(indent_, ' ');
    return;
  }
  text_.append(indent_ - 2, ' ').append("- ");
  at_item_ = false;
}

}  // namespace berth::config
