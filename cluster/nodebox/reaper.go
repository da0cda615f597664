package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// reap waits until the supervisor has died (SIGTERM is this process's death
// signal) and then ends everything in the cluster's cgroups but itself: pods
// are nobody's children and would go on without a cluster.
func reap(folders []string) error {
	if len(folders) == 0 {
		return errors.New("usage: nodebox reaper CGROUP-FOLDER...")
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		others := processesBelow(folders)
		if len(others) == 0 {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("processes %v did not end within 30 s of SIGKILL", others)
		}
		for _, pid := range others {
			_ = syscall.Kill(pid, syscall.SIGKILL) // gone already is as good
		}
	}
}

func processesBelow(folders []string) []int {
	var pids []int
	for _, folder := range folders {
		_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.Name() != "cgroup.procs" {
				return nil // cgroups come and go meanwhile; the next round sees the rest
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return nil
			}
			for _, line := range strings.Fields(string(text)) {
				if pid, err := strconv.Atoi(line); err == nil && pid != os.Getpid() {
					pids = append(pids, pid)
				}
			}
			return nil
		})
	}
	return pids
}
