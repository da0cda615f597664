// Command pause holds a pod's namespaces open, and answers the few questions
// that a test asks from inside a pod.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		pause()
		return
	}
	switch command := os.Args[1]; {
	case command == "lookup" && len(os.Args) == 3:
		addresses, err := net.LookupHost(os.Args[2])
		report(fmt.Sprint(addresses), err)
	case command == "dial" && len(os.Args) == 3:
		connection, err := net.DialTimeout("tcp", os.Args[2], 5*time.Second)
		if err == nil {
			connection.Close()
		}
		report("connected to "+os.Args[2], err)
	case command == "env" && len(os.Args) == 3:
		report(os.Getenv(os.Args[2]), nil)
	case command == "serve" && len(os.Args) == 3:
		report("", http.ListenAndServe(os.Args[2], http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
			fmt.Fprintln(answer, "hello")
		})))
	default:
		fmt.Fprintln(os.Stderr, "usage: pause [lookup NAME | dial HOST:PORT | env NAME | serve :PORT]")
		os.Exit(2)
	}
}

// pause also reaps, because it is process 1 of a pod that shares process ids.
func pause() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}

func report(text string, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(text)
}
