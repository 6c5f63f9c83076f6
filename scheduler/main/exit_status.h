// The exit statuses of `berth`, one meaning each.
#pragma once

namespace berth::main {

enum ExitStatus : int {
  kSuccess = 0,
  kFailure = 1,       // anything that is neither of the others: no space left, a bug
  kBadInput = 2,      // wrong flags, or a file that cannot be used
  kInterrupted = 130  // Ctrl-C, as shells report it
};

}  // namespace berth::main
