package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// diskOf adds up the files of a node's data folder. The node may write, rename and remove files
// meanwhile.
func diskOf(folder string) (d Disk, err error) {
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		in, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		in = filepath.ToSlash(in)
		if e.IsDir() && strings.HasPrefix(in, "state/snap-") { // links to files that are in state/live too
			return fs.SkipDir
		}
		if !e.Type().IsRegular() {
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		bytes := float64(info.Size())
		switch {
		case strings.HasPrefix(in, "state/"):
			d.State += bytes
		case strings.HasPrefix(in, "raft/snapshots/"):
			d.Snapshots += bytes
		case strings.HasPrefix(in, "raft/"):
			d.Log += bytes
		default:
			d.Other += bytes
		}
		return nil
	})
	return d, err
}

// written returns how many bytes a process has handed to the disk; 0 where the system does not
// tell.
func (p *process) written() float64 {
	return procFigure(p, "io", `(?m)^write_bytes: (\d+)$`)
}

// peak returns the most memory that a process has taken; 0 where the system does not tell.
func (p *process) peak() float64 {
	return procFigure(p, "status", `(?m)^VmHWM:\s*(\d+) kB$`) * 1024
}

func procFigure(p *process, file, pattern string) float64 {
	found := regexp.MustCompile(pattern).FindStringSubmatch(fileText(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file)))
	if found == nil {
		return 0
	}
	v, _ := strconv.ParseFloat(found[1], 64)
	return v
}
