package netns

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// mounts is where ip keeps named namespaces.
const mounts = "/run/netns"

// Space is one network namespace. Its methods may be called by any goroutine.
type Space struct {
	name string
	file *os.File // keeps the namespace alive and identifies it
}

func newSpace(name string) (*Space, error) {
	if err := command("", "ip", "netns", "add", name); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(mounts, name))
	if err != nil {
		return nil, err
	}
	s := &Space{name: name, file: f}
	if err := command("", "ip", "-n", name, "link", "set", "lo", "up"); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// close releases the name. The namespace lives until the last process and socket in it has ended.
func (s *Space) close() error {
	s.file.Close()
	return command("", "ip", "netns", "del", s.name)
}

// home is the namespace in which the process started.
var home = sync.OnceValues(func() (*os.File, error) { return os.Open("/proc/self/ns/net") })

// Do runs f on a thread inside the namespace. Sockets that f opens and processes that it starts
// belong to the namespace permanently; goroutines that it starts do not.
//
// The thread returns and lives on. It must not end: nodes die with the thread that started them
// (Pdeathsig), and any thread may have started one.
func (s *Space) Do(f func() error) error {
	back, err := home()
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := setns(s.file); err != nil {
		return fmt.Errorf("enter %s: %w", s.name, err)
	}
	defer func() {
		if err := setns(back); err != nil {
			panic(fmt.Sprintf("netns: a thread cannot leave %s: %v", s.name, err))
		}
	}()
	return f()
}

// Dial connects from inside. The address must be numeric, because no names are resolved.
func (s *Space) Dial(network, address string, timeout time.Duration) (c net.Conn, err error) {
	// A single numeric address is dialled by the calling goroutine, and so on its thread.
	err = s.Do(func() error {
		c, err = net.DialTimeout(network, address, timeout)
		return err
	})
	return c, err
}

func setns(f *os.File) error {
	if _, _, errno := syscall.Syscall(sysSetns, f.Fd(), syscall.CLONE_NEWNET, 0); errno != 0 {
		return os.NewSyscallError("setns", errno)
	}
	return nil
}

// sysSetns is the system call number of setns, which package syscall does not have on every
// platform; 0 if unknown.
var sysSetns = map[string]uintptr{"amd64": 308, "arm64": 268}[runtime.GOARCH]
