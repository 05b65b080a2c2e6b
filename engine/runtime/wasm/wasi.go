package wasm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"aion.dev/aion/fsm/history"
)

// What every file is.
const (
	badDescriptor = 8
	noEntry       = 44 // what every name leads to
)

// wasi are the functions that languages call before anybody can stop them. What they say follows
// from the run: there is no machine.
var wasi = []function{
	{"args_get", "ii", "i", true, (*call).nothing},
	{"args_sizes_get", "ii", "i", true, (*call).empty},
	{"environ_get", "ii", "i", true, (*call).nothing},
	{"environ_sizes_get", "ii", "i", true, (*call).empty},
	{"clock_res_get", "ii", "i", true, func(c *call) { c.put(1, 1) }},
	{"clock_time_get", "ili", "i", true, func(c *call) { c.put(2, uint64(c.time())) }},
	{"random_get", "ii", "i", true, (*call).randomBytes},
	{"sched_yield", "", "i", true, (*call).nothing},
	{"poll_oneoff", "iiii", "i", true, (*call).poll},
	{"proc_exit", "i", "", true, (*call).exit},
	{"fd_write", "iiii", "i", true, (*call).write},
	{"proc_raise", "i", "i", true, (*call).exit},

	{"fd_advise", "illi", "i", true, (*call).noFile},
	{"fd_allocate", "ill", "i", true, (*call).noFile},
	{"fd_close", "i", "i", true, (*call).noFile},
	{"fd_datasync", "i", "i", true, (*call).noFile},
	{"fd_fdstat_get", "ii", "i", true, (*call).noFile},
	{"fd_fdstat_set_flags", "ii", "i", true, (*call).noFile},
	{"fd_fdstat_set_rights", "ill", "i", true, (*call).noFile},
	{"fd_filestat_get", "ii", "i", true, (*call).noFile},
	{"fd_filestat_set_size", "il", "i", true, (*call).noFile},
	{"fd_filestat_set_times", "illi", "i", true, (*call).noFile},
	{"fd_pread", "iiili", "i", true, (*call).noFile},
	{"fd_prestat_dir_name", "iii", "i", true, (*call).noFile},
	{"fd_prestat_get", "ii", "i", true, (*call).noFile},
	{"fd_pwrite", "iiili", "i", true, (*call).noFile},
	{"fd_read", "iiii", "i", true, (*call).noFile},
	{"fd_readdir", "iiili", "i", true, (*call).noFile},
	{"fd_renumber", "ii", "i", true, (*call).noFile},
	{"fd_seek", "ilii", "i", true, (*call).noFile},
	{"fd_sync", "i", "i", true, (*call).noFile},
	{"fd_tell", "ii", "i", true, (*call).noFile},
	{"sock_accept", "iii", "i", true, (*call).noFile},
	{"sock_recv", "iiiiii", "i", true, (*call).noFile},
	{"sock_send", "iiiii", "i", true, (*call).noFile},
	{"sock_shutdown", "ii", "i", true, (*call).noFile},

	{"path_create_directory", "iii", "i", true, (*call).noEntry},
	{"path_filestat_get", "iiiii", "i", true, (*call).noEntry},
	{"path_filestat_set_times", "iiiilli", "i", true, (*call).noEntry},
	{"path_link", "iiiiiii", "i", true, (*call).noEntry},
	{"path_open", "iiiiillii", "i", true, (*call).noEntry},
	{"path_readlink", "iiiiii", "i", true, (*call).noEntry},
	{"path_remove_directory", "iii", "i", true, (*call).noEntry},
	{"path_rename", "iiiiii", "i", true, (*call).noEntry},
	{"path_symlink", "iiiii", "i", true, (*call).noEntry},
	{"path_unlink_file", "iii", "i", true, (*call).noEntry},
}

func (c *call) nothing() { c.stack[0] = 0 }
func (c *call) noFile()  { c.stack[0] = badDescriptor }
func (c *call) noEntry() { c.stack[0] = noEntry }

// put writes a number of 8 bytes to where a parameter says.
func (c *call) put(param int, n uint64) {
	if !c.memory.WriteUint64Le(uint32(c.stack[param]), n) {
		c.stop(c.broke("8 bytes at %d are not in its memory", uint32(c.stack[param])))
	}
	c.stack[0] = 0
}

// put32 is put for 4 bytes.
func (c *call) put32(param int, n uint32) {
	if !c.memory.WriteUint32Le(uint32(c.stack[param]), n) {
		c.stop(c.broke("4 bytes at %d are not in its memory", uint32(c.stack[param])))
	}
}

// empty says that there are no strings, of no bytes.
func (c *call) empty() {
	c.put32(0, 0)
	c.put32(1, 0)
	c.stack[0] = 0
}

// maxRandom bounds the bytes that are drawn at a time.
const maxRandom = 64 << 10

// What calls of WASI do beyond what languages ask for at a time costs units of its own, about as
// many as nanoseconds: otherwise a turn that stays within its limit could take hours.
const (
	fewItems, itemCost = 64, 100         // subscriptions, vectors, lines
	fewDraws, drawCost = 1 << 10 / 8, 50 // of 8 bytes
)

// many spends units for n items of which some are free.
func (c *call) many(n, few, cost int) {
	if n > few {
		c.inst.spend((n - few) * cost)
	}
}

func (c *call) randomBytes() {
	size := uint32(c.stack[1])
	if size > maxRandom {
		c.stop(c.broke("it draws %d random bytes at a time; the limit is %d", size, maxRandom))
	}
	c.many(int(size/8), fewDraws, drawCost)
	b := make([]byte, 0, size+8)
	for uint32(len(b)) < size {
		b = binary.LittleEndian.AppendUint64(b, c.draw())
	}
	if !c.memory.Write(uint32(c.stack[0]), b[:size]) {
		c.stop(c.broke("%d bytes at %d are not in its memory", size, uint32(c.stack[0])))
	}
	c.stack[0] = 0
}

// backOff is how long a language may sleep by itself, in nanoseconds: Go does so before it prints a
// panic.
const backOff = 10e6

// poll answers at once. A clock that has next to no time left is over; whoever waits for anything
// else waits for the machine.
func (c *call) poll() {
	const subscription, event, clock, flags, absolute = 48, 32, 0, 40, 1
	in, out, n := uint32(c.stack[0]), uint32(c.stack[1]), uint32(c.stack[2])
	over := uint32(0)
	c.many(int(min(n, maxWaited)), fewItems, itemCost)
	for i := range min(n, maxWaited) {
		s, ok := c.memory.Read(in+i*subscription, subscription)
		if !ok {
			c.stop(c.broke("subscription %d is not in its memory", i))
		}
		if s[8] != clock {
			continue
		}
		until := binary.LittleEndian.Uint64(s[24:])
		if binary.LittleEndian.Uint16(s[flags:])&absolute != 0 {
			until -= min(until, uint64(c.time()))
		}
		if until <= backOff {
			e := make([]byte, event)
			copy(e, s[:8])
			if !c.memory.Write(out+over*event, e) {
				c.stop(c.broke("event %d is not in its memory", over))
			}
			over++
		}
	}
	if over == 0 {
		c.stop(&history.RunError{Kind: history.KindFailed, Message: "the code waits for the machine, by a sleep or a file of its language: use the waits of the SDK"})
	}
	c.put32(3, over)
	c.stack[0] = 0
}

// exit ends the code. What it wrote last says why.
func (c *call) exit() {
	c.stop(&history.RunError{Kind: history.KindFailed, Message: fmt.Sprintf("the code ended the process with status %d", int32(c.stack[0])) + c.lastWords()})
}

// write takes what a guest prints for the log of the run, line by line.
func (c *call) write() {
	fd, vectors, n := c.stack[0], uint32(c.stack[1]), uint32(c.stack[2])
	if fd != 1 && fd != 2 {
		c.noFile()
		return
	}
	size := 0
	c.many(int(min(n, maxWaited)), fewItems, itemCost)
	for i := range min(n, maxWaited) {
		v, ok := c.memory.Read(vectors+8*i, 8)
		if !ok {
			c.stop(c.broke("vector %d is not in its memory", i))
		}
		b, ok := c.memory.Read(binary.LittleEndian.Uint32(v), binary.LittleEndian.Uint32(v[4:]))
		if size += len(b); !ok || size > maxWritten {
			c.stop(c.broke("it writes %d bytes that are not in its memory, or too many", len(b)))
		}
		c.printed[fd-1] = append(c.printed[fd-1], b...)
	}
	c.put32(3, uint32(size))
	c.stack[0] = 0
	c.inst.spend(size / bytesPerUnit)
	c.many(bytes.Count(c.printed[fd-1], newline), fewItems, itemCost)
	for {
		line, rest, whole := bytes.Cut(c.printed[fd-1], newline)
		if !whole && len(line) < maxWritten {
			return
		}
		c.print(fd, line)
		c.printed[fd-1] = rest
	}
}

var newline = []byte("\n")

// print logs a line, and remembers it if it may say why the code ends.
func (e *execution) print(fd uint64, line []byte) {
	text := clean(line)
	if fd == 2 && (e.said == "" || strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ")) {
		e.said = text[:min(len(text), maxSaid)]
	}
	e.log(text)
}

// flush logs what was printed without an end of the line.
func (e *execution) flush() {
	for fd, line := range e.printed {
		if len(line) > 0 {
			e.print(uint64(fd)+1, line)
		}
		e.printed[fd] = nil
	}
}

// lastWords is what the code printed as it ended, behind a colon.
func (e *execution) lastWords() string {
	e.flush()
	if e.said == "" {
		return ""
	}
	return ": " + clean([]byte(e.said))
}

// maxSaid bounds what of that goes into the message of a failure.
const maxSaid = 1000

// maxWritten bounds what is written at a time.
const maxWritten = 1 << 20

// log passes a message on.
func (e *execution) log(message string) {
	if e.host == nil || e.checking {
		return
	}
	if err := e.host.Log(message); err != nil {
		e.stop(err)
	}
}

func clean(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
