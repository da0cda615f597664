// Command pod-responder answers in the place of pods that kwok only pretends to
// run. All of kwok's pod addresses are local to the cluster's network namespace,
// so the address that a connection came to says which pod was meant.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const usage = "usage: pod-responder KUBECONFIG ADDRESS STATUSZ.json"

// patience is for a pod whose address the asker has read before this process.
const patience = 500 * time.Millisecond

// report is what a runtime answers on /statusz; only what differs between pods is typed.
type report struct {
	rest   map[string]any
	models []map[string]any
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pod-responder:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf(usage)
	}
	recorded, err := readReport(args[2])
	if err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", args[0])
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	pods, err := watchPods(client)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /statusz", func(w http.ResponseWriter, r *http.Request) { answer(w, r, recorded, pods) })
	for _, path := range []string{"/livez", "/readyz"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	}
	log.Printf("answers on %s", args[1])
	server := http.Server{Addr: args[1], Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

func answer(w http.ResponseWriter, r *http.Request, recorded report, pods *podIndex) {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	ip, _, err := net.SplitHostPort(local.String())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	pod, found := pods.await(ip, patience)
	if !found {
		http.Error(w, "no running pod has the address "+ip, http.StatusNotFound)
		return
	}
	w.Header().Set("content-type", "application/json")
	_ = json.NewEncoder(w).Encode(recorded.of(pod)) // the asker may have gone
}

func readReport(path string) (report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return report{}, err
	}
	fields := map[string]any{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return report{}, fmt.Errorf("%s: %w", path, err)
	}
	models := struct {
		Models []map[string]any `json:"models"`
	}{}
	if err := json.Unmarshal(text, &models); err != nil || len(models.Models) != 1 {
		return report{}, fmt.Errorf("%s is no report of a pod that serves one model", path)
	}
	return report{rest: fields, models: models.Models}, nil
}

// of is the recorded report as the pod's runtime would give it: the model's name and digest are the pod's own.
func (r report) of(pod servingPod) map[string]any {
	model := clone(r.models[0])
	model["name"], model["digest"] = pod.model, pod.digest
	all := clone(r.rest)
	all["models"] = []map[string]any{model}
	return all
}

func clone(from map[string]any) map[string]any {
	to := make(map[string]any, len(from))
	for key, value := range from {
		to[key] = value
	}
	return to
}
