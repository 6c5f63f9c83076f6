// Running programs that behave, and others.
#include "scheduler/kube/program.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/kube/temporary_folder.h"

namespace berth::kube {
namespace {

using namespace std::chrono_literals;

Program Shell(const std::string& script) { return {.command = "sh", .args = {"-c", script}}; }

std::string Problem(const Program& program) {
  const auto output = RunProgram(program, Interrupt());
  return output ? "none" : output.error().message();
}

TEST(RunProgram, TakesWhatItPrints) {
  EXPECT_EQ(RunProgram(Shell("printf 'a\\nb'; echo noise >&2"), Interrupt()), "a\nb");
  EXPECT_EQ(RunProgram(Shell("exit 0"), Interrupt()), "");
}

TEST(RunProgram, HandsOnArgumentsAndEnvironment) {
  Program program{.command = "sh", .args = {"-c", "echo \"$1 $COLOUR ${HOME:+home}\"", "x", "a b"}};
  program.env = {{"COLOUR", "blue"}};
  EXPECT_EQ(RunProgram(program, Interrupt()), "a b blue home\n");
}

TEST(RunProgram, GivesItNothingToRead) { EXPECT_EQ(RunProgram(Shell("cat"), Interrupt()), ""); }

TEST(RunProgram, SaysHowItFailed) {
  EXPECT_EQ(Problem(Shell("echo no login >&2; exit 3")), "ended with status 3: no login");
  EXPECT_EQ(Problem(Shell("kill -9 $$")), "was ended by signal 9");
  EXPECT_EQ(Problem({.command = "no-such-program-anywhere"}), "No such file or directory");
}

TEST(RunProgram, EndsOneThatTakesTooLong) {
  Program program = Shell("sleep 1000 & sleep 1000");
  program.timeout = 20ms;
  EXPECT_EQ(Problem(program), "did not end within 20 ms");
}

TEST(RunProgram, EndsOneThatHasClosedItsOutputAndGoesOn) {
  Program program = Shell("exec >&- 2>&-; sleep 1000");
  program.timeout = 20ms;
  EXPECT_EQ(Problem(program), "did not end within 20 ms");
}

TEST(RunProgram, EndsOneThatPrintsTooMuch) {
  Program program = Shell("while :; do echo aaaaaaaaaaaaaaaa; done");
  program.max_output = 1000;
  EXPECT_EQ(Problem(program), "printed more than 1000 bytes");
}

TEST(RunProgram, EndsOneThatIsInterrupted) {
  const Interrupt interrupt;
  std::thread other([&] { interrupt.Trigger(); });
  EXPECT_EQ(RunProgram(Shell("sleep 1000"), interrupt).error().message(), "was interrupted");
  other.join();
}

}  // namespace
}  // namespace berth::kube
