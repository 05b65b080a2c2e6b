package chromium

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Page is a tab of a browser.
type Page struct {
	browser *Browser
	session string
	target  string

	mu     sync.Mutex
	errors []string // what the page has logged as errors, and exceptions that nobody caught
}

// Open opens a tab.
func (b *Browser) Open(ctx context.Context) (*Page, error) {
	var made struct{ TargetID string }
	if err := b.call(ctx, "", "Target.createTarget", map[string]any{"url": "about:blank"}, &made); err != nil {
		return nil, err
	}
	var attached struct{ SessionID string }
	if err := b.call(ctx, "", "Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p := &Page{browser: b, session: attached.SessionID, target: made.TargetID}
	b.mu.Lock()
	b.sessions[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Page.enable", "Runtime.enable", "Log.enable", "DOM.enable"} {
		if err := p.call(ctx, domain, nil, nil); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Close closes the tab.
func (p *Page) Close(ctx context.Context) error {
	return p.browser.call(ctx, "", "Target.closeTarget", map[string]any{"targetId": p.target}, nil)
}

func (p *Page) call(ctx context.Context, method string, params, result any) error {
	if params == nil {
		params = map[string]any{}
	}
	return p.browser.call(ctx, p.session, method, params, result)
}

// hear keeps what the page complains of.
func (p *Page) hear(method string, params json.RawMessage) {
	var said string
	switch method {
	case "Runtime.exceptionThrown":
		var e struct {
			ExceptionDetails struct {
				Text      string
				Exception struct{ Description string }
			}
		}
		_ = json.Unmarshal(params, &e)
		said = e.ExceptionDetails.Text + " " + e.ExceptionDetails.Exception.Description
	case "Runtime.consoleAPICalled":
		var c struct {
			Type string
			Args []struct {
				Value       json.RawMessage
				Description string
			}
		}
		_ = json.Unmarshal(params, &c)
		if c.Type != "error" && c.Type != "assert" {
			return
		}
		for _, a := range c.Args {
			said += " " + a.Description + string(a.Value)
		}
	case "Log.entryAdded":
		var l struct {
			Entry struct{ Level, Text, URL, Source string }
		}
		_ = json.Unmarshal(params, &l)
		if l.Entry.Level != "error" {
			return
		}
		said = l.Entry.Source + ": " + l.Entry.Text + " " + l.Entry.URL
	default:
		return
	}
	p.mu.Lock()
	p.errors = append(p.errors, strings.TrimSpace(said))
	p.mu.Unlock()
}

// Errors returns what the page has complained of since the last call.
func (p *Page) Errors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	said := p.errors
	p.errors = nil
	return said
}

// Go opens an address.
func (p *Page) Go(ctx context.Context, url string) error {
	var r struct{ ErrorText string }
	if err := p.call(ctx, "Page.navigate", map[string]any{"url": url}, &r); err != nil {
		return err
	}
	if r.ErrorText != "" {
		return errors.New(r.ErrorText)
	}
	return nil
}

// Eval evaluates an expression in the page, waits for its promise, and decodes its value into v
// unless that is nil.
func (p *Page) Eval(ctx context.Context, expression string, v any) error {
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	err := p.call(ctx, "Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true}, &r)
	switch {
	case err != nil:
		return err
	case r.ExceptionDetails != nil:
		return fmt.Errorf("%s: %s %s", expression, r.ExceptionDetails.Text, r.ExceptionDetails.Exception.Description)
	case v == nil || len(r.Result.Value) == 0:
		return nil
	}
	return json.Unmarshal(r.Result.Value, v)
}

// Until evaluates an expression until it is true, or ctx ends.
func (p *Page) Until(ctx context.Context, expression string) error {
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		var yes bool
		err := p.Eval(ctx, "!!("+expression+")", &yes)
		if err == nil && yes {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("never true: %s (%v)", expression, err)
		}
	}
}

// Size makes the tab as large as that, in CSS pixels.
func (p *Page) Size(ctx context.Context, width, height int) error {
	return p.call(ctx, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// Dark makes the machine prefer dark colours, or light ones.
func (p *Page) Dark(ctx context.Context, dark bool) error {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	return p.call(ctx, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}, map[string]any{"name": "prefers-reduced-motion", "value": "reduce"}}}, nil)
}

// Picture takes a PNG of what is visible, or of the whole page.
func (p *Page) Picture(ctx context.Context, whole bool) ([]byte, error) {
	var r struct{ Data string }
	if err := p.call(ctx, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": whole}, &r); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(r.Data)
}

// Type types a text into what has the focus.
func (p *Page) Type(ctx context.Context, text string) error {
	return p.call(ctx, "Input.insertText", map[string]any{"text": text}, nil)
}

// codes of keys that have no character, or do something.
var codes = map[string]int{"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "Backspace": 8}

// Press presses a key: a character or a name such as Enter; with Control, if ctrl.
func (p *Page) Press(ctx context.Context, key string, ctrl bool) error {
	event := map[string]any{"type": "keyDown", "key": key, "windowsVirtualKeyCode": codes[key]}
	if len(key) == 1 {
		event["windowsVirtualKeyCode"] = int(strings.ToUpper(key)[0])
		if !ctrl {
			event["text"] = key
		}
	}
	if key == "Enter" {
		event["text"] = "\r"
	}
	if ctrl {
		event["modifiers"] = 2
	}
	if err := p.call(ctx, "Input.dispatchKeyEvent", event, nil); err != nil {
		return err
	}
	event["type"] = "keyUp"
	delete(event, "text")
	return p.call(ctx, "Input.dispatchKeyEvent", event, nil)
}

// Files chooses files in the input that a selector finds.
func (p *Page) Files(ctx context.Context, selector string, paths ...string) error {
	var doc struct{ Root struct{ NodeID int } }
	if err := p.call(ctx, "DOM.getDocument", map[string]any{"depth": 0}, &doc); err != nil {
		return err
	}
	var node struct{ NodeID int }
	if err := p.call(ctx, "DOM.querySelector", map[string]any{"nodeId": doc.Root.NodeID, "selector": selector}, &node); err != nil {
		return err
	}
	return p.call(ctx, "DOM.setFileInputFiles", map[string]any{"files": paths, "nodeId": node.NodeID}, nil)
}
