package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// mount is a private tmpfs when it has no source, else a bind mount.
type mount struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// shadow hides a kernel setting behind a file: the kubelet insists on writing
// a few that belong to the whole machine.
type shadow struct {
	Path  string `json:"path"`
	Value string `json:"value"`
}

// enterIsolation expects to be in a new mount namespace already.
func enterIsolation(wanted plan) error {
	for _, procs := range wanted.Cgroups {
		if err := os.WriteFile(procs, []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
			return fmt.Errorf("could not join %s: %w", procs, err)
		}
	}
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("could not make mounts private: %w", err)
	}
	for _, one := range wanted.Mounts {
		if err := one.apply(); err != nil {
			return fmt.Errorf("could not mount %s: %w", one.Target, err)
		}
	}
	return castShadows(filepath.Join(filepath.Dir(wanted.StateFile), "shadows"), wanted.Shadows)
}

func (one mount) apply() error {
	if err := os.MkdirAll(one.Target, 0o755); err != nil {
		return err
	}
	if one.Source == "" {
		return syscall.Mount("tmpfs", one.Target, "tmpfs", 0, "mode=0755")
	}
	if err := syscall.Mount(one.Source, one.Target, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return err
	}
	return syscall.Mount("none", one.Target, "", syscall.MS_SHARED, "") // pods may ask for mount propagation
}

func castShadows(folder string, shadows []shadow) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, one := range shadows {
		if _, err := os.Stat(one.Path); os.IsNotExist(err) {
			continue
		}
		file := filepath.Join(folder, strings.ReplaceAll(one.Path, "/", "-"))
		if err := os.WriteFile(file, []byte(one.Value+"\n"), 0o644); err != nil {
			return err
		}
		if err := syscall.Mount(file, one.Path, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("could not shadow %s: %w", one.Path, err)
		}
	}
	return nil
}

var probe = http.Client{
	Timeout:   2 * time.Second,
	Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, // asks for readiness only, over loopback
}

func answers(gate string) bool {
	scheme, address, _ := strings.Cut(gate, "://")
	if scheme == "https" {
		answer, err := probe.Get(gate)
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}
	connection, err := net.DialTimeout(scheme, address, time.Second)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

// parseStartTicks skips the command's name, which may hold blanks and brackets.
func parseStartTicks(stat string) uint64 {
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(fields) < 20 {
		return 0
	}
	ticks, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return 0
	}
	return ticks
}

func writeAtomically(path string, text []byte) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, text, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
