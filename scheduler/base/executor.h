// Runs independent pieces of work on several threads. Everything parallel in Berth goes through an
// Executor, so that a test can choose the number of threads and ThreadSanitizer can see the locks.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace berth::base {

class Executor {
 public:
  virtual ~Executor() = default;

  // Calls body(begin, end) for disjoint ranges that cover [0, count), each at least `grain` long
  // but for the last, and returns when all have ended. Calls run at once on several threads: the
  // body must write only what belongs to its range, which also makes the outcome independent of
  // the number of threads. body must not throw.
  virtual void ParallelFor(std::size_t count, std::size_t grain,
                           const std::function<void(std::size_t, std::size_t)>& body) = 0;

  // At most how many calls run at the same time; at least 1.
  virtual std::size_t threads() const = 0;
};

// `threads` 0 means one a core. With 1, work runs in the calling thread.
std::unique_ptr<Executor> MakeExecutor(std::size_t threads);

}  // namespace berth::base
