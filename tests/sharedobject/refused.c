/* Shared objects that cannot be used, one a definition of WRONG. */
#include <berth/plugin.h>
#include <stddef.h>

#if WRONG == NO_ENTRY
int nothing_of_interest;
#else

static int32_t score(void* plugin, const struct berth_cycle* cycle, void* pod, const uint64_t* mask,
                     size_t words, int64_t* scores) {
  (void)plugin, (void)cycle, (void)pod, (void)mask, (void)words, (void)scores;
  return BERTH_OK;
}

static struct berth_plugin_v1 plugin = {.abi_version = 1,
                                        .struct_size = sizeof(struct berth_plugin_v1),
                                        .name = "Refused",
                                        .score = score};

const struct berth_plugin_v1* berth_plugin(uint32_t abi_version) {
  (void)abi_version;
#if WRONG == OTHER_VERSION
  plugin.abi_version = 2;
#elif WRONG == NO_VERSION
  return NULL;
#elif WRONG == TOO_SMALL
  plugin.struct_size = 40;
#elif WRONG == BAD_NAME
  plugin.name = "no spaces";
#elif WRONG == ENDLESS_NAME
  plugin.name =
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
#elif WRONG == TAKEN_NAME
  plugin.name = "NodeName";
#elif WRONG == NO_CALLBACKS
  plugin.score = NULL;
#elif WRONG == NO_NORMALIZE
  plugin.normalization = BERTH_NORMALIZE_OWN;
#elif WRONG == CRASH
  static int* volatile nowhere;
  *nowhere = 1;
#endif
  return &plugin;
}
#endif
