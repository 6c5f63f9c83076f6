// How far a long piece of work is: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace berth::simulate {

enum class ProgressMode : std::uint8_t {
  kBar,    // one line that is drawn over, ten times a second
  kLines,  // a new line every five seconds
  kOff,
};

// For standard error as it is: kOff when quiet, kBar on a terminal that can draw over a line.
ProgressMode ProgressModeForStandardError(bool quiet);

// Shows the share done, the rate and the time left. Steps are cheap (a comparison, nearly always):
// the clock is looked at about twenty times a second whatever the rate. Not thread-safe.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;
  using Write = std::function<void(std::string_view)>;

  // `what` is counted: "pods". The outside world comes in by `write` and `now`.
  Progress(ProgressMode mode, std::string what, std::size_t total, Write write, Now now);
  // To standard error by the real clock.
  Progress(ProgressMode mode, std::string what, std::size_t total);

  // `done` of the total are done; never goes down.
  void Update(std::size_t done) {
    if (done >= next_look_) Look(done);
  }

  // Clears the bar, so that what is written next stands on a clean line. Call once, at the end.
  void Finish();

 private:
  void Look(std::size_t done);
  void Show(std::size_t done, double seconds);
  std::string Figures(std::size_t done, double seconds) const;

  ProgressMode mode_;
  std::string what_;
  std::size_t total_;
  Write write_;
  Now now_;
  Clock::time_point begin_;
  Clock::time_point last_shown_;
  std::size_t next_look_ = 0;
  std::size_t drawn_ = 0;  // columns of the bar on the screen
};

}  // namespace berth::simulate
