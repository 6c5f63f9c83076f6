// Extenders of the configuration over HTTP: the protocol that kube-scheduler speaks with them.
#pragma once

#include <span>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"
#include "scheduler/cycle/extender.h"
#include "scheduler/extender/object_texts.h"

namespace berth::extender {

// One for each, in the order in which they are asked: in that of the configuration, but those that
// may be ignored last. A thread and kept connections each; proxies as the environment says. An
// answer other than 200 is a failure and is not asked for again; of an answer at most 256 MiB are
// read.
//
// The texts and the clock outlive them. The end of an extender gives bindings that are under way an
// error. Fails, naming the extender, on an address or certificates that cannot be used.
base::Result<cycle::Extenders> MakeExtenders(std::span<const config::Extender> configured,
                                             const ObjectTexts& texts, const base::Clock& clock);

}  // namespace berth::extender
