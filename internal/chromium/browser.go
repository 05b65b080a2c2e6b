package chromium

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// names under which distributions install it.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"}

// Find returns the path of the browser: CHROMIUM, or the first one on the PATH. It reports false if
// there is none.
func Find() (string, bool) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path, true
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}

// Browser is a running Chromium. Its owner calls Close.
type Browser struct {
	cmd  *exec.Cmd
	to   *os.File
	read chan struct{} // closed when the browser has gone

	mu       sync.Mutex // over what follows
	last     int
	waiting  map[int]chan answer
	sessions map[string]*Page
	err      error // why the browser has gone
}

type answer struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

type message struct {
	ID      int             `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Session string          `json:"sessionId"`
	answer
}

// Start runs the browser with a profile in dir, which should be empty.
func Start(path, dir string, flags ...string) (*Browser, error) {
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), ourOut.Close())
	}
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe", "--user-data-dir=" + filepath.Join(dir, "profile"),
	}, flags...)
	cmd := exec.Command(path, append(args, "about:blank")...)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	cmd.Env = append(os.Environ(), "HOME="+dir)
	err = cmd.Start()
	_ = theirIn.Close()
	_ = theirOut.Close()
	if err != nil {
		return nil, errors.Join(err, ourIn.Close(), ourOut.Close())
	}
	b := &Browser{cmd: cmd, to: ourOut, read: make(chan struct{}), waiting: map[int]chan answer{}, sessions: map[string]*Page{}}
	go b.listen(ourIn)
	return b, nil
}

// Close ends the browser.
func (b *Browser) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = b.call(ctx, "", "Browser.close", map[string]any{}, nil) // its processes end, and leave the profile alone
	select {
	case <-b.read:
	case <-ctx.Done():
	}
	_ = b.cmd.Process.Kill()
	_ = b.to.Close()
	<-b.read
	_ = b.cmd.Wait()
	return nil
}

func (b *Browser) listen(from *os.File) {
	defer close(b.read)
	defer from.Close()
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		raw, err := r.ReadBytes(0)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("the browser has ended")
			}
			b.mu.Lock()
			b.err = err
			for id, to := range b.waiting {
				delete(b.waiting, id)
				close(to)
			}
			b.mu.Unlock()
			return
		}
		var m message
		if json.Unmarshal(raw[:len(raw)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		to, page := b.waiting[m.ID], b.sessions[m.Session]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		switch {
		case m.ID != 0 && to != nil:
			to <- m.answer
		case m.ID == 0 && page != nil:
			page.hear(m.Method, m.Params)
		}
	}
}

// call sends a command and decodes its answer into result, if that is not nil.
func (b *Browser) call(ctx context.Context, session, method string, params, result any) error {
	to := make(chan answer, 1)
	b.mu.Lock()
	if b.err != nil {
		b.mu.Unlock()
		return b.err
	}
	b.last++
	id := b.last
	b.waiting[id] = to
	raw, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	if session != "" {
		raw, err = json.Marshal(map[string]any{"id": id, "method": method, "params": params, "sessionId": session})
	}
	if err == nil {
		_, err = b.to.Write(append(raw, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case a, ok := <-to:
		switch {
		case !ok:
			return fmt.Errorf("%s: %w", method, b.err)
		case a.Error != nil:
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		case result != nil:
			return json.Unmarshal(a.Result, result)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}
