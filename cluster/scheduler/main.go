// Command scheduler says of every node of a snapshot what kube-scheduler's own filters say of it: the plugins of its
// default profile that look at a node, its pods and one pod, run by its own framework in its own order. Those that need
// volumes, claims or other pods' affinity are left out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	defaults "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	"k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
)

const longestLine = 1 << 26

// The first and the last are no filters; a profile has to have them.
var wanted = []string{
	names.PrioritySort, names.NodeUnschedulable, names.NodeName, names.TaintToleration, names.NodeAffinity,
	names.NodePorts, names.NodeResourcesFit, names.DefaultBinder,
}

type snapshot struct {
	Nodes []*corev1.Node `json:"nodes"`
	Pods  []*corev1.Pod  `json:"pods"`
	Pod   *corev1.Pod    `json:"pod"`
}

// Without a plugin the node is fine.
type verdict struct {
	Plugin      string   `json:"plugin,omitempty"`
	Reasons     []string `json:"reasons,omitempty"`
	PreFiltered bool     `json:"preFiltered,omitempty"` // left out before the filters ran in their order
}

// One snapshot a line on stdin, one object from node to verdict a line on stdout.
func main() {
	klog.LogToStderr(true)
	metrics.Register()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		said, err := judge(context.Background(), lines.Bytes())
		if err == nil {
			err = out.Encode(said)
		}
		if err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "scheduler: %v\n", err)
	os.Exit(1)
}

func judge(ctx context.Context, line []byte) (map[string]verdict, error) {
	var asked snapshot
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	var counted []*corev1.Pod
	for _, pod := range append(asked.Pods, asked.Pod) {
		defaults.SetObjectDefaults_Pod(pod) // as the API server does: limits without requests become requests
	}
	for _, pod := range asked.Pods {
		// the scheduler's informer asks for no others (scheduler.NewInformerFactory)
		if pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
			counted = append(counted, pod)
		}
	}
	lister := cache.NewSnapshot(counted, asked.Nodes)
	filters, err := newFramework(ctx, lister)
	if err != nil {
		return nil, err
	}
	state := framework.NewCycleState()
	allowed, status, _ := filters.RunPreFilterPlugins(ctx, state, asked.Pod)
	said := map[string]verdict{}
	for _, node := range asked.Nodes {
		switch {
		case status.IsRejected(): // the framework's own words when no node is left: of these plugins one alone names nodes
			said[node.Name] = verdict{names.NodeAffinity, status.Reasons(), true}
		case !status.IsSuccess():
			return nil, status.AsError()
		case !allowed.AllNodes() && !allowed.NodeNames.Has(node.Name):
			said[node.Name] = verdict{names.NodeAffinity, nil, true}
		default:
			info, err := lister.Get(node.Name)
			if err != nil {
				return nil, err
			}
			result := filters.RunFilterPlugins(ctx, state, asked.Pod, info)
			switch {
			case result.IsSuccess():
				said[node.Name] = verdict{}
			case result.IsRejected():
				said[node.Name] = verdict{result.Plugin(), result.Reasons(), false}
			default:
				return nil, result.AsError()
			}
		}
	}
	return said, nil
}

func newFramework(ctx context.Context, lister framework.SharedLister) (framework.Framework, error) {
	scheduler, err := latest.Default()
	if err != nil {
		return nil, err
	}
	profile := scheduler.Profiles[0]
	profile.Plugins.MultiPoint.Enabled = slices.DeleteFunc(profile.Plugins.MultiPoint.Enabled, func(plugin config.Plugin) bool {
		return !slices.Contains(wanted, plugin.Name)
	})
	return runtime.NewFramework(ctx, plugins.NewInTreeRegistry(), &profile, runtime.WithSnapshotSharedLister(lister))
}
