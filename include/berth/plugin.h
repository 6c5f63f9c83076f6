/*
 * Berth's plugin interface for shared objects: C11 and C++, version 1.
 *
 * A plugin is a shared object that exports one function, berth_plugin. Berth loads it with
 * `--plugin FILE.so` or through the configuration, enables it by name in the profiles that name it,
 * and asks it about all nodes at once: one call a question, never a call a node.
 *
 *   #include <berth/plugin.h>
 *
 *   static int32_t score(void* plugin, const struct berth_cycle* cycle, void* pod,
 *                        const uint64_t* mask, size_t words, int64_t* scores) { ... }
 *   static const struct berth_plugin_v1 kPlugin = {
 *       .abi_version = 1, .struct_size = sizeof(struct berth_plugin_v1), .name = "MyPlugin",
 *       .score_depends_on = BERTH_ON_LABELS, .score = score};
 *   BERTH_PLUGIN_EXPORT const struct berth_plugin_v1* berth_plugin(uint32_t abi_version) {
 *     return abi_version == 1 ? &kPlugin : NULL;
 *   }
 *
 * Rows and words. A node is a row: a number that it keeps until it is removed; then the row is
 * empty and later used again. A column is an array with one value a row. A set of rows is a bitmap
 * of 64-bit words: row r is bit r % 64 (from the lowest) of word r / 64. Columns cover whole words:
 * they can be read, and scores written, up to row 64 * words - 1; what stands in rows that hold no
 * node means nothing. Columns and bitmaps of Berth's are aligned to 64 bytes.
 *
 * Units. CPU is in thousandths of a core, memory and ephemeral storage in bytes, every other
 * resource in its own unit. Scores after normalisation are 0..100, higher is better.
 *
 * Lifetimes and ownership. Whatever Berth hands over (the cycle, strings, columns, masks) is
 * Berth's, must not be written unless this header says so, and is valid until the function that it
 * was handed to returns. The one exception is the table of host functions, which lasts as long as
 * the process. Whatever a plugin hands over is the plugin's: strings are copied before the plugin
 * is called again; berth_plugin_v1 and all it points to must last as long as the process. No memory
 * changes its owner, so nothing allocated on one side is freed on the other.
 *
 * Threads. Calls about one instance never overlap; they may come from different threads one after
 * the other. Two profiles have an instance each, whose calls may overlap. A plugin may start
 * threads of its own, but host functions may only be called on the thread of a call, while it runs.
 *
 * The same question, the same answer. Berth keeps what a plugin says and asks again about rows
 * that have changed. So answers must follow from what filter_depends_on and score_depends_on name,
 * from the pod (see pod_key) and from the arguments, and from nothing else, unless they say
 * BERTH_ON_EVERYTHING. Ties and orders are Berth's business.
 *
 * Errors. A function that can fail returns a berth_code; everything else in this header returns
 * nothing that could be wrong in itself. What a plugin gives back is checked: a bit set that was
 * not set before, a score out of range, a code or a text that may not be, a C++ exception that
 * leaves a call. Whoever breaks the contract is refused from then on, with a message in the log
 * that names it. onFailure in the configuration says what that means: with Fail (the default) the
 * pods of its profiles are not placed and say why; with Ignore it takes no part any more.
 *
 * Crashes and hangs. A call that ends in SIGSEGV, SIGBUS, SIGFPE, SIGILL or abort(), or that takes
 * longer than the configured timeout, is left where it stands, and the plugin is refused likewise.
 * That keeps the scheduler up; it is no sandbox. Plugin and scheduler share one address space: what
 * the plugin has written over stays so, locks that it held stay held (those inside malloc too),
 * its memory is not given back, and neither its threads nor initialisers that run while the file is
 * loaded are watched. For code that is not trusted so far, write a gRPC plugin: it is a process of
 * its own.
 *
 * Versions. abi_version counts changes that break plugins. Within a version both structs only grow
 * at their end; struct_size says how much of one there is. Berth takes what a shorter
 * berth_plugin_v1 lacks for absent; a plugin must look at the struct_size of berth_host_v1 before
 * it calls a function that was appended later than what it is compiled against first had.
 */
#ifndef BERTH_PLUGIN_H_
#define BERTH_PLUGIN_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define BERTH_PLUGIN_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define BERTH_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

#define BERTH_PLUGIN_ABI_VERSION 1u

/* Text in UTF-8, not ended by a zero. `data` is NULL for text that is not there at all. */
struct berth_string {
  const char* data;
  size_t size;
};

/* Longest texts, in bytes; longer ones are an error on either side. */
#define BERTH_MAX_NAME 63u   /* a plugin's name */
#define BERTH_MAX_TEXT 1024u /* reasons, log messages, names of resources, labels and the like */
#define BERTH_MAX_KEY 65536u /* pod_key */

/* One scheduling attempt: a pod and the nodes as they are now. */
struct berth_cycle;

enum berth_code {
  BERTH_OK = 0,
  /* The pod does not fit (there, now); taking other pods away may help. */
  BERTH_UNSCHEDULABLE = 1,
  /* It does not fit, and preemption cannot change that. */
  BERTH_UNRESOLVABLE = 2,
  /* pre_filter only: nothing to filter for this pod in this cycle. */
  BERTH_SKIP = 3,
  /* Something broke: the attempt ends with this error and is tried again. No reason to be refused,
   * unlike a broken contract. */
  BERTH_ERROR = 4
};

/* What may make kept answers stale, as bits. */
#define BERTH_ON_NOTHING 0u            /* nodes that come or go always count */
#define BERTH_ON_ALLOCATABLE (1u << 1) /* a node's allocatable resources */
#define BERTH_ON_LABELS (1u << 2)      /* a node's labels */
#define BERTH_ON_TAINTS (1u << 3)      /* a node's taints and spec.unschedulable */
#define BERTH_ON_PODS (1u << 5)        /* pods on the node: requested resources, pod counts */
/* Anything else, such as node annotations, other nodes, or the time: nothing is kept, the plugin is
 * asked about every node in every cycle. */
#define BERTH_ON_EVERYTHING (1u << 31)

/* How raw scores become 0..100 over the nodes that the pod fits on. */
enum berth_normalization {
  BERTH_NORMALIZE_NONE = 0,    /* they are 0..100 already; by far the cheapest */
  BERTH_NORMALIZE_MAX = 1,     /* 100 * raw / highest; as they are where the highest is 0 */
  BERTH_NORMALIZE_REVERSE = 2, /* 100 - 100 * raw / highest; 100 where the highest is 0 */
  BERTH_NORMALIZE_OWN = 3      /* by the plugin's normalize */
};
/* Raw scores for BERTH_NORMALIZE_MAX and BERTH_NORMALIZE_REVERSE are 0..BERTH_MAX_RAW_SCORE. */
#define BERTH_MAX_RAW_SCORE (INT64_MAX / 100)

/* What happens in a cluster that may let in a pod that the plugin has turned away. */
enum berth_resource {
  BERTH_ANY_RESOURCE = 0, /* with all actions: every event */
  BERTH_PODS = 1,         /* pods on nodes, and the waiting pod itself */
  BERTH_NODES = 2
};
#define BERTH_ADDED 1u
#define BERTH_DELETED 2u
#define BERTH_NODE_ALLOCATABLE_UPDATED 4u
#define BERTH_NODE_LABELS_UPDATED 8u
#define BERTH_NODE_TAINTS_UPDATED 16u
#define BERTH_NODE_ANNOTATIONS_UPDATED 64u
#define BERTH_POD_LABELS_UPDATED 256u
#define BERTH_ALL_ACTIONS 8191u

struct berth_event {
  uint32_t resource; /* enum berth_resource */
  uint32_t actions;  /* bits from above, at least one */
};

/* The nodes. */
struct berth_nodes {
  uint32_t rows;
  uint32_t words;                /* of bitmaps: rows / 64, rounded up */
  const uint64_t* alive;         /* rows that hold a node */
  const uint64_t* unschedulable; /* nodes with spec.unschedulable */
};

enum berth_column {
  BERTH_ALLOCATABLE = 0,  /* of a resource */
  BERTH_REQUESTED = 1,    /* of a resource, by the pods on the node */
  BERTH_PODS_ON_NODE = 2, /* the resource is not looked at in this and what follows */
  BERTH_PODS_ALLOWED = 3,
  /* CPU and memory as requested, where containers that request none count with 100 (thousandths of
   * a core) and 200 MiB: what scores of free resources go by. */
  BERTH_SCORED_CPU = 4,
  BERTH_SCORED_MEMORY = 5
};

/* The values of one label over the nodes: a number a row, and what the numbers stand for. So a rule
 * about a label is worked out once a value, and looked up for each row. */
struct berth_label_column {
  const uint32_t* ids;  /* by row; 0: the node has no such label */
  uint32_t value_count; /* ids are below this */
  const void* column;   /* for label_value */
};

/* The taints of the nodes: nodes with equal taints have one number. */
struct berth_taint_column {
  const uint32_t* ids; /* by row */
  uint32_t set_count;  /* ids are below this */
};

enum berth_taint_effect {
  BERTH_NO_EFFECT = 0,
  BERTH_NO_SCHEDULE = 1,
  BERTH_PREFER_NO_SCHEDULE = 2,
  BERTH_NO_EXECUTE = 3
};

struct berth_taint {
  struct berth_string key;
  struct berth_string value;
  uint32_t effect; /* enum berth_taint_effect */
};

struct berth_label {
  struct berth_string key;
  struct berth_string value;
};

enum berth_severity { BERTH_INFO = 0, BERTH_WARNING = 1 };

/*
 * What Berth does for a plugin. A function that finds nothing returns 0, NULL or a string whose
 * data is NULL. Those for columns cost some tens of nanoseconds and then as much as is read; only
 * the first use of a label key costs a pass over the nodes.
 */
struct berth_host_v1 {
  uint32_t abi_version;
  uint32_t struct_size;

  void (*log)(uint32_t severity, struct berth_string message);

  /* ---- nodes ---- */
  struct berth_nodes (*nodes)(const struct berth_cycle* cycle);
  struct berth_string (*node_name)(const struct berth_cycle* cycle, uint32_t row);
  /* NULL for a kind of column that there is not, and a resource that scheduling does not know;
   * zeros for one that no node has. */
  const int64_t* (*column)(const struct berth_cycle* cycle, uint32_t column,
                           struct berth_string resource);
  struct berth_label_column (*label_column)(const struct berth_cycle* cycle,
                                            struct berth_string key);
  struct berth_string (*label_value)(const struct berth_cycle* cycle, const void* column,
                                     uint32_t id);
  struct berth_string (*node_label)(const struct berth_cycle* cycle, uint32_t row,
                                    struct berth_string key);
  /* Changes of annotations are not logged: see BERTH_ON_EVERYTHING. */
  struct berth_string (*node_annotation)(const struct berth_cycle* cycle, uint32_t row,
                                         struct berth_string key);
  struct berth_taint_column (*taint_column)(const struct berth_cycle* cycle);
  /* The index-th taint of a set; 0 where there are no more. */
  int32_t (*taint)(const struct berth_cycle* cycle, uint32_t set, uint32_t index,
                   struct berth_taint* out);

  /* ---- the pod: what all pods of its shape have in common ---- */
  struct berth_string (*pod_namespace)(const struct berth_cycle* cycle);
  struct berth_string (*pod_label)(const struct berth_cycle* cycle, struct berth_string key);
  uint32_t (*pod_label_count)(const struct berth_cycle* cycle);
  struct berth_label (*pod_label_at)(const struct berth_cycle* cycle, uint32_t index);
  int64_t (*pod_request)(const struct berth_cycle* cycle, struct berth_string resource);
  int32_t (*pod_priority)(const struct berth_cycle* cycle);
  struct berth_string (*pod_node_selector)(const struct berth_cycle* cycle,
                                           struct berth_string key);
  /* The controller that owns the pod. */
  struct berth_string (*pod_controller_kind)(const struct berth_cycle* cycle);
  struct berth_string (*pod_controller_name)(const struct berth_cycle* cycle);

  /* The name of the one pod; in reserve and unreserve only, since answers elsewhere are for every
   * pod of the same shape. */
  struct berth_string (*pod_name)(const struct berth_cycle* cycle);
};

/* What pre_filter says. Zeroed before the call. */
struct berth_pre_filter_result {
  struct berth_string reason; /* of a rejection or an error */
  /* If the plugin sets `narrowed`, only the rows that it has set in `rows` (zeroed, `words` words,
   * writable) are looked at. */
  int32_t narrowed;
  uint64_t* rows;
  size_t words;
};

/*
 * A plugin. Every function may be NULL but those whose absence is said to matter. `plugin` is what
 * create made (NULL without create), `pod` what pod_open made (NULL without it). Functions that
 * return int32_t return an enum berth_code: only BERTH_OK and BERTH_ERROR unless more is said.
 */
struct berth_plugin_v1 {
  uint32_t abi_version; /* 1 */
  uint32_t struct_size; /* sizeof(struct berth_plugin_v1) as compiled */

  /* Ended by a zero; a letter, then letters, digits, '-', '_' or '.'. */
  const char* name;

  uint32_t filter_depends_on; /* BERTH_ON_... */
  uint32_t score_depends_on;
  uint32_t normalization; /* enum berth_normalization */
  uint32_t event_count;
  const struct berth_event* events; /* none: any event may let in a pod */

  /* An instance, for one profile. `args` is the JSON of `args` in the profile's pluginConfig, an
   * object ("{}" where there is none). On BERTH_ERROR Berth does not start and prints `error`; then
   * destroy is not called. */
  int32_t (*create)(const struct berth_host_v1* host, struct berth_string args, void** plugin,
                    struct berth_string* error);
  void (*destroy)(void* plugin);

  /* Spells out as bytes everything of the pod that the plugin looks at, so that pods which are
   * equal to it share what is kept: writes at most `capacity` bytes and returns how many there are.
   * A plugin that looks at no pod returns 0. Without this function only pods that are equal in
   * specification, namespace, labels and controller share. */
  size_t (*pod_key)(void* plugin, const struct berth_cycle* cycle, char* out, size_t capacity);
  /* What the plugin wants to keep of a pod, and of all with the same key: selectors parsed, and so
   * on. */
  int32_t (*pod_open)(void* plugin, const struct berth_cycle* cycle, void** pod);
  void (*pod_close)(void* plugin, void* pod);

  /* Once a cycle, before filter: may narrow the nodes, skip the filter (BERTH_SKIP) or turn the pod
   * away as a whole (BERTH_UNSCHEDULABLE, BERTH_UNRESOLVABLE). Whether it skips must follow from
   * the pod alone, unless filter_depends_on says BERTH_ON_EVERYTHING. */
  int32_t (*pre_filter)(void* plugin, const struct berth_cycle* cycle, void* pod,
                        struct berth_pre_filter_result* out);

  /* Clears the bits of nodes that the pod does not fit on; sets none. */
  int32_t (*filter)(void* plugin, const struct berth_cycle* cycle, void* pod, uint64_t* mask,
                    size_t words);

  /* The verdict on one row: BERTH_OK exactly where filter leaves the bit, else BERTH_UNSCHEDULABLE
   * or BERTH_UNRESOLVABLE with a reason. Asked where few nodes are of interest, and for pods that
   * fit nowhere. Reasons are counted by text ("3 node(s) ..."): a handful of different ones,
   * without names of nodes. Without this function filter is asked about single nodes, and the
   * reason names the plugin. */
  int32_t (*explain)(void* plugin, const struct berth_cycle* cycle, void* pod, uint32_t row,
                     struct berth_string* reason);

  /* Writes the raw scores of the rows in `mask`; may write other rows of words that are not zero.
   * `scores` has 64 * words values. */
  int32_t (*score)(void* plugin, const struct berth_cycle* cycle, void* pod, const uint64_t* mask,
                   size_t words, int64_t* scores);
  /* The same for a few rows, in their order. Without it score is asked. */
  int32_t (*score_rows)(void* plugin, const struct berth_cycle* cycle, void* pod,
                        const uint32_t* rows, size_t count, int64_t* scores);
  /* For BERTH_NORMALIZE_OWN, which needs it: raw scores of the rows in `mask` to 0..100 in place.
   */
  int32_t (*normalize)(void* plugin, const struct berth_cycle* cycle, void* pod,
                       const uint64_t* mask, size_t words, int64_t* scores);

  /* A node has been chosen, and the pod is not yet on it. Anything but BERTH_OK undoes the
   * decision: BERTH_UNSCHEDULABLE and BERTH_UNRESOLVABLE turn the pod away, with `reason`. */
  int32_t (*reserve)(void* plugin, const struct berth_cycle* cycle, void* pod, uint32_t row,
                     struct berth_string* reason);
  /* Takes back what reserve did; also called where reserve has failed or was never reached. */
  void (*unreserve)(void* plugin, const struct berth_cycle* cycle, void* pod, uint32_t row);
};

/* The one function that a plugin exports. NULL for a version that it does not speak. */
BERTH_PLUGIN_EXPORT const struct berth_plugin_v1* berth_plugin(uint32_t abi_version);

#ifdef __cplusplus
}
#endif

#endif /* BERTH_PLUGIN_H_ */
