// Which strings are names to Kubernetes. Pure functions.
#pragma once

#include <string_view>

namespace berth::config {

// A label key: an optional DNS subdomain and '/', then at most 63 of [A-Za-z0-9._-], beginning and
// ending with a letter or a digit.
bool IsQualifiedName(std::string_view name);

// A resource outside Kubernetes' own: with a domain that is not kubernetes.io, not "requests.".
bool IsExtendedResourceName(std::string_view name);

// A plugin that is not built in: a letter, then letters, digits, '-', '_' or '.', at most 63.
bool IsPluginName(std::string_view name);

}  // namespace berth::config
