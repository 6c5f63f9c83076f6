// Runs a program and takes what it prints.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/base/result.h"

namespace berth::kube {

// Initialised, so that g++ lets those who name some fields leave out others.
// NOLINTBEGIN(readability-redundant-member-init)

struct Program {
  std::string command = {};  // looked up in PATH unless there is a '/' in it
  std::vector<std::string> args = {};
  std::vector<std::pair<std::string, std::string>> env = {};  // beside ours, and before it
  std::chrono::milliseconds timeout{60'000};
  std::size_t max_output = std::size_t{1} << 20;
};
// NOLINTEND(readability-redundant-member-init)

// Ends a program that is running, from another thread.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void Trigger() const;  // for good
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// Its standard output once it has ended with status 0. Its standard input is empty; of standard
// error, the end becomes part of the error. A program that takes too long, prints too much or is
// interrupted is killed with what it has started.
base::Result<std::string> RunProgram(const Program& program, const Interrupt& interrupt);

}  // namespace berth::kube
