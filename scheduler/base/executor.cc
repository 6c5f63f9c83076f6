#include "scheduler/base/executor.h"

#include <algorithm>
#include <thread>

#ifdef BERTH_THREAD_EXECUTOR
#include <atomic>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace berth::base {
namespace {

class SerialExecutor final : public Executor {
 public:
  void ParallelFor(std::size_t count, std::size_t,
                   const std::function<void(std::size_t, std::size_t)>& body) override {
    if (count > 0) body(0, count);
  }
  std::size_t threads() const override { return 1; }
};

#ifdef BERTH_THREAD_EXECUTOR

// For ThreadSanitizer: plain threads, started anew for each call.
class ParallelExecutor final : public Executor {
 public:
  explicit ParallelExecutor(std::size_t threads) : threads_(threads) {}

  void ParallelFor(std::size_t count, std::size_t grain,
                   const std::function<void(std::size_t, std::size_t)>& body) override {
    grain = std::max<std::size_t>(grain, 1);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t begin; (begin = next.fetch_add(grain)) < count;) {
        body(begin, std::min(begin + grain, count));
      }
    };
    std::vector<std::thread> helpers;
    const std::size_t wanted = std::min(threads_, (count + grain - 1) / grain);
    for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back(work);
    work();
    for (auto& helper : helpers) helper.join();
  }
  std::size_t threads() const override { return threads_; }

 private:
  std::size_t threads_;
};

#else

class ParallelExecutor final : public Executor {
 public:
  explicit ParallelExecutor(std::size_t threads)
      : threads_(threads), arena_(static_cast<int>(threads)) {}

  void ParallelFor(std::size_t count, std::size_t grain,
                   const std::function<void(std::size_t, std::size_t)>& body) override {
    grain = std::max<std::size_t>(grain, 1);
    if (count <= grain) {
      if (count > 0) body(0, count);
      return;
    }
    arena_.execute([&] {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, (count + grain - 1) / grain),
                        [&](const tbb::blocked_range<std::size_t>& range) {
                          body(range.begin() * grain, std::min(range.end() * grain, count));
                        });
    });
  }
  std::size_t threads() const override { return threads_; }

 private:
  std::size_t threads_;
  tbb::task_arena arena_;
};

#endif

}  // namespace

std::unique_ptr<Executor> MakeExecutor(std::size_t threads) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  if (threads == 1) return std::make_unique<SerialExecutor>();
  return std::make_unique<ParallelExecutor>(threads);
}

}  // namespace berth::base
