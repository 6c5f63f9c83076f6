// A scheduler extender as one would write it in Go in an afternoon, to be measured beside Berth's: nodes and pods come
// from informers, free resources are summed for each request, encoding/json reads and writes.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	extender "k8s.io/kube-scheduler/extender/v1"
)

// What pods on a node have asked for.
type usage struct{ cpu, memory, pods int64 }

// Nodes, and what is used of them.
type world struct {
	mutex sync.RWMutex
	nodes map[string]*v1.Node
	used  map[string]usage
}

func requests(pod *v1.Pod) usage {
	sum := usage{pods: 1}
	for _, container := range pod.Spec.Containers {
		sum.cpu += container.Resources.Requests.Cpu().MilliValue()
		sum.memory += container.Resources.Requests.Memory().Value()
	}
	return sum
}

func (w *world) add(pod *v1.Pod, sign int64) {
	if pod.Spec.NodeName == "" {
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	want, sum := requests(pod), w.used[pod.Spec.NodeName]
	sum.cpu += sign * want.cpu
	sum.memory += sign * want.memory
	sum.pods += sign * want.pods
	w.used[pod.Spec.NodeName] = sum
}

func (w *world) put(node *v1.Node) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.nodes[node.Name] = node
}

func (w *world) watch(factory informers.SharedInformerFactory) []cache.InformerSynced {
	nodes := factory.Core().V1().Nodes().Informer()
	nodes.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { w.put(object.(*v1.Node)) },
		UpdateFunc: func(_, object any) { w.put(object.(*v1.Node)) },
	})
	pods := factory.Core().V1().Pods().Informer()
	pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { w.add(object.(*v1.Pod), 1) },
		UpdateFunc: func(before, after any) {
			w.add(before.(*v1.Pod), -1)
			w.add(after.(*v1.Pod), 1)
		},
		DeleteFunc: func(object any) {
			if pod, ok := object.(*v1.Pod); ok {
				w.add(pod, -1)
			}
		},
	})
	return []cache.InformerSynced{nodes.HasSynced, pods.HasSynced}
}

// What is left of a node once the pod is there, and of how much.
func (w *world) left(name string, want usage) (left, all usage, known bool) {
	node, known := w.nodes[name]
	if !known {
		return
	}
	used := w.used[name]
	all = usage{
		node.Status.Allocatable.Cpu().MilliValue(),
		node.Status.Allocatable.Memory().Value(),
		node.Status.Allocatable.Pods().Value(),
	}
	left = usage{all.cpu - used.cpu - want.cpu, all.memory - used.memory - want.memory, all.pods - used.pods - 1}
	return left, all, true
}

func (w *world) filter(args *extender.ExtenderArgs) any {
	w.mutex.RLock()
	defer w.mutex.RUnlock()
	want, kept := requests(args.Pod), make([]string, 0, len(*args.NodeNames))
	failed := extender.FailedNodesMap{}
	for _, name := range *args.NodeNames {
		left, _, known := w.left(name, want)
		if known && left.cpu >= 0 && left.memory >= 0 && left.pods >= 0 {
			kept = append(kept, name)
		} else {
			failed[name] = "Insufficient resources"
		}
	}
	return extender.ExtenderFilterResult{NodeNames: &kept, FailedNodes: failed}
}

func (w *world) prioritize(args *extender.ExtenderArgs) any {
	w.mutex.RLock()
	defer w.mutex.RUnlock()
	want, scores := requests(args.Pod), make(extender.HostPriorityList, 0, len(*args.NodeNames))
	for _, name := range *args.NodeNames {
		score := int64(0)
		if left, all, known := w.left(name, want); known && all.cpu > 0 && all.memory > 0 {
			score = (left.cpu*10/all.cpu + left.memory*10/all.memory) / 2
		}
		scores = append(scores, extender.HostPriority{Host: name, Score: max(score, 0)})
	}
	return scores
}

func handle(verb func(*extender.ExtenderArgs) any) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		var args extender.ExtenderArgs
		if err := json.NewDecoder(request.Body).Decode(&args); err != nil || args.Pod == nil || args.NodeNames == nil {
			http.Error(writer, "a pod and names of nodes are wanted", http.StatusBadRequest)
			return
		}
		writer.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(writer).Encode(verb(&args)); err != nil {
			log.Print(err)
		}
	}
}

// The least that any extender can do: the names come back as they came, without being looked at, and no score at all. It
// tells what kube-scheduler pays for having an extender.
func echo(answer func(names []byte) []byte) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		at := bytes.LastIndex(body, []byte(`"NodeNames":`))
		if err != nil || at < 0 {
			http.Error(writer, "names of nodes are wanted", http.StatusBadRequest)
			return
		}
		writer.Header().Set("Content-Type", "application/json")
		if _, err := writer.Write(answer(bytes.TrimSpace(body[at:]))); err != nil {
			log.Print(err)
		}
	}
}

func serve(address string) {
	http.HandleFunc("/readyz", func(writer http.ResponseWriter, _ *http.Request) { writer.WriteHeader(http.StatusOK) })
	log.Fatal(http.ListenAndServe(address, nil))
}

func serveEcho(address string) {
	http.HandleFunc("/filter", echo(func(names []byte) []byte { return append([]byte("{"), names...) }))
	http.HandleFunc("/prioritize", echo(func([]byte) []byte { return []byte("[]") }))
	serve(address)
}

func main() {
	address := flag.String("address", "127.0.0.1:8889", "where to serve")
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	onlyEcho := flag.Bool("echo", false, "answer with what was asked, and watch nothing")
	flag.Parse()
	if *onlyEcho {
		serveEcho(*address)
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	factory := informers.NewSharedInformerFactory(kubernetes.NewForConfigOrDie(config), 10*time.Minute)
	w := &world{nodes: map[string]*v1.Node{}, used: map[string]usage{}}
	synced := w.watch(factory)
	stop := make(chan struct{})
	factory.Start(stop)
	cache.WaitForCacheSync(stop, synced...)
	http.HandleFunc("/filter", handle(w.filter))
	http.HandleFunc("/prioritize", handle(w.prioritize))
	serve(*address)
}
