// A wall clock that the tests can set, for a program that has this library preloaded. How far it is
// ahead, in seconds, stands as text in the file of BERTH_JUMPING_CLOCK_FILE and is read anew by
// each question for the time. Clocks that only go forward are left alone, as they are where
// somebody sets the time of a machine.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace {

long SecondsAhead() {
  const char* path = std::getenv("BERTH_JUMPING_CLOCK_FILE");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[32] = {};
  const ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  return size <= 0 ? 0 : std::strtol(text, nullptr, 10);
}

bool IsWallClock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && IsWallClock(clock)) now->tv_sec += SecondsAhead();
  return static_cast<int>(result);
}

int gettimeofday(timeval* now, void*) {
  timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  *now = {.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1'000};
  return 0;
}

time_t time(time_t* now) {
  timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (now != nullptr) *now = exact.tv_sec;
  return exact.tv_sec;
}

}  // extern "C"
