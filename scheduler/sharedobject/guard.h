// Calls into code that may crash or never come back.
//
// The calling thread takes a jump point; handlers of the signals of a crash, which run on a stack
// of their own, jump there. A watchdog thread looks at all calls under way every now and then; to
// one that takes too long it sends a signal, whose handler jumps too. So a call that goes well
// costs two stores and a setjmp, and no system call.
//
// What this cannot do: give back memory and locks of what was left. To leave no lock of malloc
// held, a call that hangs is left only where it stands in the plugin's own code, as long as it ever
// is there; and never while the host is at work for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace berth::sharedobject {

// Where the machine code of a shared object is.
class CodeRanges {
 public:
  CodeRanges() = default;
  // Of the object that holds `address`.
  static CodeRanges Around(const void* address);

  bool Contains(std::uintptr_t address) const;

 private:
  struct Range {
    std::uintptr_t begin;
    std::uintptr_t end;
  };
  std::vector<Range> ranges_;
};

struct CallEnd {
  enum class Kind : std::uint8_t { kReturned, kCrashed, kTimedOut, kThrew };
  Kind kind = Kind::kReturned;
  int signal = 0;  // of kCrashed

  bool ok() const { return kind == Kind::kReturned; }
  // "crashed (SIGSEGV)"; for all but kReturned.
  std::string Text() const;
};

// Who is called, and how long it may take. The ranges must outlive the call.
struct CallRules {
  const CodeRanges& code;
  std::chrono::nanoseconds timeout;
};

namespace internal {
CallEnd RunGuarded(const CallRules& rules, void (*call)(void*), void* data);
}

// Runs `call()`. It must not hold anything that a destructor would have to give back; what it
// changes is to be believed only if it returned. From any thread; calls do not nest.
template <typename Call>
CallEnd RunGuarded(const CallRules& rules, Call&& call) {
  return internal::RunGuarded(
      rules, [](void* data) { (*static_cast<std::remove_reference_t<Call>*>(data))(); }, &call);
}

// Around what the host does on behalf of a guarded call: it is not left in the middle.
class HostSection {
 public:
  HostSection();
  ~HostSection();
  HostSection(const HostSection&) = delete;
  HostSection& operator=(const HostSection&) = delete;
};

}  // namespace berth::sharedobject
