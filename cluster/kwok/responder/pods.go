package main

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// The contract with the operator: contract/labels.ts.
const (
	modelLabel       = "slipway.dev/model"
	digestAnnotation = "slipway.dev/digest"
)

type servingPod struct{ model, digest string }

// podIndex knows which pod has which address at present.
type podIndex struct {
	mutex sync.RWMutex
	pods  map[string]servingPod
}

// watchPods resolves when everything that exists is known.
func watchPods(client kubernetes.Interface) (*podIndex, error) {
	index := &podIndex{pods: map[string]servingPod{}}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = modelLabel }))
	informer := factory.Core().V1().Pods().Informer()
	if err := informer.SetTransform(strip); err != nil {
		return nil, err
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    index.put,
		UpdateFunc: func(_, pod any) { index.put(pod) },
		DeleteFunc: index.remove,
	})
	if err != nil {
		return nil, err
	}
	factory.Start(wait.NeverStop)
	factory.WaitForCacheSync(wait.NeverStop)
	return index, nil
}

// strip keeps of ten thousand pods what an answer is made of.
func strip(object any) (any, error) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return object, nil
	}
	kept := &corev1.Pod{}
	kept.Name, kept.Namespace, kept.UID, kept.ResourceVersion = pod.Name, pod.Namespace, pod.UID, pod.ResourceVersion
	kept.Labels = map[string]string{modelLabel: pod.Labels[modelLabel]}
	kept.Annotations = map[string]string{digestAnnotation: pod.Annotations[digestAnnotation]}
	kept.Status.PodIP, kept.Status.Phase = pod.Status.PodIP, pod.Status.Phase
	return kept, nil
}

func (index *podIndex) put(object any) {
	pod, ok := object.(*corev1.Pod)
	if !ok || pod.Status.PodIP == "" {
		return
	}
	index.mutex.Lock()
	defer index.mutex.Unlock()
	if pod.Status.Phase != corev1.PodRunning {
		delete(index.pods, pod.Status.PodIP)
		return
	}
	index.pods[pod.Status.PodIP] = servingPod{pod.Labels[modelLabel], pod.Annotations[digestAnnotation]}
}

func (index *podIndex) remove(object any) {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	pod, ok := object.(*corev1.Pod)
	if !ok || pod.Status.PodIP == "" {
		return
	}
	index.mutex.Lock()
	defer index.mutex.Unlock()
	delete(index.pods, pod.Status.PodIP)
}

func (index *podIndex) await(ip string, longest time.Duration) (servingPod, bool) {
	for until := time.Now().Add(longest); ; time.Sleep(10 * time.Millisecond) {
		index.mutex.RLock()
		pod, found := index.pods[ip]
		index.mutex.RUnlock()
		if found || time.Now().After(until) {
			return pod, found
		}
	}
}
