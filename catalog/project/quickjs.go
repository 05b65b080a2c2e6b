package project

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/catalog"
)

// The interpreter of scripts: the file quickjs.wasm of the package quickjs-wasi. The room knows it
// by its SHA-256; integrity is what the registry says about the archive of the package.
const (
	quickjsVersion   = "3.7.0"
	quickjsSum       = "c0bd8f296e18cf074969f6401b9ecb72609a1323818ec2b9bf7a8f8d740d1363"
	quickjsIntegrity = "6nOShBtCglrQL6yH+hptIfEdA1WlSmvY/Mm5Ypn9IvtsaDsrYIg8x+xoIXQt02w66a0f1eLTAj1lhfgAbJ4WVw=="
	quickjsFile      = "quickjs.wasm"
	maxQuickjs       = 16 << 20 // bytes of the archive, and of the file
)

// interpreter returns the interpreter that the project has in node_modules, or the one of the
// cache of this user, which it fills from the registry of npm.
func interpreter(dir string) ([]byte, error) {
	own := filepath.Join(dir, "node_modules", "quickjs-wasi", quickjsFile)
	if b, err := os.ReadFile(own); err == nil {
		if !isQuickjs(b) {
			return nil, &Invalid{File: "node_modules/quickjs-wasi/" + quickjsFile, Reason: "is not the file of quickjs-wasi " + quickjsVersion + ", which is the interpreter that this version of Aion knows"}
		}
		return b, nil
	}
	return Interpreter()
}

// Interpreter returns the interpreter of scripts, from the cache of this user, which it fills from
// the registry of npm. A user without a cache downloads it each time.
func Interpreter() ([]byte, error) {
	kept := ""
	if cache, err := os.UserCacheDir(); err == nil {
		kept = filepath.Join(cache, "aion", "quickjs-wasi-"+quickjsVersion+".wasm")
		if b, err := os.ReadFile(kept); err == nil && isQuickjs(b) {
			return b, nil
		}
	}
	b, err := quickjs.get()
	if err != nil {
		return nil, &NoInterpreter{Cause: err}
	}
	if kept != "" {
		_ = keep(kept, b)
	}
	return b, nil
}

// registry is where the interpreter comes from. Who asks again soon after it could not be reached
// gets the same answer: a network that answers nothing must not hold up every build.
type registry struct {
	mu     sync.Mutex // guards the fields below
	failed error
	until  time.Time
}

var quickjs registry

// The time that a registry has to answer at all, and how long a failure counts.
const (
	registryDial  = 5 * time.Second
	registryPause = time.Minute
)

func (r *registry) get() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil && time.Now().Before(r.until) {
		return nil, r.failed
	}
	var b []byte
	b, r.failed = downloadQuickjs()
	r.until = time.Now().Add(registryPause)
	return b, r.failed
}

// NoInterpreter says that the interpreter of scripts cannot be had.
type NoInterpreter struct{ Cause error }

func (e *NoInterpreter) Error() string {
	return fmt.Sprintf("the interpreter of TypeScript, quickjs-wasi %s, is not in node_modules and not in the cache, and cannot be downloaded: %s; where there is a network, npm install quickjs-wasi@%[1]s in the project, or package it once", quickjsVersion, e.Cause)
}

func (e *NoInterpreter) Unwrap() error { return e.Cause }

func isQuickjs(b []byte) bool {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]) == quickjsSum
}

// keep writes a file as a whole.
func keep(file string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".quickjs-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// downloadQuickjs gets the package from the registry that npm is told to use. What comes is what
// this program expects, to the byte, or refused.
func downloadQuickjs() ([]byte, error) {
	registry := cmp.Or(os.Getenv("npm_config_registry"), os.Getenv("NPM_CONFIG_REGISTRY"), "https://registry.npmjs.org/")
	url := strings.TrimSuffix(registry, "/") + "/quickjs-wasi/-/quickjs-wasi-" + quickjsVersion + ".tgz"
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: registryDial}).DialContext
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, answer.Status)
	}
	packed, err := io.ReadAll(io.LimitReader(answer.Body, maxQuickjs))
	if err != nil {
		return nil, err
	}
	return unpackQuickjs(packed)
}

// unpackQuickjs takes the interpreter out of the archive of its package.
func unpackQuickjs(packed []byte) ([]byte, error) {
	if sum := sha512.Sum512(packed); base64.StdEncoding.EncodeToString(sum[:]) != quickjsIntegrity {
		return nil, fmt.Errorf("what the registry sends is not quickjs-wasi %s: its SHA-512 is %x", quickjsVersion, sum)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	for r := tar.NewReader(z); ; {
		header, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("%s of quickjs-wasi: %w", catalog.Interpreter, err)
		}
		if header.Name == "package/"+quickjsFile {
			return io.ReadAll(io.LimitReader(r, maxQuickjs))
		}
	}
}
