package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// gpuState is the file that a test edits: each device's health reaches the
// kubelet within a fraction of a second.
type gpuState struct {
	Resource string `json:"resource"`
	Devices  []struct {
		ID     string `json:"id"`
		Health string `json:"health"`
	} `json:"devices"`
}

// gpuPlugin speaks the kubelet's device plugin protocol for what the file says.
type gpuPlugin struct {
	api.UnimplementedDevicePluginServer
	mutex   sync.Mutex
	state   gpuState
	changed chan struct{}
}

const pollInterval = 200 * time.Millisecond

// serveGPUs waits until the file names devices, then registers them; a new
// kubelet socket means a restarted kubelet, which has to be told again.
func serveGPUs(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: nodebox gpu-plugin STATE.json")
	}
	plugin := &gpuPlugin{changed: make(chan struct{})}
	go plugin.watch(args[0])
	for {
		kubelet := identify(api.KubeletSocket)
		resource := plugin.resource()
		if kubelet == absent || resource == "" {
			time.Sleep(pollInterval)
			continue
		}
		stop, err := plugin.register(resource)
		if err != nil {
			log.Printf("could not register %s: %v", resource, err)
			time.Sleep(time.Second)
			continue
		}
		log.Printf("registered %s", resource)
		// a starting kubelet also removes the sockets of plugins
		for identify(api.KubeletSocket) == kubelet && identify(socketOf(resource)) != absent && plugin.resource() == resource {
			time.Sleep(pollInterval)
		}
		stop()
	}
}

func (plugin *gpuPlugin) watch(path string) {
	var last []byte
	for ; ; time.Sleep(pollInterval) {
		text, err := os.ReadFile(path)
		if err != nil || bytes.Equal(text, last) {
			continue // being replaced, or as before
		}
		var state gpuState
		if err := json.Unmarshal(text, &state); err != nil {
			log.Printf("%s is no JSON of devices: %v", path, err)
			last = text
			continue
		}
		last = text
		plugin.mutex.Lock()
		plugin.state = state
		close(plugin.changed)
		plugin.changed = make(chan struct{})
		plugin.mutex.Unlock()
		log.Printf("state is now %s", bytes.TrimSpace(text))
	}
}

func (plugin *gpuPlugin) resource() string {
	plugin.mutex.Lock()
	defer plugin.mutex.Unlock()
	return plugin.state.Resource
}

func (plugin *gpuPlugin) register(resource string) (func(), error) {
	socket := socketOf(resource)
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, plugin)
	go func() { _ = server.Serve(listener) }() // ends by Stop; a broken stream shows in the kubelet, which drops the devices
	if err := announce(resource, filepath.Base(socket)); err != nil {
		server.Stop()
		return nil, err
	}
	return server.Stop, nil
}

func announce(resource, endpoint string) error {
	connection, err := grpc.NewClient("unix://"+api.KubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	deadline, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err = api.NewRegistrationClient(connection).Register(deadline, &api.RegisterRequest{
		Version: api.Version, Endpoint: endpoint, ResourceName: resource,
	})
	return err
}

// GetDevicePluginOptions says that nothing beyond allocation is asked for.
func (plugin *gpuPlugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch sends the devices, then again at each change of the file.
func (plugin *gpuPlugin) ListAndWatch(_ *api.Empty, stream api.DevicePlugin_ListAndWatchServer) error {
	for {
		plugin.mutex.Lock()
		changed := plugin.changed
		devices := make([]*api.Device, 0, len(plugin.state.Devices))
		for _, device := range plugin.state.Devices {
			devices = append(devices, &api.Device{ID: device.ID, Health: device.Health})
		}
		plugin.mutex.Unlock()
		if err := stream.Send(&api.ListAndWatchResponse{Devices: devices}); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// Allocate names the devices to the container as the vendor's plugin does.
func (plugin *gpuPlugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	variable := "VISIBLE_DEVICES"
	if vendor, _, found := strings.Cut(plugin.resource(), "."); found {
		variable = fmt.Sprintf("%s_%s", strings.ToUpper(vendor), variable)
	}
	answer := &api.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		answer.ContainerResponses = append(answer.ContainerResponses, &api.ContainerAllocateResponse{
			Envs: map[string]string{variable: strings.Join(container.DevicesIds, ",")},
		})
	}
	return answer, nil
}

func socketOf(resource string) string {
	return filepath.Join(api.DevicePluginPath, "slipway-"+strings.ReplaceAll(resource, "/", "-")+".sock")
}

// identity is of one file at one path: file systems give the number of a
// removed file to the next one, hence the time.
type identity struct {
	inode   uint64
	changed syscall.Timespec
}

var absent identity

func identify(path string) identity {
	var info syscall.Stat_t
	if err := syscall.Stat(path, &info); err != nil {
		return absent
	}
	return identity{info.Ino, info.Ctim}
}
