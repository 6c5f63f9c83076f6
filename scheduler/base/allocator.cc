// Part of every program that allocates with mimalloc: asks for memory in pages of 2 MiB, where the
// system gives them. States and columns of classes are spread over more small pages than a
// processor remembers.
#ifdef BERTH_MIMALLOC

#include <mimalloc.h>

namespace {

void PreferLargePages() { mi_option_enable(mi_option_large_os_pages); }

// The first 32 MiB are had before main, by the constructors of libraries; this runs before those.
[[gnu::section(".preinit_array"), gnu::used]] void (*const kBeforeLibraries)() = PreferLargePages;

}  // namespace

#endif  // BERTH_MIMALLOC
