// Helpers for declaring flags.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/base/log.h"
#include "scheduler/config/feature_gates.h"

namespace berth::main {

// The words that a flag takes, as "auto|kubernetes|openb".
std::string JoinWords(const std::vector<std::string>& words);

// Fails the parsing with "NAME: must be one of ..., not "text"".
[[noreturn]] void RefuseWord(const std::string& name, const std::vector<std::string>& words,
                             const std::string& text);

// A flag that takes one of a few words; what `out` holds is printed as the default.
template <typename T>
CLI::Option* AddChoice(CLI::App& app, const std::string& name,
                       std::vector<std::pair<std::string, T>> choices, T& out,
                       const std::string& help) {
  std::vector<std::string> words;
  std::string fallback;
  for (const auto& [word, value] : choices) {
    words.push_back(word);
    if (value == out) fallback = word;
  }
  const auto read = [name, words, choices = std::move(choices), &out](const std::string& text) {
    for (const auto& [word, value] : choices) {
      if (word != text) continue;
      out = value;
      return;
    }
    RefuseWord(name, words, text);
  };
  return app.add_option_function<std::string>(name, read, help)
      ->type_name(JoinWords(words))
      ->default_str(fallback);
}

// A flag that takes an integer in [low, high].
CLI::Option* AddNumber(CLI::App& app, const std::string& name, std::uint64_t low,
                       std::uint64_t high, std::function<void(std::uint64_t)> store,
                       const std::string& help);

// A flag that takes the number of a port, or 0.
CLI::Option* AddPort(CLI::App& app, const std::string& name, std::uint16_t& out,
                     const std::string& help);

// -v and --logging-format.
void AddLogFlags(CLI::App& app, base::log::Options& log);

// --feature-gates Name=true,Other=false.
void AddFeatureGates(CLI::App& app, config::GateSettings& out);

}  // namespace berth::main
