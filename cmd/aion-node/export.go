package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"aion.dev/aion/cmd/aion-node/recording"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// exported is the answer of export.
type exported struct {
	Path       string `json:"path"`
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Version    string `json:"version"`
	Events     int    `json:"events"`
	Turns      int    `json:"turns"`
}

func exportCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	var path string
	var code, force bool
	cmd := &cobra.Command{
		Use:   "export ID",
		Short: "Write a run's history to a file, to replay it elsewhere",
		Long: `Write the history of a run to one file, with the turns that its code took, the version that it is on, and which archive has the code: what test --history and
debug need on a machine without a cluster. With --code the archive is in the file, too. The file is JSON; it has everything that the run was given and
has answered, so it needs the grant payload.`,
		Args: arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref.WorkflowID = args[0]
			if path == "-" && a.json {
				return usage("--out - and --json would both write to standard output")
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			f, err := a.export(cmd.Context(), c, ref, code)
			if err != nil {
				return err
			}
			data, err := json.MarshalIndent(f, "", " ")
			if err != nil {
				return err
			}
			data = append(data, '\n')
			if path == "-" {
				_, err := a.out.Write(data)
				return err
			}
			if path == "" {
				path = fileName(f.Run.WorkflowID) + ".run.json"
			}
			if err := free(path, force); err != nil {
				return err
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				return err
			}
			answer := exported{path, f.Run.WorkflowID, f.Run.RunID, f.Run.Version, len(f.Events), len(f.Run.Turns)}
			return a.answer(answer, func(w io.Writer) {
				fmt.Fprintf(w, "%s: %s of %s, %s, version %s\n", path, count(answer.Events, "event"), answer.WorkflowID, count(answer.Turns, "turn"), short(answer.Version))
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&path, "out", "", "write `FILE` (default: ID.run.json); - is standard output")
	f.BoolVar(&code, "code", false, "put the archive into the file")
	f.BoolVar(&force, "force", false, "replace a file that exists")
	addRunFlag(cmd, &ref)
	return cmd
}

// fileName turns a workflow id into the name of a file.
func fileName(id string) string {
	name := []byte(id)
	for i, c := range name {
		if c == ':' {
			name[i] = '_'
		}
	}
	return string(name)
}

// export reads what a replay of a run needs. What happens to the run meanwhile is left out.
func (a *app) export(ctx context.Context, c *client.Client, ref wire.RunRef, code bool) (*recording.File, error) {
	f := &recording.File{Format: recording.Format}
	for {
		after := uint64(len(f.Run.Turns))
		h, err := c.Record(ctx, ref, uint64(len(f.Events))+1, after, wire.MaxPage, a.readOptions()...)
		if err != nil {
			return nil, err
		}
		if h.Record == nil {
			return nil, local("permission_denied", "Payloads are withheld", "a history without payloads cannot be replayed, and the token lacks the grant payload", "ask with a token that has payload")
		}
		turns := append(f.Run.Turns, h.Record.Turns...)
		f.Run, f.Index = *h.Record, h.Index
		f.Run.Turns = turns
		f.Events = append(f.Events, h.Events...)
		ref.RunID = f.Run.RunID // further pages are of the same run
		if len(h.Events) < wire.MaxPage && len(h.Record.Turns) < wire.MaxPage {
			break
		}
	}
	f.Run.Turns = wholeTurns(f)
	f.Archive.Version = f.Run.Version
	archive, err := c.FetchArchive(ctx, f.Run.WorkflowType, f.Run.Version, a.readOptions()...)
	if err == nil {
		f.Archive.SHA256 = fmt.Sprintf("%x", sha256.Sum256(archive))
		if code {
			f.Archive.Code = archive
		}
	} else if code {
		return nil, err
	}
	return f, nil
}

// wholeTurns leaves out turns that were taken after the last event was read.
func wholeTurns(f *recording.File) []wire.Turn {
	for i, t := range f.Run.Turns {
		end := t.Through
		if t.Count > 0 {
			end = t.FirstSeq + t.Count - 1
		}
		if end > uint64(len(f.Events)) {
			return f.Run.Turns[:i]
		}
	}
	return f.Run.Turns
}
