// Writing to standard output so that a full disk or a closed pipe is noticed.
#pragma once

#include <string_view>

namespace berth::main {

// Writes and flushes. True when all of it went out; else says so on standard error.
bool WriteOut(std::string_view text);

// "berth: MESSAGE" on standard error.
void PrintError(std::string_view message);

}  // namespace berth::main
