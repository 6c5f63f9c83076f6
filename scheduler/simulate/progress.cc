#include "scheduler/simulate/progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace berth::simulate {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBarWidth = 24;
constexpr auto kBarInterval = 100ms;
constexpr auto kLineInterval = 5s;
constexpr double kLooksPerSecond = 20;

void WriteToStandardError(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

double Seconds(Progress::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// "45 s", "3 min 20 s", "2 h 5 min".
std::string TimeLeft(double seconds) {
  const auto whole = static_cast<long long>(std::min(seconds, 1e9) + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string Bar(std::size_t done, std::size_t total) {
  const std::size_t filled = total == 0 ? kBarWidth : kBarWidth * done / total;
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "]";
}

}  // namespace

ProgressMode ProgressModeForStandardError(bool quiet) {
  if (quiet) return ProgressMode::kOff;
  const char* terminal = std::getenv("TERM");
  const bool draws = terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
  return draws && isatty(STDERR_FILENO) != 0 ? ProgressMode::kBar : ProgressMode::kLines;
}

Progress::Progress(ProgressMode mode, std::string what, std::size_t total, Write write, Now now)
    : mode_(mode),
      what_(std::move(what)),
      total_(total),
      write_(std::move(write)),
      now_(std::move(now)),
      begin_(now_()),
      last_shown_(begin_) {
  if (mode_ == ProgressMode::kOff) next_look_ = std::numeric_limits<std::size_t>::max();
}

Progress::Progress(ProgressMode mode, std::string what, std::size_t total)
    : Progress(mode, std::move(what), total, WriteToStandardError, Clock::now) {}

void Progress::Look(std::size_t done) {
  done = std::min(done, total_);
  const Clock::time_point now = now_();
  const double seconds = Seconds(now - begin_);
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  // Bounded, so that a rate that drops is noticed.
  const double step = std::clamp(rate / kLooksPerSecond, 1.0, 1e6);
  next_look_ = done + static_cast<std::size_t>(step);
  const Clock::duration interval =
      mode_ == ProgressMode::kBar ? Clock::duration(kBarInterval) : Clock::duration(kLineInterval);
  if (now - last_shown_ < interval) return;
  last_shown_ = now;
  Show(done, seconds);
}

std::string Progress::Figures(std::size_t done, double seconds) const {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::array<char, 64> text;
  const double percent =
      total_ == 0 ? 100.0 : 100.0 * static_cast<double>(done) / static_cast<double>(total_);
  std::snprintf(text.data(), text.size(), "%.0f%%, %.0f/s", percent, rate);
  std::string out = std::to_string(done) + "/" + std::to_string(total_) + " " + what_ + ", " +
                    std::string(text.data());
  if (rate > 0) out += ", " + TimeLeft(static_cast<double>(total_ - done) / rate) + " left";
  return out;
}

void Progress::Show(std::size_t done, double seconds) {
  if (mode_ == ProgressMode::kLines) {
    write_(Figures(done, seconds) + "\n");
    return;
  }
  const std::string line = Bar(done, total_) + " " + Figures(done, seconds);
  // Blanks cover what a longer line left behind.
  const std::size_t leftover = drawn_ > line.size() ? drawn_ - line.size() : 0;
  write_("\r" + line + std::string(leftover, ' '));
  drawn_ = line.size();
}

void Progress::Finish() {
  if (drawn_ > 0) write_("\r" + std::string(drawn_, ' ') + "\r");
  drawn_ = 0;
}

}  // namespace berth::simulate
