/* Prefers nodes that do more work per watt, and nodes that are busy over nodes that are idle.
 *
 * A node says what a busy core of it draws in a label, in watts: power.example.com/watts-per-core.
 * 0 watts score 100, as many as maxWatts or more score 0, like nodes without the label; a node
 * without any pod gets half, since waking it costs its idle power.
 *
 * Arguments: {"maxWatts": 20}. */
#include <berth/plugin.h>
#include <stdlib.h>
#include <string.h>

struct power_aware {
  const struct berth_host_v1* host;
  int64_t max_watts;
  int64_t* scores; /* by label value; grows as needed */
  size_t capacity;
};

static const struct berth_string kWattsLabel = {"power.example.com/watts-per-core", 32};
static const struct berth_string kNoResource = {NULL, 0};

/* The number at the beginning of a text; -1 if there is none, or one that cannot be. */
static int64_t parse_number(const char* text, size_t size) {
  int64_t number = 0;
  size_t i = 0;
  while (i < size && text[i] == ' ') ++i;
  const size_t start = i;
  for (; i < size && text[i] >= '0' && text[i] <= '9'; ++i) {
    if (number > 1000000) return -1;
    number = number * 10 + (text[i] - '0');
  }
  return i == start ? -1 : number;
}

/* Enough for one number; a plugin with more arguments links a JSON library. -1 if it is wrong. */
static int64_t number_argument(struct berth_string args, const char* name, int64_t fallback) {
  const size_t length = strlen(name);
  for (size_t i = 0; i + length + 3 <= args.size; ++i) {
    if (args.data[i] != '"' || memcmp(args.data + i + 1, name, length) != 0) continue;
    if (args.data[i + length + 1] != '"' || args.data[i + length + 2] != ':') continue;
    return parse_number(args.data + i + length + 3, args.size - i - length - 3);
  }
  return fallback;
}

static int32_t create(const struct berth_host_v1* host, struct berth_string args, void** plugin,
                      struct berth_string* error) {
  const int64_t max_watts = number_argument(args, "maxWatts", 20);
  if (max_watts <= 0) {
    static const char kText[] = "maxWatts: must be a number of at least 1";
    *error = (struct berth_string){kText, sizeof kText - 1};
    return BERTH_ERROR;
  }
  struct power_aware* self = calloc(1, sizeof *self);
  if (self == NULL) return BERTH_ERROR;
  self->host = host;
  self->max_watts = max_watts;
  *plugin = self;
  return BERTH_OK;
}

static void destroy(void* plugin) {
  struct power_aware* self = plugin;
  free(self->scores);
  free(self);
}

/* No pod is looked at: all pods share what Berth keeps of this plugin. */
static size_t pod_key(void* plugin, const struct berth_cycle* cycle, char* out, size_t capacity) {
  (void)plugin, (void)cycle, (void)out, (void)capacity;
  return 0;
}

static int64_t score_of(const struct power_aware* self, struct berth_string watts_text) {
  if (watts_text.data == NULL) return 0;
  const int64_t watts = parse_number(watts_text.data, watts_text.size);
  if (watts < 0 || watts >= self->max_watts) return 0;
  return 100 - 100 * watts / self->max_watts;
}

static int64_t for_idle(int64_t score, int64_t pods) { return pods == 0 ? score / 2 : score; }

/* Once a label value, then a look-up a row. */
static int32_t score(void* plugin, const struct berth_cycle* cycle, void* pod, const uint64_t* mask,
                     size_t words, int64_t* scores) {
  (void)pod;
  struct power_aware* self = plugin;
  const struct berth_label_column watts = self->host->label_column(cycle, kWattsLabel);
  const int64_t* pods = self->host->column(cycle, BERTH_PODS_ON_NODE, kNoResource);
  if (watts.value_count > self->capacity) {
    int64_t* grown = realloc(self->scores, watts.value_count * sizeof *grown);
    if (grown == NULL) return BERTH_ERROR;
    self->scores = grown;
    self->capacity = watts.value_count;
  }
  for (uint32_t id = 0; id < watts.value_count; ++id) {
    self->scores[id] = score_of(self, self->host->label_value(cycle, watts.column, id));
  }
  for (size_t word = 0; word < words; ++word) {
    if (mask[word] == 0) continue;
    for (size_t row = word * 64; row < word * 64 + 64; ++row) {
      scores[row] = for_idle(self->scores[watts.ids[row]], pods[row]);
    }
  }
  return BERTH_OK;
}

static int32_t score_rows(void* plugin, const struct berth_cycle* cycle, void* pod,
                          const uint32_t* rows, size_t count, int64_t* scores) {
  (void)pod;
  const struct power_aware* self = plugin;
  const int64_t* pods = self->host->column(cycle, BERTH_PODS_ON_NODE, kNoResource);
  for (size_t i = 0; i < count; ++i) {
    const struct berth_string watts = self->host->node_label(cycle, rows[i], kWattsLabel);
    scores[i] = for_idle(score_of(self, watts), pods[rows[i]]);
  }
  return BERTH_OK;
}

static const struct berth_plugin_v1 kPlugin = {
    .abi_version = BERTH_PLUGIN_ABI_VERSION,
    .struct_size = sizeof(struct berth_plugin_v1),
    .name = "PowerAware",
    .score_depends_on = BERTH_ON_LABELS | BERTH_ON_PODS,
    .normalization = BERTH_NORMALIZE_NONE,
    .create = create,
    .destroy = destroy,
    .pod_key = pod_key,
    .score = score,
    .score_rows = score_rows,
};

const struct berth_plugin_v1* berth_plugin(uint32_t abi_version) {
  return abi_version == BERTH_PLUGIN_ABI_VERSION ? &kPlugin : NULL;
}
