// Command judge says of objects what tools that deploy them say: kstatus (Helm, kubectl plugins, Flux), a Lua
// health script as Argo CD runs it, and CEL expressions as Flux runs them. Each verdict is by the tool's own code
// or, for Argo CD, by its interpreter with its libraries.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const longestLine = 1 << 20

// job is what is to be judged; without a script or expressions that verdict is left out.
type job struct {
	Object map[string]any                    `json:"object"`
	Lua    string                            `json:"lua"`
	CEL    *kustomize.HealthCheckExpressions `json:"cel"`
}

type word struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

type verdict struct {
	Kstatus word  `json:"kstatus"`
	Argo    *word `json:"argo,omitempty"`
	Flux    *word `json:"flux,omitempty"`
}

// One job a line on stdin, one verdict a line on stdout.
func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		said, err := judge(lines.Bytes())
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(said)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "judge: %v\n", err)
			os.Exit(1)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintf(os.Stderr, "judge: %v\n", err)
		os.Exit(1)
	}
}

func judge(line []byte) (verdict, error) {
	var asked job
	if err := json.Unmarshal(line, &asked); err != nil {
		return verdict{}, err
	}
	text, err := json.Marshal(asked.Object)
	if err != nil {
		return verdict{}, err
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(text); err != nil { // numbers as the API's decoder has them: integers stay integers
		return verdict{}, err
	}
	result, err := status.Compute(object)
	if err != nil {
		return verdict{}, fmt.Errorf("kstatus: %w", err)
	}
	said := verdict{Kstatus: word{string(result.Status), result.Message}}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if asked.Lua != "" {
		if said.Argo, err = askArgo(ctx, asked.Lua, object); err != nil {
			return verdict{}, fmt.Errorf("lua: %w", err)
		}
	}
	if asked.CEL != nil {
		if said.Flux, err = askFlux(ctx, asked.CEL, object); err != nil {
			return verdict{}, fmt.Errorf("cel: %w", err)
		}
	}
	return said, nil
}

func askFlux(ctx context.Context, expressions *kustomize.HealthCheckExpressions, object *unstructured.Unstructured) (*word, error) {
	evaluator, err := cel.NewStatusEvaluator(expressions)
	if err != nil {
		return nil, err
	}
	result, err := evaluator.Evaluate(ctx, object)
	if err != nil {
		return nil, err
	}
	return &word{string(result.Status), result.Message}, nil
}
