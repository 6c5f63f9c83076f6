package main

import (
	"context"
	"errors"
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// victims counts the pods that kube-scheduler asks the API server to delete. Nothing is deleted.
type victims struct {
	sync.Mutex
	count int
}

func (v *victims) take() int {
	v.Lock()
	defer v.Unlock()
	count := v.count
	v.count = 0
	return count
}

// watchOver has the client swallow what preemption writes.
func (v *victims) watchOver(client *fake.Clientset) {
	client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		v.Lock()
		defer v.Unlock()
		v.count++
		return true, nil, nil
	})
	client.PrependReactor("patch", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, &v1.Pod{}, nil
	})
}

// preempt runs the PostFilter plugins for a pod that fits nowhere and tells how many pods would go.
func (w *world) preempt(ctx context.Context, pod *v1.Pod, state fwk.CycleState, failure error) (int, error) {
	var unfit *framework.FitError
	if !errors.As(failure, &unfit) {
		return 0, nil
	}
	_, status := w.profileOf(pod).RunPostFilterPlugins(ctx, state, pod, unfit.Diagnosis.NodeToStatus)
	if status.Code() == fwk.Error {
		return 0, status.AsError()
	}
	return w.victims.take(), nil
}
