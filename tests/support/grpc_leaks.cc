// What gRPC's resolver of names never gives back: LeakSanitizer would fail a test for it.

extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() { return "leak:libcares"; }
