#include "scheduler/kube/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <set>

#include "scheduler/base/check.h"
#include "scheduler/base/text.h"

namespace berth::kube {
namespace {

using Time = std::chrono::steady_clock::time_point;
using namespace std::chrono_literals;

constexpr std::size_t kMostOfErrors = 1000;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void Set(int number) {
    Close();
    number_ = number;
  }
  void Close() {
    if (number_ >= 0) close(number_);
    number_ = -1;
  }
  int number() const { return number_; }

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

bool Open(Pipe& made) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  made.read.Set(ends[0]);
  made.write.Set(ends[1]);
  return true;
}

// Pointers to texts, as exec wants them.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentOf(const Program& program) {
  std::vector<std::string> lines;
  std::set<std::string, std::less<>> names;
  for (const auto& [name, value] : program.env) {
    lines.push_back(name + "=" + value);
    names.insert(name);
  }
  for (char** line = environ; line != nullptr && *line != nullptr; ++line) {
    const std::string_view text(*line);
    if (!names.contains(text.substr(0, text.find('=')))) lines.emplace_back(text);
  }
  return lines;
}

// The attributes of posix_spawn: a process group of its own, and signals as if nobody had touched
// them.
class SpawnPlan {
 public:
  SpawnPlan(const Pipe& output, const Pipe& errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output.write.number(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors.write.number(), STDERR_FILENO);
    // Connections and whatever else is open here are none of its business.
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  base::Result<pid_t> Start(const Program& program) const {
    std::vector<std::string> words = {program.command};
    words.insert(words.end(), program.args.begin(), program.args.end());
    std::vector<std::string> lines = EnvironmentOf(program);
    pid_t process = 0;
    const int problem = posix_spawnp(&process, program.command.c_str(), &actions_, &attributes_,
                                     Pointers(words).data(), Pointers(lines).data());
    if (problem != 0) return base::Fail(std::strerror(problem));
    return process;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// A process that was started: killed with its group unless it has ended.
class Process {
 public:
  explicit Process(pid_t number) : number_(number) {}
  ~Process() {
    if (ended_) return;
    kill(-number_, SIGKILL);
    while (waitpid(number_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool HasEnded() {
    if (!ended_) ended_ = waitpid(number_, &status_, WNOHANG) == number_;
    return ended_;
  }
  // "" where it ended well.
  std::string Problem() const {
    if (WIFSIGNALED(status_)) return "was ended by signal " + std::to_string(WTERMSIG(status_));
    const int status = WEXITSTATUS(status_);
    return status == 0 ? "" : "ended with status " + std::to_string(status);
  }

 private:
  pid_t number_;
  int status_ = 0;
  bool ended_ = false;
};

// What a program prints, until it has closed both of its outputs.
class Reader {
 public:
  Reader(const Program& program, const Interrupt& interrupt, Pipe& output, Pipe& errors)
      : program_(program),
        interrupt_(interrupt),
        output_(output.read),
        errors_(errors.read),
        deadline_(std::chrono::steady_clock::now() + program.timeout) {}

  base::Result<void> ReadAll() {
    while (output_.number() >= 0 || errors_.number() >= 0) {
      BERTH_TRY(Wait(program_.timeout));
      if (ready_[0]) Take(output_, text_);
      if (ready_[1]) TakeErrors();
      if (text_.size() > program_.max_output) {
        return base::Fail("printed more than " + std::to_string(program_.max_output) + " bytes");
      }
    }
    return {};
  }

  // Its outputs are closed, so that it ends right now, if it is not up to something.
  base::Result<void> WaitForEnd(Process& process) {
    while (!process.HasEnded()) BERTH_TRY(Wait(2ms));
    return {};
  }

  std::string& text() { return text_; }
  // The end of what it said on standard error, as a part of a sentence.
  std::string Complaint() const {
    auto end = error_text_.find_last_not_of(" \r\n\t");
    if (end == std::string::npos) return "";
    return ": " + base::Printable(error_text_.substr(0, end + 1));
  }

 private:
  base::Result<void> Wait(std::chrono::milliseconds most) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left <= 0ms) {
      return base::Fail("did not end within " + std::to_string(program_.timeout.count()) + " ms");
    }
    // poll leaves out negative descriptors.
    std::array<pollfd, 3> polled = {pollfd{output_.number(), POLLIN, 0},
                                    pollfd{errors_.number(), POLLIN, 0},
                                    pollfd{interrupt_.descriptor(), POLLIN, 0}};
    (void)poll(polled.data(), polled.size(), static_cast<int>(std::min(left, most).count()));
    ready_ = {polled[0].revents != 0, polled[1].revents != 0};
    if (polled[2].revents != 0) return base::Fail("was interrupted");
    return {};
  }

  static void Take(Descriptor& from, std::string& to) {
    std::array<char, 1 << 14> buffer;
    const ssize_t count = read(from.number(), buffer.data(), buffer.size());
    if (count > 0) {
      to.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      from.Close();
    }
  }

  void TakeErrors() {
    Take(errors_, error_text_);
    if (error_text_.size() > kMostOfErrors) {
      error_text_.erase(0, error_text_.size() - kMostOfErrors);
    }
  }

  const Program& program_;
  const Interrupt& interrupt_;
  Descriptor& output_;
  Descriptor& errors_;
  Time deadline_;
  std::array<bool, 2> ready_ = {};
  std::string text_;
  std::string error_text_;
};

}  // namespace

Interrupt::Interrupt() : descriptor_(eventfd(0, EFD_CLOEXEC)) { BERTH_CHECK(descriptor_ >= 0); }

Interrupt::~Interrupt() { close(descriptor_); }

void Interrupt::Trigger() const {
  const std::uint64_t one = 1;
  (void)!write(descriptor_, &one, sizeof one);
}

base::Result<std::string> RunProgram(const Program& program, const Interrupt& interrupt) {
  Pipe output;
  Pipe errors;
  if (!Open(output) || !Open(errors)) return base::Fail(std::strerror(errno));
  const auto number = SpawnPlan(output, errors).Start(program);
  if (!number) return std::unexpected(number.error());
  Process process(*number);
  output.write.Close();
  errors.write.Close();
  Reader reader(program, interrupt, output, errors);
  auto read = reader.ReadAll();
  if (read) read = reader.WaitForEnd(process);
  if (!read) return base::Fail(read.error().message() + reader.Complaint());
  const std::string problem = process.Problem();
  if (!problem.empty()) return base::Fail(problem + reader.Complaint());
  return std::move(reader.text());
}

}  // namespace berth::kube
