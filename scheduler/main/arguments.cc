#include "scheduler/main/arguments.h"

#include <charconv>
#include <limits>

namespace berth::main {

std::string JoinWords(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : "|") + word;
  return joined;
}

void RefuseWord(const std::string& name, const std::vector<std::string>& words,
                const std::string& text) {
  throw CLI::ValidationError(name, "must be " + JoinWords(words) + ", not \"" + text + "\"");
}

CLI::Option* AddNumber(CLI::App& app, const std::string& name, std::uint64_t low,
                       std::uint64_t high, std::function<void(std::uint64_t)> store,
                       const std::string& help) {
  const auto read = [=, store = std::move(store)](const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || value < low || value > high) {
      throw CLI::ValidationError(name, "must be an integer from " + std::to_string(low) + " to " +
                                           std::to_string(high) + ", not \"" + text + "\"");
    }
    store(value);
  };
  return app.add_option_function<std::string>(name, read, help)->type_name("N");
}

CLI::Option* AddPort(CLI::App& app, const std::string& name, std::uint16_t& out,
                     const std::string& help) {
  const auto store = [&out](std::uint64_t port) { out = static_cast<std::uint16_t>(port); };
  return AddNumber(app, name, 0, std::numeric_limits<std::uint16_t>::max(), store, help);
}

void AddLogFlags(CLI::App& app, base::log::Options& log) {
  // Named as klog has them; above 10 there is nothing more to say.
  constexpr std::uint64_t kMaxVerbosity = 10;
  AddNumber(
      app, "-v,--v", 0, kMaxVerbosity,
      [&log](std::uint64_t verbosity) { log.verbosity = static_cast<int>(verbosity); },
      "How much to log");
  AddChoice(app, "--logging-format",
            {{"text", base::log::Format::kText}, {"json", base::log::Format::kJson}}, log.format,
            "The form of the log");
}

void AddFeatureGates(CLI::App& app, config::GateSettings& out) {
  const std::string name = "--feature-gates";
  const auto read = [name, &out](const std::string& text) {
    auto gates = config::ParseGates(text);
    if (!gates) throw CLI::ValidationError(name, gates.error().message());
    out = *std::move(gates);
  };
  app.add_option_function<std::string>(
         name, read, "Kubernetes feature gates; they go before those of the configuration")
      ->type_name("NAME=BOOL,...")
      ->join(',');
}

}  // namespace berth::main
