#include "tests/fuzz/webhook_entries.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "scheduler/api/padded_text.h"
#include "scheduler/base/check.h"
#include "scheduler/webhook/answers.h"
#include "scheduler/webhook/requests.h"

namespace berth::fuzz {
namespace {

using nlohmann::json;

bool IsIn(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// Names as a parser finds them, where it agrees that they are an array of strings.
void CompareNames(std::string_view array, const webhook::Names& names) {
  const json parsed = json::parse(array, nullptr, false);
  if (!parsed.is_array()) return;
  BERTH_CHECK(parsed.size() == names.all.size());
  for (std::size_t i = 0; i < names.all.size(); ++i) {
    BERTH_CHECK(parsed[i].is_null() ? names.all[i].empty() : parsed[i] == names.all[i]);
  }
}

void TryNames(std::string_view array, api::JsonParser& parser) {
  const api::PaddedText text(array);
  const auto names = webhook::ReadNames(text.view(), parser);
  if (!names) return;
  CompareNames(array, *names);
  webhook::FailedNodes failed;
  for (const std::string_view name : names->all) failed.emplace_back(name, name);
  BERTH_CHECK(json::accept(webhook::FilterResultText({.failed = failed})));
}

void TryArgs(std::string_view text, api::JsonParser& parser) {
  const auto args = webhook::ReadExtenderArgs(text, parser);
  if (!args) {
    BERTH_CHECK(!args.error().message().empty());
    return;
  }
  BERTH_CHECK(IsIn(args->pod, text) && args->pod.starts_with('{'));
  if (args->nodes) {
    for (const std::string_view node : *args->nodes) {
      BERTH_CHECK(IsIn(node, text) && node.starts_with('{'));
    }
  }
  if (args->node_names) TryNames(*args->node_names, parser);
}

}  // namespace

void TryWebhook(std::string_view bytes) {
  const api::PaddedText text(bytes);
  api::JsonParser parser;
  TryArgs(text.view(), parser);
  if (auto args = webhook::ReadPreemptionArgs(text.view(), parser)) {
    BERTH_CHECK(json::accept(webhook::PreemptionResultText(args->victims)));
  }
  if (const auto args = webhook::ReadBindingArgs(text.view(), parser)) {
    BERTH_CHECK(json::accept(webhook::BindingResultText(args->node)));
  }
}

}  // namespace berth::fuzz
