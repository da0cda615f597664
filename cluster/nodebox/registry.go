package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"

	"github.com/google/go-containerregistry/pkg/registry"
)

var manifestPath = regexp.MustCompile(`^/v2/.+/manifests/[^/]+$`)

// storedManifest is one accepted PUT. The library keeps manifests in memory
// only, so what was pushed is replayed after a restart.
type storedManifest struct {
	Path        string `json:"path"`
	ContentType string `json:"contentType"`
	Body        []byte `json:"body"`
}

// serveRegistry listens on an address and keeps blobs and manifests in a folder.
func serveRegistry(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: nodebox registry ADDRESS FOLDER")
	}
	manifests := filepath.Join(args[1], "manifests")
	blobs := filepath.Join(args[1], "blobs")
	for _, folder := range []string{manifests, blobs} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	store := registry.New(
		registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs)),
		registry.WithReferrersSupport(true),
		registry.Logger(log.New(io.Discard, "", 0)),
	)
	if err := replayManifests(manifests, store); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	log.Printf("registry serves %s on %s", args[1], listener.Addr())
	return http.Serve(listener, persistManifests(manifests, store))
}

// replayManifests goes round until nothing new is accepted, because an index
// is refused before the manifests it names.
func replayManifests(folder string, store http.Handler) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return err
	}
	for progress := true; progress && len(files) > 0; {
		var refused []string
		for _, file := range files {
			accepted, err := replayManifest(file, store)
			if err != nil {
				return err
			}
			if !accepted {
				refused = append(refused, file)
			}
		}
		progress = len(refused) < len(files)
		files = refused
	}
	for _, file := range files {
		log.Printf("registry could not take back %s", file)
	}
	return nil
}

func replayManifest(file string, store http.Handler) (bool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	var manifest storedManifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return false, err
	}
	request := httptest.NewRequest(http.MethodPut, manifest.Path, bytes.NewReader(manifest.Body))
	request.Header.Set("Content-Type", manifest.ContentType)
	answer := httptest.NewRecorder()
	store.ServeHTTP(answer, request)
	return answer.Code < 300, nil
}

func persistManifests(folder string, store http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if !manifestPath.MatchString(request.URL.Path) || request.Method == http.MethodGet || request.Method == http.MethodHead {
			store.ServeHTTP(answer, request)
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		recorder := &statusRecorder{ResponseWriter: answer, status: http.StatusOK}
		store.ServeHTTP(recorder, request)
		if recorder.status < 300 {
			keepManifest(folder, request, body)
		}
	})
}

func keepManifest(folder string, request *http.Request, body []byte) {
	sum := sha256.Sum256([]byte(request.URL.Path))
	file := filepath.Join(folder, hex.EncodeToString(sum[:])+".json")
	if request.Method == http.MethodDelete {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			log.Printf("registry could not forget %s: %v", request.URL.Path, err)
		}
		return
	}
	text, err := json.Marshal(storedManifest{Path: request.URL.Path, ContentType: request.Header.Get("Content-Type"), Body: body})
	if err == nil {
		err = writeAtomically(file, text)
	}
	if err != nil {
		log.Printf("registry could not keep %s: %v", request.URL.Path, err)
	}
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (recorder *statusRecorder) WriteHeader(status int) {
	recorder.status = status
	recorder.ResponseWriter.WriteHeader(status)
}
