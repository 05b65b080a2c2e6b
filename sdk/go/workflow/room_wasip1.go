package workflow

import "unsafe"

// The imports are described in docs/GUEST.md.

//go:wasmimport aion read
//go:noescape
func roomRead(ptr unsafe.Pointer, size int32)

//go:wasmimport aion now
func roomNow() int64

//go:wasmimport aion random
func roomRandom() int64

//go:wasmimport aion log
//go:noescape
func roomLog(ptr unsafe.Pointer, size int32)

//go:wasmimport aion at
//go:noescape
func roomAt(ptr unsafe.Pointer, size int32)

//go:wasmimport aion info
func roomInfo() int32

//go:wasmimport aion cancelled
func roomCancelled(know int32) int32

//go:wasmimport aion start
//go:noescape
func roomStart(kind int32, ptr unsafe.Pointer, size int32) int64

//go:wasmimport aion state
func roomState(id int64) int64

//go:wasmimport aion wait
//go:noescape
func roomWait(token int64, mode int32, ptr unsafe.Pointer, count int32) int32

//go:wasmimport aion cancel
func roomCancel(id int64)

//go:wasmimport aion holds
func roomHolds(id int64)

//go:wasmimport aion handle
//go:noescape
func roomHandle(kind int32, ptr unsafe.Pointer, size int32)

//go:wasmimport aion done
//go:noescape
func roomDone(token int64, failed int32, ptr unsafe.Pointer, size int32)

//go:wasmimport aion answer
//go:noescape
func roomAnswer(failed int32, ptr unsafe.Pointer, size int32)

//go:wasmimport aion tell
//go:noescape
func roomTell(kind int32, ptr unsafe.Pointer, size int32)

//go:wasmimport aion continue
//go:noescape
func roomContinue(same int32, ptr unsafe.Pointer, size int32)

func outside() {} // the code runs inside of the room

//go:wasmexport aion_enter
func aionEnter(op int32, token int64, at, size int32) { enter(op, token, at, size) }

// mainMain is the author's func main. A library's main is not run by itself.
//
//go:linkname mainMain main.main
func mainMain()
