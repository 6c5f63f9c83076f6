#include "scheduler/main/standard_output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace berth::main {

bool WriteOut(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return true;
  PrintError(std::string("standard output: ") + std::strerror(errno));
  return false;
}

void PrintError(std::string_view message) {
  std::fprintf(stderr, "berth: %.*s\n", static_cast<int>(message.size()), message.data());
}

}  // namespace berth::main
