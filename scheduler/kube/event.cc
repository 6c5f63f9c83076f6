#include "scheduler/kube/event.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "scheduler/kube/event_uuid.h"

namespace berth::kube {
namespace {

constexpr std::size_t kMostOfNote = 1024;
constexpr std::size_t kMostOfName = 253;
constexpr std::string_view kMore = " ...";

bool IsLowerAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsDnsLabel(std::string_view label) {
  if (label.empty() || !IsLowerAlphanumeric(label.front()) || !IsLowerAlphanumeric(label.back())) {
    return false;
  }
  return std::ranges::all_of(label, [](char c) { return IsLowerAlphanumeric(c) || c == '-'; });
}

bool IsDnsSubdomain(std::string_view name) {
  if (name.size() > kMostOfName) return false;
  while (true) {
    const auto dot = name.find('.');
    if (!IsDnsLabel(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

void AppendKey(std::string& key, const EventRegarding& object) {
  for (const std::string* part : {&object.kind, &object.namespace_name, &object.name, &object.uid,
                                  &object.resource_version, &object.api_version}) {
    key.append(*part).push_back('\0');
  }
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::string_view NamespaceOf(const Event& event) {
  const std::string& name = event.regarding.namespace_name;
  return name.empty() ? std::string_view("default") : std::string_view(name);
}

std::string SeriesKey(const Event& event) {
  std::string key(event.core_only ? "core" : "");
  for (const std::string_view part :
       {event.type, std::string_view(event.action), std::string_view(event.reason),
        std::string_view(event.controller)}) {
    key.append(1, '\0').append(part);
  }
  key.push_back('\0');
  AppendKey(key, event.regarding);
  if (event.related) AppendKey(key, *event.related);
  return key;
}

std::string EventName(std::string_view object, std::int64_t nanoseconds, base::Random& random) {
  std::array<char, 17> digits{};
  const auto end =
      std::to_chars(digits.begin(), digits.end(), static_cast<std::uint64_t>(nanoseconds), 16).ptr;
  std::string name(object);
  name.append(1, '.').append(digits.begin(), end);
  return IsDnsSubdomain(name) ? name : RandomUuid(random);
}

std::string TruncatedNote(std::string note) {
  if (note.size() <= kMostOfNote) return note;
  std::size_t end = kMostOfNote - kMore.size();
  while (end > 0 && IsContinuation(note[end])) --end;
  note.resize(end);
  return note.append(kMore);
}

}  // namespace berth::kube
