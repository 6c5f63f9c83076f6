// Ctrl-C in the middle of a simulation, from outside.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>

namespace berth::main {
namespace {

// So many pods that their decisions fit neither the buffer of the writer nor a pipe.
std::string ManyPods() {
  std::string text = R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"},)"
                     R"("status":{"allocatable":{"cpu":"2","memory":"4Gi","pods":"10"}}})";
  for (int i = 0; i < 20'000; ++i) {
    text += R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p)" + std::to_string(i) +
            R"(","namespace":"default"},"spec":{"containers":[{"name":"c","image":"i"}]}})";
  }
  return text;
}

class InterruptedRun : public ::testing::Test {
 protected:
  void SetUp() override {
    in_ = std::tmpfile();
    const std::string text = ManyPods();
    std::fwrite(text.data(), 1, text.size(), in_);
    std::rewind(in_);
    ASSERT_EQ(pipe(out_.data()), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in_), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out_[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, out_[0]);
    std::array<std::string, 7> words = {BERTH_PROGRAM, "simulate", "-f",     "-",
                                        "--decisions", "-",        "--quiet"};
    std::array<char*, 8> argv{};
    for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
    ASSERT_EQ(posix_spawn(&process_, BERTH_PROGRAM, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out_[1]);
  }

  void TearDown() override {
    std::fclose(in_);
    close(out_[0]);
  }

  std::string ReadSome(std::size_t most) {
    std::string text(most, '\0');
    const auto count = read(out_[0], text.data(), most);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }

  pid_t process_ = 0;

 private:
  std::FILE* in_ = nullptr;
  std::array<int, 2> out_{};
};

TEST_F(InterruptedRun, EndsWithWhatWasDoneAndStatus130) {
  // The first byte shows that decisions are being made; the pipe then holds the program up until
  // it is read on, so that the signal comes in the middle.
  std::string out = ReadSome(1);
  ASSERT_EQ(out, "{");
  ASSERT_EQ(kill(process_, SIGINT), 0);
  for (std::string more = ReadSome(1 << 16); !more.empty(); more = ReadSome(1 << 16)) out += more;
  int status = 0;
  ASSERT_EQ(waitpid(process_, &status, 0), process_);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_NE(out.find(" not tried"), std::string::npos) << out.substr(out.size() / 2, 400);
}

}  // namespace
}  // namespace berth::main
