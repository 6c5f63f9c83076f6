#include "tests/fuzz/extender_entries.h"

#include <nlohmann/json.hpp>

#include "scheduler/base/check.h"
#include "scheduler/extender/answers.h"

namespace berth::fuzz {
namespace {

template <typename T>
void CheckMessage(const base::Result<T>& answer) {
  if (!answer) BERTH_CHECK(answer.error().message().starts_with("the answer"));
}

}  // namespace

void TryExtenderAnswers(std::string_view bytes) {
  const auto filtered = extender::ReadFilterAnswer(bytes);
  CheckMessage(filtered);
  if (filtered && filtered->nodes) {
    for (const std::string& node : *filtered->nodes) BERTH_CHECK(nlohmann::json::accept(node));
  }
  CheckMessage(extender::ReadScores(bytes));
  CheckMessage(extender::ReadVictims(bytes));
  CheckMessage(extender::ReadBindingAnswer(bytes));
}

}  // namespace berth::fuzz
