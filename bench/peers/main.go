// peers measures the real kube-scheduler on a cluster file, without an API server, so that it can be
// held against Berth on the same input.
//
// What is timed is what kube-scheduler itself does for a decision: Cache.UpdateSnapshot and
// Scheduler.SchedulePod, unmodified. Among nodes with the highest score SchedulePod takes any; for
// runs that can be compared, the pod goes to the first of them in the order of the file. Which ones
// they are is found out, untimed, by running the same plugins once more, and SchedulePod's own answer
// has to be among them. Runs that are to be timed take the nodes from the decisions of such a run.
//
// One JSON object, the summary, goes to standard output.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

type options struct {
	cluster     string
	percent     int
	limit       int
	seconds     float64
	parallelism int
	decisions   string
	replay      string
}

// decision is one line of the decisions, with the field names of `berth simulate --decisions`.
type decision struct {
	Pod             string `json:"pod"`
	Prefilter       string `json:"prefilter,omitempty"`
	PrefilterPlugin string `json:"prefilterPlugin,omitempty"`
	PrefilterCode   string `json:"prefilterCode,omitempty"`
	Feasible        int    `json:"feasible"`
	Chosen          string `json:"chosen,omitempty"`
	BestCount       int    `json:"bestCount,omitempty"`
	Total           *int64 `json:"total,omitempty"`
	Message         string `json:"message,omitempty"`
	Error           string `json:"error,omitempty"`
}

type latency struct {
	P50 int64 `json:"p50"`
	P99 int64 `json:"p99"`
	Max int64 `json:"max"`
}

type summary struct {
	Version             string  `json:"version"`
	Nodes               int     `json:"nodes"`
	Pending             int     `json:"pending"`
	Decisions           int     `json:"decisions"`
	Placed              int     `json:"placed"`
	Seconds             float64 `json:"seconds"`
	PodsPerSecond       float64 `json:"podsPerSecond"`
	Latency             latency `json:"decisionLatencyNanoseconds"`
	NodesScoredPerPod   float64 `json:"nodesScoredPerPod"`
	NodesFilteredPerPod float64 `json:"nodesFilteredPerPod"`
}

// tally is what a run adds up on the way.
type tally struct {
	latencies        []time.Duration
	assuming         time.Duration
	placed           int
	scored, filtered int
}

func (t *tally) summary() summary {
	out := summary{Decisions: len(t.latencies), Placed: t.placed}
	if out.Decisions == 0 {
		return out
	}
	whole := t.assuming
	for _, l := range t.latencies {
		whole += l
	}
	slices.Sort(t.latencies)
	rank := func(percent int) int64 {
		return t.latencies[max((out.Decisions*percent+99)/100, 1)-1].Nanoseconds()
	}
	out.Seconds = whole.Seconds()
	out.PodsPerSecond = float64(out.Decisions) / out.Seconds
	out.Latency = latency{P50: rank(50), P99: rank(99), Max: rank(100)}
	out.NodesScoredPerPod = float64(t.scored) / float64(out.Decisions)
	out.NodesFilteredPerPod = float64(t.filtered) / float64(out.Decisions)
	return out
}

// run decides the pending pods, as many as the options allow.
func run(ctx context.Context, w *world, o options, previous []decision, write func(decision) error) (*tally, error) {
	t := &tally{}
	begin := time.Now()
	for i, pod := range w.pending {
		if i == o.limit || o.seconds > 0 && time.Since(begin).Seconds() > o.seconds {
			break
		}
		var known *decision
		if i < len(previous) {
			known = &previous[i]
		}
		d, err := decide(ctx, w, pod, o, known, t)
		if err != nil {
			return nil, fmt.Errorf("pod %s/%s: %w", pod.Namespace, pod.Name, err)
		}
		if err := write(d); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// decide has the scheduler decide one pod, and places it.
func decide(ctx context.Context, w *world, pod *v1.Pod, o options, known *decision, t *tally) (decision, error) {
	profile := w.profileOf(pod)
	info, err := framework.NewPodInfo(pod)
	if err != nil {
		return decision{}, err
	}
	begin := time.Now()
	if err := w.updateSnapshot(profile); err != nil {
		return decision{}, err
	}
	state := framework.NewCycleState()
	result, failure := w.scheduler.SchedulePod(ctx, profile, state, &framework.QueuedPodInfo{PodInfo: info})
	t.latencies = append(t.latencies, time.Since(begin))

	var unfit *framework.FitError
	errors.As(failure, &unfit)
	var d decision
	switch {
	case known != nil:
		d = *known
	case o.percent != 100 && (failure == nil || unfit != nil):
		// The sample depends on the moment, so there is nothing to compare with.
		d = decision{Feasible: result.FeasibleNodes, Chosen: result.SuggestedHost}
	default:
		if d, err = explain(ctx, w, profile, pod, result.SuggestedHost, failure); err != nil {
			return decision{}, err
		}
	}
	d.Pod = pod.Namespace + "/" + pod.Name
	if result.FeasibleNodes != d.Feasible {
		return decision{}, fmt.Errorf("SchedulePod found %d feasible nodes, a second look %d", result.FeasibleNodes, d.Feasible)
	}
	t.count(result.FeasibleNodes, result.EvaluatedNodes, unfit)
	return d, w.place(ctx, pod, d.Chosen, state, t)
}

func (t *tally) count(feasible, evaluated int, unfit *framework.FitError) {
	if feasible > 1 {
		t.scored += feasible
	}
	if unfit != nil {
		evaluated = unfit.Diagnosis.NodeToStatus.Len()
	}
	t.filtered += evaluated
}

func readDecisions(path string) ([]decision, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var out []decision
	decoder := json.NewDecoder(bufio.NewReader(file))
	for decoder.More() {
		var d decision
		if err := decoder.Decode(&d); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, d)
	}
	return out, nil
}

// decisionWriter writes JSON lines; without a path, nothing. Call done at the end.
func decisionWriter(path string) (write func(decision) error, done func() error, err error) {
	if path == "" {
		return func(decision) error { return nil }, func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	buffered := bufio.NewWriter(file)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	done = func() error { return errors.Join(buffered.Flush(), file.Close()) }
	return func(d decision) error { return encoder.Encode(d) }, done, nil
}

func readOptions() (options, error) {
	var o options
	flag.StringVar(&o.cluster, "cluster", "", "a v1 List in JSON or YAML")
	flag.IntVar(&o.percent, "percent", 100, "percentageOfNodesToScore; 0 is the adaptive sample that kube-scheduler takes by default")
	flag.IntVar(&o.limit, "limit", -1, "decide at most so many pods")
	flag.Float64Var(&o.seconds, "seconds", 0, "begin no further decision after so many seconds (0: no limit)")
	flag.IntVar(&o.parallelism, "parallelism", 16, "goroutines a decision is spread over; 16 is kube-scheduler's default")
	flag.StringVar(&o.decisions, "decisions", "", "write the decisions to this file, as JSON lines")
	flag.StringVar(&o.replay, "replay", "", "place the pods as this file of decisions says")
	flag.Parse()
	if o.cluster == "" || flag.NArg() > 0 {
		return o, errors.New("usage: peers -cluster FILE [flags] (-help lists them)")
	}
	if o.percent < 0 || o.percent > 100 {
		return o, errors.New("-percent must be from 0 to 100")
	}
	if o.parallelism < 1 {
		return o, errors.New("-parallelism must be at least 1")
	}
	return o, nil
}

func peers() error {
	o, err := readOptions()
	if err != nil {
		return err
	}
	previous, err := readDecisions(o.replay)
	if err != nil {
		return err
	}
	if o.replay != "" && (o.limit < 0 || o.limit > len(previous)) {
		o.limit = len(previous)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w, err := makeWorld(ctx, o)
	if err != nil {
		return err
	}
	write, done, err := decisionWriter(o.decisions)
	if err != nil {
		return err
	}
	t, err := run(ctx, w, o, previous, write)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	out := t.summary()
	out.Version, out.Nodes, out.Pending = kubernetesVersion(), w.nodeCount, len(w.pending)
	return json.NewEncoder(os.Stdout).Encode(out)
}

func main() {
	if err := peers(); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}
