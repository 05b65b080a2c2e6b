package wasm

import "aion.dev/aion/fsm/history"

// rejection is a promise that was rejected while nobody handled it.
type rejection struct {
	promise, reason uint64 // handles
	identity        uint64 // of the promise
}

// rejected takes what the interpreter tells about a promise: that it was rejected, or that somebody
// handles it after all. Both handles are the driver's from now on.
func (c *call) rejected() {
	r := rejection{promise: c.stack[0], reason: c.stack[1]}
	handled := c.stack[2] != 0
	r.identity = c.inst.js(jsIdentity, r.promise)
	if !handled {
		if len(c.rejections) == maxRejections {
			c.stop(&history.RunError{Kind: history.KindLimit, Message: "more than 10000 promises are rejected, and nobody handles them"})
		}
		c.rejections = append(c.rejections, r)
		return
	}
	for n, other := range c.rejections {
		if other.identity == r.identity {
			c.inst.js(jsRelease, other.promise)
			c.inst.js(jsRelease, other.reason)
			c.rejections = append(c.rejections[:n], c.rejections[n+1:]...)
			break
		}
	}
	c.inst.js(jsRelease, r.promise)
	c.inst.js(jsRelease, r.reason)
}

// maxRejections bounds the promises that are rejected at a time.
const maxRejections = 10_000

// unhandled is the failure of code that left a promise rejected.
func (e *execution) unhandled() error {
	if len(e.rejections) == 0 {
		return nil
	}
	first := e.rejections[0]
	e.rejections = nil
	return e.inst.told(first.reason, history.KindUnhandledRejection)
}
