#include "scheduler/sharedobject/guard.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <csetjmp>
#include <csignal>
#include <mutex>
#include <thread>

#include "scheduler/base/check.h"

namespace berth::sharedobject {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::array kCrashSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
// Nobody else in the process uses it; its default is to be ignored.
constexpr int kWakeSignal = SIGURG;
// Signals to a call that hangs, one a millisecond, before it is left wherever it stands.
constexpr std::uint32_t kPatientSignals = 100;

// One thread that makes guarded calls. The thread writes all but what is said to be the watchdog's.
struct GuardedThread {
  std::atomic<std::uint64_t> sequence{0};  // odd while a call is under way
  std::atomic<std::int64_t> timeout{0};    // nanoseconds, of that call
  std::atomic<const CodeRanges*> code{nullptr};
  std::atomic<int> host_depth{0};
  std::atomic<std::uint64_t> condemned{0};  // the watchdog's: the sequence that took too long
  std::atomic<std::uint32_t> signals{0};    // the watchdog's: sent to that one

  sigjmp_buf jump_point;
  CallEnd end;
  pthread_t thread = pthread_self();
  void* stack = nullptr;
  stack_t old_stack = {};

  // The watchdog's own notes.
  std::uint64_t seen = 0;
  nanoseconds age{};
};

thread_local GuardedThread* t_current = nullptr;
std::array<struct sigaction, NSIG> g_old_actions;

std::uintptr_t InstructionOf(void* context) {
  const auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<std::uintptr_t>(machine.pc);
#else
#error "say here where the instruction pointer is"
#endif
}

[[noreturn]] void Leave(GuardedThread& thread, CallEnd end) {
  thread.end = end;
  siglongjmp(thread.jump_point, 1);
}

void OnWake(void* context) {
  GuardedThread* thread = t_current;
  if (thread == nullptr) return;
  const std::uint64_t sequence = thread->sequence.load(std::memory_order_relaxed);
  if (sequence % 2 == 0 || thread->condemned.load(std::memory_order_acquire) != sequence) return;
  if (thread->host_depth.load(std::memory_order_relaxed) != 0) return;
  const bool in_plugin =
      thread->code.load(std::memory_order_relaxed)->Contains(InstructionOf(context));
  if (!in_plugin && thread->signals.load(std::memory_order_relaxed) < kPatientSignals) return;
  Leave(*thread, {CallEnd::Kind::kTimedOut, 0});
}

// A crash of our own ends the process as it would have without a handler.
void HandOn(int signal, siginfo_t* info, void* context) {
  const struct sigaction& old = g_old_actions[static_cast<std::size_t>(signal)];
  if ((old.sa_flags & SA_SIGINFO) != 0) return old.sa_sigaction(signal, info, context);
  if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) return old.sa_handler(signal);
  struct sigaction by_default = {};
  by_default.sa_handler = SIG_DFL;
  sigaction(signal, &by_default, nullptr);
  raise(signal);
}

void OnSignal(int signal, siginfo_t* info, void* context) {
  if (signal == kWakeSignal) return OnWake(context);
  GuardedThread* thread = t_current;
  if (thread != nullptr && thread->sequence.load(std::memory_order_relaxed) % 2 == 1) {
    Leave(*thread, {CallEnd::Kind::kCrashed, signal});
  }
  HandOn(signal, info, context);
}

// Nothing is masked meanwhile, so that jumping out of the handler leaves no mask behind.
void InstallHandler(int signal) {
  struct sigaction action = {};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, &g_old_actions[static_cast<std::size_t>(signal)]);
}

// Never destroyed: threads may outlive main().
class Watchdog {
 public:
  static Watchdog& Get() {
    static auto* watchdog = new Watchdog();
    return *watchdog;
  }

  void Add(GuardedThread* thread) {
    const std::lock_guard lock(mutex_);
    threads_.push_back(thread);
  }
  void Remove(GuardedThread* thread) {
    const std::lock_guard lock(mutex_);
    std::erase(threads_, thread);
  }

  // Looks at least that often. The shortest timeout that was ever asked for counts.
  void LookEvery(nanoseconds interval) {
    if (interval.count() >= interval_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock(mutex_);
    interval_ = std::min(interval_.load(), interval.count());
    changed_.notify_one();
  }

 private:
  Watchdog() {
    for (const int signal : kCrashSignals) InstallHandler(signal);
    InstallHandler(kWakeSignal);
    // Signals of the process are for threads that do something about them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([this] { Run(); }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  [[noreturn]] void Run() {
    std::unique_lock lock(mutex_);
    auto last = Clock::now();
    bool hurry = false;
    while (true) {
      const nanoseconds interval =
          hurry ? nanoseconds(std::chrono::milliseconds(1)) : nanoseconds(interval_.load());
      changed_.wait_for(lock, interval);
      const auto now = Clock::now();
      // A process that was stopped for a while has not been hanging.
      const nanoseconds passed = std::min<nanoseconds>(now - last, interval * 2);
      last = now;
      hurry = false;
      for (GuardedThread* thread : threads_) hurry |= LookAt(*thread, passed);
    }
  }

  // Whether it hangs.
  static bool LookAt(GuardedThread& thread, nanoseconds passed) {
    const std::uint64_t sequence = thread.sequence.load(std::memory_order_acquire);
    if (sequence != thread.seen || sequence % 2 == 0) {
      thread.seen = sequence;
      thread.age = {};
      thread.signals = 0;
      return false;
    }
    thread.age += passed;
    if (thread.age.count() < thread.timeout.load(std::memory_order_relaxed)) return false;
    thread.signals.fetch_add(1, std::memory_order_relaxed);
    thread.condemned.store(sequence, std::memory_order_release);
    pthread_kill(thread.thread, kWakeSignal);
    return true;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<GuardedThread*> threads_;
  std::atomic<std::int64_t> interval_{nanoseconds(std::chrono::milliseconds(250)).count()};
};

// Registers the thread with the watchdog, and gives it a stack for handlers unless it has one.
class Registration {
 public:
  Registration() {
    sigaltstack(nullptr, &thread_.old_stack);
    if ((thread_.old_stack.ss_flags & SS_DISABLE) != 0) TakeStack();
    t_current = &thread_;
    Watchdog::Get().Add(&thread_);
  }
  ~Registration() {
    Watchdog::Get().Remove(&thread_);
    t_current = nullptr;
    if (thread_.stack == nullptr) return;
    sigaltstack(&thread_.old_stack, nullptr);
    munmap(thread_.stack, kStackBytes);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  GuardedThread& thread() { return thread_; }

 private:
  static constexpr std::size_t kStackBytes = std::size_t{256} << 10;

  void TakeStack() {
    void* memory =
        mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    BERTH_CHECK(memory != MAP_FAILED);
    thread_.stack = memory;
    stack_t stack = {};
    stack.ss_sp = memory;
    stack.ss_size = kStackBytes;
    sigaltstack(&stack, nullptr);
  }

  GuardedThread thread_;
};

GuardedThread& Current() {
  thread_local Registration registration;
  return registration.thread();
}

std::string_view NameOf(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    default:
      return "abort";
  }
}

// Only this thread writes it, and a handler on it sees it whole: no locked addition is needed.
void ChangeHostDepth(int change) {
  if (t_current == nullptr) return;
  std::atomic<int>& depth = t_current->host_depth;
  depth.store(depth.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

// Apart from the function with the jump point, whose locals a jump may spoil.
CallEnd CallAndCatch(void (*call)(void*), void* data) {
  try {
    call(data);
    return {};
  } catch (abi::__forced_unwind&) {
    throw;  // the thread is being cancelled
  } catch (...) {
    return {CallEnd::Kind::kThrew, 0};
  }
}

}  // namespace

CodeRanges CodeRanges::Around(const void* address) {
  struct Search {
    std::uintptr_t address;
    CodeRanges found;
  } search{reinterpret_cast<std::uintptr_t>(address), {}};
  const auto look = [](dl_phdr_info* info, std::size_t, void* data) {
    auto& wanted = *static_cast<Search*>(data);
    std::vector<Range> code;
    bool is_it = false;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& segment = info->dlpi_phdr[i];
      if (segment.p_type != PT_LOAD) continue;
      const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
      const std::uintptr_t end = begin + segment.p_memsz;
      is_it = is_it || (begin <= wanted.address && wanted.address < end);
      if ((segment.p_flags & PF_X) != 0) code.push_back({begin, end});
    }
    if (!is_it) return 0;
    wanted.found.ranges_ = std::move(code);
    return 1;
  };
  dl_iterate_phdr(look, &search);
  return std::move(search.found);
}

bool CodeRanges::Contains(std::uintptr_t address) const {
  for (const Range& range : ranges_) {
    if (range.begin <= address && address < range.end) return true;
  }
  return false;
}

std::string CallEnd::Text() const {
  switch (kind) {
    case Kind::kReturned:
      break;
    case Kind::kCrashed:
      return "crashed (" + std::string(NameOf(signal)) + ")";
    case Kind::kTimedOut:
      return "did not come back in time";
    case Kind::kThrew:
      return "let an exception out";
  }
  return "returned";
}

CallEnd internal::RunGuarded(const CallRules& rules, void (*call)(void*), void* data) {
  GuardedThread& thread = Current();
  const std::uint64_t before = thread.sequence.load(std::memory_order_relaxed);
  BERTH_DCHECK(before % 2 == 0);
  if (rules.timeout.count() != thread.timeout.load(std::memory_order_relaxed)) {
    thread.timeout.store(rules.timeout.count(), std::memory_order_relaxed);
    constexpr int kLooksPerTimeout = 4;
    Watchdog::Get().LookEvery(
        std::max<nanoseconds>(rules.timeout / kLooksPerTimeout, std::chrono::milliseconds(1)));
  }
  thread.code.store(&rules.code, std::memory_order_relaxed);
  if (sigsetjmp(thread.jump_point, 0) == 0) {
    thread.sequence.store(before + 1, std::memory_order_release);
    thread.end = CallAndCatch(call, data);
  }
  thread.host_depth.store(0, std::memory_order_relaxed);
  // Not from `before`, which the jump may have spoilt.
  thread.sequence.store(thread.sequence.load(std::memory_order_relaxed) + 1,
                        std::memory_order_release);
  return thread.end;
}

HostSection::HostSection() { ChangeHostDepth(1); }
HostSection::~HostSection() { ChangeHostDepth(-1); }

}  // namespace berth::sharedobject
