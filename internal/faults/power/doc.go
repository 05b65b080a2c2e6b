// Package power takes the power away from a process that only died. SIGKILL leaves the page cache,
// so that whatever was written is there afterwards, synced or not. A Watch notes beside the files
// how to undo every write, creation, rename and removal, and what has been synced since; Lose,
// called before the next start, undoes what was not synced, or a part of it that a disk could have
// left behind.
//
// It decides nothing about when. It never changes what a running process reads: files are the real
// ones, so maps, offline readers and people see what they always see. Only what goes through a
// Watch can be undone. Linux only, for the links it keeps are made from descriptors. Begin with
// Watch, then read Lose.
package power
