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

// mounts is where ip keeps namespaces that have a name.
const mounts = "/run/netns"

// Space is one network namespace. Its methods may be called by any goroutine.
type Space struct {
	name string
	file *os.File // keeps it, and says which it is
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

// close gives the name back. The namespace is there until the last process and socket in it has
// ended.
func (s *Space) close() error {
	s.file.Close()
	return command("", "ip", "netns", "del", s.name)
}

// home is the namespace that the process began in.
var home = sync.OnceValues(func() (*os.File, error) { return os.Open("/proc/self/ns/net") })

// Do runs f on a thread that is inside: sockets that f opens and processes that it starts belong to
// the namespace for as long as they live, goroutines that it starts do not.
//
// The thread comes back and lives on. It must not end: nodes die with the thread that started them
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

// Dial connects from inside. The address is of numbers: nobody is asked for names.
func (s *Space) Dial(network, address string, timeout time.Duration) (c net.Conn, err error) {
	// One address of numbers is dialled by the goroutine that asks, and so on its thread.
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

// sysSetns is the number of setns, which package syscall does not know everywhere; 0 where it is
// not known here.
var sysSetns = map[string]uintptr{"amd64": 308, "arm64": 268}[runtime.GOARCH]
