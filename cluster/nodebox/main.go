// Command nodebox holds what a local cluster needs beside Kubernetes itself:
// certificates, a supervisor that owns the namespaces' processes, a registry
// that survives a restart, a GPU device plugin, a reaper of orphans, and crane.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	crane "github.com/google/go-containerregistry/cmd/crane/cmd"
)

var commands = map[string]func(args []string) error{
	"certs":      writeCertificates,
	"supervise":  supervise,
	"registry":   serveRegistry,
	"gpu-plugin": serveGPUs,
	"reaper":     reap,
	"crane":      func(args []string) error { crane.Root.SetArgs(args); return crane.Root.Execute() },
}

func main() {
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	if commands[name] == nil && len(args) > 0 {
		name, args = args[0], args[1:]
	}
	command := commands[name]
	if command == nil {
		fmt.Fprintf(os.Stderr, "nodebox: unknown command %q; it has certs, supervise, registry, gpu-plugin, reaper and crane\n", name)
		os.Exit(2)
	}
	if err := command(args); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
