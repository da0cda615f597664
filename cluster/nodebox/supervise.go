package main

import (
	"encoding/json"
	"errors"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// plan is what the driver wrote: where this process lives and what it starts.
type plan struct {
	StateFile  string      `json:"stateFile"`
	LogDir     string      `json:"logDir"`
	Cgroups    []string    `json:"cgroups"` // cgroup.procs files to join
	Mounts     []mount     `json:"mounts"`
	Shadows    []shadow    `json:"shadows"`
	Components []component `json:"components"`
}

type component struct {
	Name    string   `json:"name"`
	Path    string   `json:"path"`
	Args    []string `json:"args"`
	Env     []string `json:"env"`
	WaitFor []string `json:"waitFor"` // unix://, tcp:// and https:// addresses that have to answer first
	// DeathSignal is what it gets when the supervisor dies: SIGTERM, or else SIGKILL.
	DeathSignal string `json:"deathSignal"`
}

// componentState is what the driver reads back: the truth about one process.
type componentState struct {
	Name       string `json:"name"`
	Phase      string `json:"phase"` // waiting, running, exited
	PID        int    `json:"pid,omitempty"`
	StartTicks uint64 `json:"startTicks,omitempty"`
	StartedAt  string `json:"startedAt,omitempty"`
	ExitedAt   string `json:"exitedAt,omitempty"`
	ExitCode   *int   `json:"exitCode,omitempty"`
	Signal     string `json:"signal,omitempty"`
	Error      string `json:"error,omitempty"`
	Starts     int    `json:"starts"`
	Log        string `json:"log"`
}

type exit struct {
	index int
	state *os.ProcessState
}

type supervisor struct {
	plan   plan
	states []componentState
	ready  chan int
	exits  chan exit
}

// supervise starts the components and records every exit. It restarts nothing
// by itself: a crash stays visible until SIGHUP asks for healing.
func supervise(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: nodebox supervise PLAN.json")
	}
	runtime.LockOSThread() // children ask to die with the thread that started them
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	box := &supervisor{ready: make(chan int), exits: make(chan exit)}
	if err := json.Unmarshal(text, &box.plan); err != nil {
		return err
	}
	if err := enterIsolation(box.plan); err != nil {
		return err
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM)
	signal.Ignore(syscall.SIGINT)
	for index, one := range box.plan.Components {
		box.states = append(box.states, componentState{
			Name: one.Name, Phase: "waiting", Log: filepath.Join(box.plan.LogDir, one.Name+".log"),
		})
		go box.awaitGate(index)
	}
	return box.loop(signals)
}

func (box *supervisor) loop(signals <-chan os.Signal) error {
	for {
		if err := box.save(); err != nil {
			return err
		}
		select {
		case index := <-box.ready:
			box.start(index)
		case ended := <-box.exits:
			box.record(ended)
		case received := <-signals:
			if received == syscall.SIGTERM {
				return nil // the children die with this process
			}
			box.heal()
		}
	}
}

func (box *supervisor) heal() {
	for index := range box.states {
		if box.states[index].Phase == "exited" {
			box.states[index].Phase = "waiting"
			go box.awaitGate(index)
		}
	}
}

func (box *supervisor) awaitGate(index int) {
	for _, gate := range box.plan.Components[index].WaitFor {
		for !answers(gate) {
			time.Sleep(50 * time.Millisecond)
		}
	}
	box.ready <- index
}

func (box *supervisor) start(index int) {
	one, state := box.plan.Components[index], &box.states[index]
	output, err := os.OpenFile(state.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		state.fail(err)
		return
	}
	defer output.Close()
	command := exec.Command(one.Path, one.Args...)
	command.Args[0] = one.Name
	command.Env = append(os.Environ(), one.Env...)
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: one.deathSignal()}
	if err := command.Start(); err != nil {
		state.fail(err)
		return
	}
	*state = componentState{
		Name: one.Name, Phase: "running", PID: command.Process.Pid, Log: state.Log, Starts: state.Starts + 1,
		StartTicks: startTicks(command.Process.Pid), StartedAt: now(),
	}
	go func() {
		_ = command.Wait() // how it ended is in ProcessState
		box.exits <- exit{index, command.ProcessState}
	}()
}

func (box *supervisor) record(ended exit) {
	state := &box.states[ended.index]
	code := ended.state.ExitCode()
	state.Phase, state.ExitedAt, state.ExitCode = "exited", now(), &code
	if status, ok := ended.state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		state.Signal = status.Signal().String()
	}
	log.Printf("%s ended: %s", state.Name, ended.state)
}

func (box *supervisor) save() error {
	text, err := json.MarshalIndent(map[string]any{
		"pid": os.Getpid(), "startTicks": startTicks(os.Getpid()), "components": box.states,
	}, "", "  ")
	if err != nil {
		return err
	}
	return writeAtomically(box.plan.StateFile, text)
}

func (one component) deathSignal() syscall.Signal {
	if one.DeathSignal == "SIGTERM" {
		return syscall.SIGTERM
	}
	return syscall.SIGKILL
}

func (state *componentState) fail(err error) {
	state.Phase, state.Error, state.ExitedAt = "exited", err.Error(), now()
}

func now() string { return time.Now().UTC().Format(time.RFC3339) }

// startTicks is field 22 of /proc/PID/stat: with the id it names a process for good.
func startTicks(pid int) uint64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	return parseStartTicks(string(text))
}
