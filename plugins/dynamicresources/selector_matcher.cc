#include "plugins/dynamicresources/selector_matcher.h"

#include <utility>

#include "scheduler/cel/describe_device.h"

namespace berth::plugins::dra {

SelectorMatcher::SelectorMatcher(const api::DeviceClass& device_class,
                                 const api::DeviceRequest& request, cluster::Devices& devices) {
  const auto add = [&](const std::vector<std::string>& expressions, bool of_class) {
    std::size_t index = 0;
    for (const auto& expression : expressions) {
      selectors_.push_back(
          {expression, of_class, index++, devices.AnswersOf(expression), std::nullopt});
    }
  };
  add(device_class.selectors, true);
  add(request.selectors, false);
}

SelectorMatcher::Verdict SelectorMatcher::Match(const std::string& driver,
                                                const cluster::SliceDevice& device) {
  // What the node cannot use is looked at all the same, as kube-scheduler does: it may fail.
  const Verdict reached = device.reached ? Verdict::kYes : Verdict::kNo;
  if (selectors_.empty()) return reached;
  const Verdict verdict = Evaluate(driver, device);
  return verdict == Verdict::kYes ? reached : verdict;
}

SelectorMatcher::Verdict SelectorMatcher::Evaluate(const std::string& driver,
                                                   const cluster::SliceDevice& device) {
  using cluster::SelectorAnswer;
  std::optional<cel::Value> value;  // described once some selector has to look
  for (Selector& selector : selectors_) {
    auto& answers = *selector.answers;
    if (device.content >= answers.size()) answers.resize(device.content + std::size_t{1});
    SelectorAnswer& answer = answers[device.content];
    if (answer == SelectorAnswer::kUnknown) {
      if (!value) value = cel::Describe(driver, *device.device);
      const Verdict verdict = Evaluate(selector, *value);
      if (verdict == Verdict::kFailed) return verdict;
      answer = verdict == Verdict::kYes ? SelectorAnswer::kYes : SelectorAnswer::kNo;
    }
    if (answer == SelectorAnswer::kNo) return Verdict::kNo;
  }
  return Verdict::kYes;
}

SelectorMatcher::Verdict SelectorMatcher::Evaluate(Selector& selector, const cel::Value& device) {
  if (!selector.compiled) {
    selector.compiled.emplace(cel::DeviceSelector::Compile(selector.expression));
  }
  const auto& compiled = *selector.compiled;
  if (!compiled) return Fail(selector, "CEL compile error: " + compiled.error().message());
  const auto matches = compiled->Matches(device);
  if (!matches) return Fail(selector, "CEL runtime error: " + matches.error().message());
  return *matches ? Verdict::kYes : Verdict::kNo;
}

SelectorMatcher::Verdict SelectorMatcher::Fail(const Selector& selector, const std::string& what) {
  failure_ = {selector.of_class, "selector #" + std::to_string(selector.index) + ": " + what};
  return Verdict::kFailed;
}

}  // namespace berth::plugins::dra
