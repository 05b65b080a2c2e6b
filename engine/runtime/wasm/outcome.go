package wasm

import (
	"encoding/binary"

	"aion.dev/aion/engine/runtime"
)

// resumeScript tells a script what became of a future that it waited for, by aion.resume. What
// the script returns is the next one that it waits for, under token 0: most steps of a run need
// no other call of the room than to start something.
func (i *instance) resumeScript(token int64, state int32, told []byte) error {
	for {
		next, err := i.resumed(token, state, told)
		if err != nil {
			return err
		}
		var over bool
		if next != 0 && i.run.end == nil {
			over = i.awaits(next)
		}
		if err = i.jobs(); err != nil {
			return err
		}
		i.wipe()
		if !over || i.run.end != nil {
			return nil
		}
		was, now := i.run.stateOf(next)
		token, state, told = 0, int32(was), now
	}
}

// resumed calls aion.resume, and returns an ordinal, or 0.
func (i *instance) resumed(token int64, state int32, told []byte) (uint64, error) {
	s := i.guest.script
	value := i.valueOf(told)
	if int32(value>>32) == cellException {
		return 0, i.thrown()
	}
	args := i.bytesAt(s.scratch+atValues, 8*resumed)
	for n, v := range [resumed]uint64{wholeValue(token), wholeValue(int64(state)), value} {
		binary.LittleEndian.PutUint64(args[8*n:], v)
	}
	result := i.js(jsCallValue, s.context, s.resume, valueUndefined, resumed, s.scratch+atValues)
	clear(i.bytesAt(s.scratch+atValues, 8*resumed))
	i.releaseValue(value)
	switch tag := int32(result >> 32); {
	case tag == cellUndefined:
		return 0, nil
	case tag == cellException:
		return 0, i.thrown()
	case tag == cellWhole && int32(result) > 0:
		return uint64(uint32(result)), nil
	}
	i.releaseValue(result)
	i.run.stop(i.run.broke("aion.resume returns what is no ordinal"))
	return 0, nil
}

// awaits begins a wait under token 0, and reports whether it is over already.
func (i *instance) awaits(id uint64) bool {
	c := call{execution: i.run, script: true}
	return c.await(&wait{mode: runtime.One, ids: []uint64{id}}) >= 0
}
