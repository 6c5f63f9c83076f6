package main

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// explain runs the plugins once more over every node and tells what SchedulePod keeps to itself: the
// highest total and which node is the first to have it. `suggested` and `failure` are SchedulePod's
// answer, which has to agree.
func explain(ctx context.Context, w *world, f framework.Framework, pod *v1.Pod, suggested string, failure error) (decision, error) {
	var unfit *framework.FitError
	if errors.As(failure, &unfit) {
		return explainUnfit(ctx, f, pod, unfit), nil
	}
	if failure != nil {
		return decision{Error: failure.Error()}, nil
	}
	state := framework.NewCycleState()
	feasible, err := feasibleNodes(ctx, w, f, state, pod)
	if err != nil {
		return decision{}, err
	}
	if len(feasible) == 1 {
		return decision{Feasible: 1, Chosen: feasible[0].Node().Name, BestCount: 1}, agree(suggested == feasible[0].Node().Name, suggested)
	}
	best, total, err := bestNodes(ctx, f, state, pod, feasible)
	if err != nil {
		return decision{}, err
	}
	first, found := best[0], false
	for _, name := range best {
		if w.position[name] < w.position[first] {
			first = name
		}
		found = found || name == suggested
	}
	return decision{Feasible: len(feasible), Chosen: first, BestCount: len(best), Total: &total}, agree(found, suggested)
}

func agree(found bool, suggested string) error {
	if found {
		return nil
	}
	return fmt.Errorf("SchedulePod took %s, which is not among the best nodes of a second look", suggested)
}

// explainUnfit tells a PreFilter that rejected the pod from nodes that did not fit.
func explainUnfit(ctx context.Context, f framework.Framework, pod *v1.Pod, unfit *framework.FitError) decision {
	d := decision{Message: unfit.Error()}
	if _, s, _ := f.RunPreFilterPlugins(ctx, framework.NewCycleState(), pod); !s.IsSuccess() {
		d.Prefilter, d.PrefilterPlugin, d.PrefilterCode = s.Message(), s.Plugin(), s.Code().String()
	}
	return d
}

// feasibleNodes are those that pass every filter, in the order of the snapshot.
func feasibleNodes(ctx context.Context, w *world, f framework.Framework, state fwk.CycleState, pod *v1.Pod) ([]fwk.NodeInfo, error) {
	narrowed, status, _ := f.RunPreFilterPlugins(ctx, state, pod)
	if !status.IsSuccess() {
		return nil, status.AsError()
	}
	nodes, err := w.snapshot(f).NodeInfos().List()
	if err != nil {
		return nil, err
	}
	passed := make([]bool, len(nodes))
	f.Parallelizer().Until(ctx, len(nodes), func(i int) {
		if narrowed.AllNodes() || narrowed.NodeNames.Has(nodes[i].Node().Name) {
			passed[i] = f.RunFilterPluginsWithNominatedPods(ctx, state, pod, nodes[i]).IsSuccess()
		}
	}, "Filter")
	var feasible []fwk.NodeInfo
	for i, node := range nodes {
		if passed[i] {
			feasible = append(feasible, node)
		}
	}
	if len(feasible) == 0 {
		return nil, errors.New("SchedulePod found a node and a second look none")
	}
	return feasible, nil
}

// bestNodes are the names of those with the highest total.
func bestNodes(ctx context.Context, f framework.Framework, state fwk.CycleState, pod *v1.Pod, nodes []fwk.NodeInfo) ([]string, int64, error) {
	if status := f.RunPreScorePlugins(ctx, state, pod, nodes); !status.IsSuccess() {
		return nil, 0, status.AsError()
	}
	scores, status := f.RunScorePlugins(ctx, state, pod, nodes)
	if !status.IsSuccess() {
		return nil, 0, status.AsError()
	}
	var names []string
	var best int64
	for i := range scores {
		if len(names) == 0 || scores[i].TotalScore > best {
			names, best = names[:0], scores[i].TotalScore
		}
		if scores[i].TotalScore == best {
			names = append(names, scores[i].Name)
		}
	}
	return names, best, nil
}
