package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/cmd/aion-node/recording"
	"aion.dev/aion/cmd/aion-node/rewind"
	"aion.dev/aion/engine/runtime/languages"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// stepped is the answer of debug --json.
type stepped struct {
	WorkflowID string         `json:"workflow_id"`
	RunID      string         `json:"run_id"`
	Version    string         `json:"version"` // of the code that it was replayed on
	Turns      []*rewind.Step `json:"turns"`
}

func debugCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	var on string
	var turn int
	var all, plain bool
	cmd := &cobra.Command{
		Use:   "debug ID|FILE",
		Short: "Go through a run turn by turn, forwards and backwards",
		Long: `Go through a run turn by turn, forwards and backwards: what each turn had seen, what its code asked for, at which lines the code waited then, and what was in its
variables. ID names a run of the cluster, FILE one that export has written. It is replayed here: nothing happens to the run.

The code is the version that the run is on: in FILE, in the current folder if that is a project of the same version, or fetched from the cluster. --on
takes another archive or project instead, or another version that is loaded, full or a prefix.

On a terminal keys go on and back; elsewhere, and with --plain, it takes commands on standard input, one a line: next, back, first, last, goto N, quit.
--turn N shows one turn, --all shows all, and so does --json.`,
		Args: arguments("ID|FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, about, err := a.session(cmd.Context(), args[0], ref, on)
			if err != nil {
				return err
			}
			defer s.Close()
			switch {
			case s.Len() == 0:
				return local("invalid_state", "Nothing to go through", "the run has taken no turn yet", "")
			case turn < 0 || turn > s.Len():
				return usage("--turn %d: the run has turns 1 to %d", turn, s.Len())
			}
			first, last := 1, s.Len()
			switch in, interactive := a.in.(*os.File); {
			case turn > 0:
				first, last = turn, turn
			case all || a.json:
			case !plain && interactive && term.IsTerminal(int(in.Fd())) && onTerminal(a.out):
				return s.Screen(cmd.Context(), in, a.out)
			default:
				return s.Plain(cmd.Context(), a.in, a.out)
			}
			for n := first; n <= last; n++ {
				step, err := s.Step(cmd.Context(), n)
				if err != nil {
					return err
				}
				about.Turns = append(about.Turns, step)
			}
			return a.answer(about, func(w io.Writer) {
				for _, step := range about.Turns {
					for _, line := range s.Lines(step) {
						fmt.Fprintln(w, line)
					}
				}
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&on, "on", "", "replay on the code of the archive or project `FILE|DIR`, or of a version that is loaded")
	f.IntVar(&turn, "turn", 0, "show only turn `N`")
	f.BoolVar(&all, "all", false, "show all turns, and end")
	f.BoolVar(&plain, "plain", false, "take commands on standard input, also on a terminal")
	addRunFlag(cmd, &ref)
	return cmd
}

func onTerminal(w io.Writer) bool {
	_, ok := terminal(w)
	return ok
}

// session finds the recording and the code.
func (a *app) session(ctx context.Context, what string, ref wire.RunRef, on string) (*rewind.Session, *stepped, error) {
	var rec *recording.Recording
	var err error
	if info, missing := os.Stat(what); missing == nil && info.Mode().IsRegular() {
		if rec, err = recording.Read(what); err != nil {
			return nil, nil, local("invalid_input", "The file is no exported run", err.Error(), "aion-node export ID writes one")
		}
	} else {
		ref.WorkflowID = what
		if rec, err = a.recorded(ctx, ref); err != nil {
			return nil, nil, err
		}
	}
	data, folder, err := a.codeOf(ctx, rec, on)
	if err != nil {
		return nil, nil, err
	}
	archive, err := catalog.Open(data, everyArchive)
	if err != nil {
		return nil, nil, err
	}
	program, err := languages.Local().Compile(ctx, archive)
	if err != nil {
		return nil, nil, err
	}
	s, err := rewind.New(rec, archive, program, folder)
	if err != nil {
		return nil, nil, local("invalid_input", "The run and the code do not fit", err.Error(), "")
	}
	return s, &stepped{WorkflowID: rec.Run.WorkflowID, RunID: rec.Run.RunID.String(), Version: archive.Version.String(), Turns: []*rewind.Step{}}, nil
}

// recorded reads a run of the cluster.
func (a *app) recorded(ctx context.Context, ref wire.RunRef) (*recording.Recording, error) {
	c, err := a.connect()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	f, err := a.export(ctx, c, ref, false)
	if err != nil {
		return nil, err
	}
	return recording.Decode(f)
}

// codeOf finds the archive that a run is replayed on, and the folder of the project that it was
// built from, if it was built here.
func (a *app) codeOf(ctx context.Context, rec *recording.Recording, on string) (archive []byte, folder string, err error) {
	if on != "" {
		info, missing := os.Stat(on)
		if missing != nil {
			if _, version := typeOrVersion(on, false); version != "" {
				archive, err = a.fetched(ctx, rec, version)
				return archive, "", err
			}
		} else if info.IsDir() {
			folder = on
		}
		archive, err = a.readArchive(ctx, on)
		return archive, folder, err
	}
	if code := rec.File.Archive.Code; len(code) > 0 {
		return code, "", nil
	}
	if built, err := project.Build("."); err == nil && built.Version == rec.Run.Version {
		return built.Archive, ".", nil
	}
	archive, err = a.fetched(ctx, rec, rec.Run.Version.String())
	return archive, "", err
}

// fetched is the archive of a version of the cluster.
func (a *app) fetched(ctx context.Context, rec *recording.Recording, version string) ([]byte, error) {
	c, err := a.connect()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.FetchArchive(ctx, rec.Run.Type, version, a.readOptions()...)
}
