// Runs the vector kernels on each instruction set of this machine in turn.
#pragma once

#include <functional>

namespace berth::support {

// Calls body once an instruction set that the kernels are compiled for and that the CPU has (with a
// SCOPED_TRACE that names it), then goes back to the best one. Not while kernels run on another
// thread.
void OnEverySimdTarget(const std::function<void()>& body);

}  // namespace berth::support
