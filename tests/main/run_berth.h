// Runs the built `berth` as a process of its own.
#pragma once

#include <string>
#include <vector>

namespace berth::main {

struct Outcome {
  int status = -1;  // exit status, or 128 + signal
  std::string out;
  std::string err;
};

// With these arguments and this text on standard input; waits for the end. Fails the test and
// returns status -1 when the program cannot be started.
Outcome RunBerth(std::vector<std::string> arguments, const std::string& input = "");

}  // namespace berth::main
