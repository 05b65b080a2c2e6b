// Package power simulates a power loss for a process that was only killed. SIGKILL leaves the page
// cache, so everything written survives, synced or not. A Watch records beside the files how to
// undo every write, creation, rename and removal, and what has been synced since. Lose, called
// before the next start, undoes what was not synced, or a part of it that a disk could have left
// behind.
//
// It does not decide when the power fails. It never changes what a running process reads: the files
// are the real ones, so maps, offline readers and people see what they always see. Only what goes
// through a Watch can be undone. It needs Linux, because it makes links from descriptors. Begin
// with Watch, then read Lose.
package power
