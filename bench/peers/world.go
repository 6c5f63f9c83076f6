package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sort"
	"time"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/kubernetes/fake"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	internalcache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/profile"
	"sigs.k8s.io/yaml"
)

// Gates that make decisions depend on the moment, or need an API server. OpportunisticBatching
// remembers the nodes of one pod for the next of its kind, which only pods that fill a node profit
// from.
const featureGates = "SchedulerAsyncPreemption=false,SchedulerAsyncAPICalls=false,OpportunisticBatching=false"

// world is a scheduler whose cache holds a cluster.
type world struct {
	scheduler *scheduler.Scheduler
	logger    klog.Logger
	pending   []*v1.Pod      // in the order of the queue
	position  map[string]int // of each node in the file
	nodeCount int
}

// clusterObjects are those of a file, apart.
type clusterObjects struct {
	nodes            []*v1.Node
	running, pending []*v1.Pod
	others           []runtime.Object
}

func readCluster(path string) (*clusterObjects, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if len(data) > 0 && data[0] == '{' {
		err = json.Unmarshal(data, &list)
	} else {
		err = yaml.Unmarshal(data, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	out := &clusterObjects{}
	decoder := clientscheme.Codecs.UniversalDeserializer()
	for i, raw := range list.Items {
		object, _, err := decoder.Decode(raw, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: items[%d]: %w", path, i, err)
		}
		out.add(object)
	}
	return out, nil
}

func (c *clusterObjects) add(object runtime.Object) {
	switch o := object.(type) {
	case *v1.Node:
		c.nodes = append(c.nodes, o)
	case *v1.Pod:
		c.addPod(o)
	case *resourcev1.ResourceClaim:
		o.ResourceVersion = "1" // the claim cache wants a number
		c.others = append(c.others, o)
	default:
		c.others = append(c.others, o)
	}
}

func (c *clusterObjects) addPod(pod *v1.Pod) {
	if pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed {
		return // the scheduler does not watch them
	}
	if pod.Namespace == "" {
		pod.Namespace = "default"
	}
	if pod.UID == "" {
		pod.UID = types.UID(pod.Namespace + "/" + pod.Name)
	}
	if pod.Spec.SchedulerName == "" {
		pod.Spec.SchedulerName = v1.DefaultSchedulerName
	}
	if pod.Spec.NodeName != "" {
		c.running = append(c.running, pod)
	} else {
		c.pending = append(c.pending, pod)
	}
}

func priority(pod *v1.Pod) int32 {
	if pod.Spec.Priority != nil {
		return *pod.Spec.Priority
	}
	return 0
}

// makeScheduler makes one with the default profile, whose informers know the objects.
func makeScheduler(ctx context.Context, o options, objects []runtime.Object) (*scheduler.Scheduler, error) {
	if err := utilfeature.DefaultMutableFeatureGate.Set(featureGates); err != nil {
		return nil, err
	}
	config, err := latest.Default()
	if err != nil {
		return nil, err
	}
	client := fake.NewSimpleClientset(objects...)
	informers := scheduler.NewInformerFactory(client, 0)
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
	percent := int32(o.percent)
	s, err := scheduler.New(ctx, client, informers, nil, profile.NewRecorderFactory(broadcaster),
		scheduler.WithProfiles(config.Profiles...),
		scheduler.WithPercentageOfNodesToScore(&percent),
		scheduler.WithParallelism(int32(o.parallelism)))
	if err != nil {
		return nil, err
	}
	informers.Start(ctx.Done())
	informers.WaitForCacheSync(ctx.Done())
	return s, s.WaitForHandlersSync(ctx)
}

func makeWorld(ctx context.Context, o options) (*world, error) {
	klog.LogToStderr(false)
	klog.SetOutput(os.Stderr)
	objects, err := readCluster(o.cluster)
	if err != nil {
		return nil, err
	}
	s, err := makeScheduler(ctx, o, objects.others)
	if err != nil {
		return nil, err
	}
	w := &world{scheduler: s, logger: klog.Background(), position: map[string]int{}, nodeCount: len(objects.nodes)}
	for i, node := range objects.nodes {
		s.Cache.AddNode(w.logger, node)
		w.position[node.Name] = i
	}
	for _, pod := range objects.running {
		if err := s.Cache.AddPod(w.logger, pod); err != nil {
			return nil, err
		}
	}
	for _, pod := range objects.pending {
		if w.profileOf(pod) != nil {
			w.pending = append(w.pending, pod)
		}
	}
	sort.SliceStable(w.pending, func(i, j int) bool { return priority(w.pending[i]) > priority(w.pending[j]) })
	return w, nil
}

func (w *world) profileOf(pod *v1.Pod) framework.Framework {
	return w.scheduler.Profiles[pod.Spec.SchedulerName]
}

func (w *world) snapshot(profile framework.Framework) *internalcache.Snapshot {
	return profile.SnapshotSharedLister().(*internalcache.Snapshot)
}

func (w *world) updateSnapshot(profile framework.Framework) error {
	return w.scheduler.Cache.UpdateSnapshot(w.logger, w.snapshot(profile))
}

// place assumes the pod on the node and reserves its volumes and devices there, as kube-scheduler does
// before it binds; nothing without a node. `state` is that of the cycle that chose the node.
func (w *world) place(ctx context.Context, pod *v1.Pod, node string, state fwk.CycleState, t *tally) error {
	if node == "" {
		return nil
	}
	begin := time.Now()
	assumed := pod.DeepCopy()
	assumed.Spec.NodeName = node
	if err := w.scheduler.Cache.AssumePod(w.logger, assumed); err != nil {
		return err
	}
	if status := w.profileOf(pod).RunReservePluginsReserve(ctx, state, assumed, node); !status.IsSuccess() {
		return fmt.Errorf("reserving on node %s: %w", node, status.AsError())
	}
	t.assuming += time.Since(begin)
	t.placed++
	return nil
}

// kubernetesVersion is that of the module which is linked.
func kubernetesVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, module := range info.Deps {
		if module.Path == "k8s.io/kubernetes" {
			return module.Version
		}
	}
	return ""
}
