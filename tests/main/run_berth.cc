#include "tests/main/run_berth.h"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace berth::main {
namespace {

// An unnamed file: unlike a pipe it takes any amount without a second thread.
class Scratch {
 public:
  Scratch() : file_(std::tmpfile()) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::fclose(file_); }

  int descriptor() const { return fileno(file_); }

  void Write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), file_);
    std::fflush(file_);
    (void)std::fseek(file_, 0, SEEK_SET);
  }

  std::string Read() {
    (void)std::fseek(file_, 0, SEEK_SET);
    std::string text;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) text += static_cast<char>(c);
    return text;
  }

 private:
  std::FILE* file_;
};

int WaitFor(pid_t process) {
  int status = 0;
  if (waitpid(process, &status, 0) != process) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Outcome RunBerth(std::vector<std::string> arguments, const std::string& input) {
  arguments.insert(arguments.begin(), BERTH_PROGRAM);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  Scratch in;
  Scratch out;
  Scratch err;
  in.Write(input);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.descriptor(), STDERR_FILENO);
  pid_t process = 0;
  const int error = posix_spawn(&process, BERTH_PROGRAM, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    ADD_FAILURE() << "cannot start " << BERTH_PROGRAM;
    return {};
  }
  Outcome outcome;
  outcome.status = WaitFor(process);
  outcome.out = out.Read();
  outcome.err = err.Read();
  return outcome;
}

}  // namespace berth::main
