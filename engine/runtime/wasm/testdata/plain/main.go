// Command plain is a guest without any SDK: it sleeps for 10s, charges its input by an activity,
// and returns what came of it.
package main

import (
	"encoding/binary"
	"unsafe"
)

//go:wasmimport aion read
func read(ptr unsafe.Pointer, size uint32)

//go:wasmimport aion start
func start(kind uint32, ptr unsafe.Pointer, size uint32) uint64

//go:wasmimport aion wait
func wait(token int64, mode uint32, ptr unsafe.Pointer, count uint32) int32

//go:wasmimport aion state
func state(id uint64) uint64

//go:wasmimport aion done
func done(token int64, failed uint32, ptr unsafe.Pointer, size uint32)

//go:wasmimport aion answer
func answer(failed uint32, ptr unsafe.Pointer, size uint32)

// field appends a field of a record.
func field(b []byte, number byte, value []byte) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, number), uint32(len(value)))
	return append(b, value...)
}

func at(b []byte) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b))
}

var input []byte

// begin starts something and waits for it under its own ordinal.
func begin(kind uint32, record []byte) {
	ptr, size := at(record)
	id := start(kind, ptr, size)
	wait(int64(id), 0, unsafe.Pointer(&id), 1)
}

//go:wasmexport aion_enter
func enter(op uint32, token int64, _ int32, size uint32) {
	offer := make([]byte, size+1)[:size]
	ptr, _ := at(offer)
	switch read(ptr, size); {
	case op == 7: // describe
		ptr, size := at(field(nil, 1, []byte("charge")))
		answer(0, ptr, size)
	case op == 1: // start: the input is the third field, behind the names of function and type
		for n := byte(0); n < 3 && len(offer) > 0; {
			n, size = offer[0], binary.LittleEndian.Uint32(offer[1:])
			input, offer = offer[5:5+size], offer[5+size:]
		}
		begin(1, field(nil, 1, binary.LittleEndian.AppendUint64(nil, 10e9)))
	case op == 2 && token == 1: // the timer
		begin(4, field(field(nil, 1, []byte("charge")), 3, input))
	case op == 2: // the activity
		became := state(uint64(token))
		result := make([]byte, uint32(became)+1)
		ptr, _ := at(result)
		read(ptr, uint32(became))
		done(0, uint32(became>>33), ptr, uint32(became))
	}
}

func main() {}
