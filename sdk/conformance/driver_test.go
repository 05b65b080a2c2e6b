package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// driver is a process that carries out steps with one SDK.
type driver struct {
	t    *testing.T
	sdk  sdk
	open map[string]any // how its client is opened

	mu      sync.Mutex
	cmd     *exec.Cmd
	in      io.Writer
	next    int
	waiting map[int]chan answer
	said    *bytes.Buffer
}

// answer is what a driver says of a step.
type answer struct {
	ID    int            `json:"id"`
	OK    any            `json:"ok"`
	Error map[string]any `json:"error"`
}

// newDriver starts a driver and opens its client.
func newDriver(t *testing.T, s sdk, open map[string]any) *driver {
	d := &driver{t: t, sdk: s, open: open}
	t.Cleanup(func() {
		d.kill()
		if t.Failed() {
			t.Logf("the driver of %s said:\n%s", s.name, d.said.String())
		}
	})
	d.begin()
	return d
}

// begin starts the process, again if it was killed.
func (d *driver) begin() {
	d.t.Helper()
	d.mu.Lock()
	d.cmd = exec.Command(d.sdk.command[0], d.sdk.command[1:]...)
	d.cmd.Env = append(os.Environ(), d.sdk.env...)
	d.said, d.waiting = &bytes.Buffer{}, map[int]chan answer{}
	d.cmd.Stderr = d.said
	in, err := d.cmd.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.in = in
	go d.listen(out, d.waiting)
	d.mu.Unlock()
	d.reopen(nil)
}

// reopen opens the client as before, but for some of how.
func (d *driver) reopen(other map[string]any) {
	d.t.Helper()
	with := map[string]any{}
	for _, from := range []map[string]any{d.open, other} {
		for name, value := range from {
			with[name] = value
		}
	}
	if a, err := d.ask("open", with, patient)(); err != nil || a.Error != nil {
		d.t.Fatalf("the client cannot be opened: %v %s", err, text(a.Error))
	}
}

func (d *driver) listen(out io.Reader, waiting map[int]chan answer) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			d.t.Errorf("the driver said %q", lines.Text())
			continue
		}
		d.mu.Lock()
		if c := waiting[a.ID]; c != nil {
			c <- a
		}
		d.mu.Unlock()
	}
}

// ask sends a step, and returns a function that waits for what came of it, for at most so long.
func (d *driver) ask(do string, with map[string]any, within time.Duration) func() (answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next++
	c := make(chan answer, 1)
	d.waiting[d.next] = c
	b, err := json.Marshal(map[string]any{"id": d.next, "do": do, "with": with})
	if err == nil {
		_, err = d.in.Write(append(b, '\n'))
	}
	return func() (answer, error) {
		if err != nil {
			return answer{}, err
		}
		select {
		case a := <-c:
			return a, nil
		case <-time.After(within):
			return answer{}, fmt.Errorf("the driver did not answer within %s", within)
		}
	}
}

// kill ends the process as a power cut would.
func (d *driver) kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}
