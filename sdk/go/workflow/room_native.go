//go:build !wasip1

package workflow

import "unsafe"

// Outside of the room nothing works: these functions let editors, vet and the tests of records
// compile the package.

func outside() {
	panic("package workflow: workflow code runs inside of Aion only: build it by GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared, and try it by aion-node test or dev")
}

func roomRead(unsafe.Pointer, int32)               { outside() }
func roomNow() int64                               { outside(); return 0 }
func roomRandom() int64                            { outside(); return 0 }
func roomLog(unsafe.Pointer, int32)                { outside() }
func roomAt(unsafe.Pointer, int32)                 { outside() }
func roomInfo() int32                              { outside(); return 0 }
func roomCancelled(int32) int32                    { outside(); return 0 }
func roomStart(int32, unsafe.Pointer, int32) int64 { outside(); return 0 }
func roomState(int64) int64                        { outside(); return 0 }
func roomWait(int64, int32, unsafe.Pointer, int32) int32 {
	outside()
	return 0
}
func roomCancel(int64)                             { outside() }
func roomHolds(int64)                              { outside() }
func roomHandle(int32, unsafe.Pointer, int32)      { outside() }
func roomDone(int64, int32, unsafe.Pointer, int32) { outside() }
func roomAnswer(int32, unsafe.Pointer, int32)      { outside() }
func roomTell(int32, unsafe.Pointer, int32)        { outside() }
func roomContinue(int32, unsafe.Pointer, int32)    { outside() }
func mainMain()                                    { outside() }
