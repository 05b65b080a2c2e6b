package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/cluster/increments"
	"github.com/spf13/cobra"
)

// backedUp is the answer of backup and of backup verify.
type backedUp struct {
	Path         string `json:"path"`
	Bytes        int64  `json:"bytes"`
	ArchiveBytes int64  `json:"archive_bytes"`
	backup.Header
	ResumedAt *int64       `json:"resumed_at,omitempty"` // bytes that were there before the command
	Rebuilt   *rebuiltFile `json:"rebuilt,omitempty"`
}

func answerOf(path string, h backup.Header) (backedUp, error) {
	size, err := h.Size()
	return backedUp{Path: path, Bytes: size, ArchiveBytes: h.ArchiveBytes(), Header: h}, err
}

func backupCmd(a *app) *cobra.Command {
	var from string
	var force bool
	var every time.Duration
	var keep int
	cmd := &cobra.Command{
		Use:   "backup FILE|FOLDER|s3://BUCKET/PREFIX",
		Short: "Write a backup of the cluster to a file, or increments to a folder or bucket",
		Long: `Write a backup to a file: one consistent state, with everything that was acknowledged before the command began, and every archive. Any node makes one; callers
of the cluster go on. --stale also works without a leader, and may lack what was acknowledged lately.

Until it is complete and checked, the file is called FILE.partial. If the connection breaks, the command goes on where it stopped; so does the same command
later, as long as the node has the backup open (backup.keep). Otherwise it says so and begins a new one. restore reads it again.

To a folder that exists, or to a bucket of an S3-compatible store, it writes an increment: only what is not there yet is sent, and each backup stands by itself. With --every it goes on
for ever, also while the store or the cluster is away; with --keep it gives up all but the newest. Several may write to one place. A bucket is s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=REGION;
keys are found where tools for S3 look (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ~/.aws/credentials, the machine's role).`,
		Example: `  aion-node backup aion-$(date +%F).backup --from n2.example:7600
  aion-node backup s3://backups/aion --every 5m --keep 288 --from n2.example:7600
  aion-node backup verify aion-2026-11-28.backup --rebuild`,
		Args: arguments("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := args[0]
			if path == "-" {
				return usage("backup: a backup goes to a file, so that it can go on if it breaks off")
			}
			into := isStore(path)
			if err := incrementMistake(cmd, path, into, every, keep); err != nil {
				return err
			}
			if near := nearCommand(cmd, path); !into && near != "" { // a slip must not write a file of that name
				return usage("backup: there is no command %q%s; a file of that name is ./%s", path, near, path)
			}
			if !into {
				if err := free(path, force); err != nil {
					return err
				}
			}
			if from != "" {
				if len(a.addresses) > 0 {
					return usage("--from and --addr are both given: --from names the one node to ask")
				}
				a.addresses = []string{from}
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			if into {
				return a.backupInto(cmd.Context(), c, path, every, keep)
			}
			d := &download{client: c, path: path, stale: a.stale, show: newByteProgress(a.err, "backup"), says: a.err, patience: a.patience}
			a.after = afterwards{goesOn: "the same command goes on where it stopped, as long as the node has the backup open"}
			if err := d.run(cmd.Context()); err != nil {
				return err
			}
			one, err := answerOf(path, *d.header)
			if err != nil {
				return err
			}
			if d.resumed {
				one.ResumedAt = &d.had
			}
			return a.answer(one, func(w io.Writer) { printBackup(w, "wrote", one) })
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "ask the node at `ADDR`, instead of those of --addr")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it exists")
	cmd.Flags().DurationVar(&every, "every", 0, "write an increment each time this has passed, until it is interrupted")
	cmd.Flags().IntVar(&keep, "keep", 0, "give up all increments of this cluster but the newest so many (default: keep all)")
	cmd.AddCommand(backupListCmd(a), backupVerifyCmd(a))
	return cmd
}

// incrementMistake checks the flags of increments.
func incrementMistake(cmd *cobra.Command, target string, into bool, every time.Duration, keep int) error {
	switch {
	case !into && (cmd.Flags().Changed("every") || cmd.Flags().Changed("keep")):
		return usage("--every and --keep are for increments, and %s is neither a folder that exists nor s3://BUCKET/PREFIX", target)
	case into && cmd.Flags().Changed("force"):
		return usage("--force is for files: an increment replaces nothing")
	case cmd.Flags().Changed("every") && every < time.Second:
		return usage("--every %s is less than 1s", every)
	case cmd.Flags().Changed("keep") && keep < 1:
		return usage("--keep %d would keep nothing: the least is 1", keep)
	}
	return nil
}

func backupVerifyCmd(a *app) *cobra.Command {
	var rebuild bool
	var at string
	cmd := &cobra.Command{
		Use:   "verify FILE|FOLDER|s3://BUCKET/PREFIX",
		Short: "Check every byte of a backup",
		Long: `Check a backup without a cluster: that it is complete, every checksum, and the digest of every archive. With --rebuild it also builds the state in a temporary
folder (TMPDIR), as large as the state, and recounts everything in it that follows from something else. Of a folder or bucket the newest backup is read, or the one that --at chooses.`,
		Args: arguments("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			one, err := a.verifyBackup(cmd.Context(), args[0], at, rebuild)
			if err != nil {
				return err
			}
			return a.answer(one, func(w io.Writer) { printBackup(w, "verified", one) })
		},
	}
	cmd.Flags().BoolVar(&rebuild, "rebuild", false, "also build the state and recount it")
	addAt(cmd, &at)
	return cmd
}

// addAt adds the flag that chooses a backup of a store.
func addAt(cmd *cobra.Command, at *string) {
	cmd.Flags().StringVar(at, "at", "", "of a folder or bucket: the newest backup that is not after an index or `TIME` ("+momentHelp+"), or an id that backup list shows")
}

// verifyBackup checks a file, or a backup of a store.
func (a *app) verifyBackup(ctx context.Context, target, at string, rebuild bool) (one backedUp, err error) {
	f, path, err := a.openBackup(ctx, target, at)
	if err != nil {
		return one, err
	}
	defer f.Close()
	show := newByteProgress(a.err, "verify")
	defer show.end()
	if size, err := f.Size(); err == nil {
		show.begin(0, size)
	}
	var sink backup.Sink
	var rebuilt *rebuiltFile
	if rebuild {
		dir, err := os.MkdirTemp("", "aion-verify-")
		if err != nil {
			return one, err
		}
		defer os.RemoveAll(dir)
		var h backup.Header
		sink.Begin = func(read backup.Header) error { h = read; return nil }
		sink.State = func(r io.Reader) (err error) {
			rebuilt, err = rebuildState(dir, h, r)
			return err
		}
	}
	h, err := backup.Read(io.TeeReader(f, show), sink)
	if err != nil {
		return one, damagedFile(path, err)
	}
	one, err = answerOf(path, h)
	one.Rebuilt = rebuilt
	return one, err
}

// damagedFile names the file of a backup that is damaged.
func damagedFile(path string, err error) error {
	if d, is := errors.AsType[*backup.Damaged](err); is {
		return &wrongBackup{path, d}
	}
	if d, is := errors.AsType[*increments.Damaged](err); is {
		return &wrongBackup{path, d}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// wrongBackup is a file that is no backup, or not the one that was written.
type wrongBackup struct {
	path string
	flaw error
}

func (w *wrongBackup) Error() string { return w.path + ": " + w.flaw.Error() }
func (w *wrongBackup) Unwrap() error { return w.flaw }

func printBackup(w io.Writer, did string, b backedUp) {
	fmt.Fprintf(w, "%s %s\n", did, oneLine(b.Path))
	state, archives := bytesOf(b.StateBytes), "none"
	if n := len(b.Archives); n > 0 {
		archives = fmt.Sprintf("%d, %s", n, bytesOf(b.ArchiveBytes))
	}
	resumed, rebuilt := "", ""
	if b.ResumedAt != nil {
		resumed = "after " + bytesOf(*b.ResumedAt)
	}
	if b.Rebuilt != nil {
		rebuilt = "recounted, nothing is wrong; checksum " + b.Rebuilt.Checksum
	}
	card(w,
		[2]string{"cluster", b.ClusterID}, [2]string{"name", b.ClusterName}, [2]string{"node", b.Node + ", " + b.Build}, [2]string{"index", strconv.FormatUint(b.Index, 10)},
		[2]string{"log time", exact(b.LogTime)}, [2]string{"level", strconv.FormatUint(b.Level, 10)}, [2]string{"digest", b.Digest},
		[2]string{"versions", strconv.FormatUint(b.Versions, 10)}, [2]string{"runs", fmt.Sprintf("%d open, %d closed", b.OpenRuns, b.ClosedRuns)},
		[2]string{"state", state}, [2]string{"archives", archives}, [2]string{"file", bytesOf(b.Bytes)}, [2]string{"went on", resumed}, [2]string{"rebuilt", rebuilt})
}

// syncFolder makes a rename in the folder of path durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// byteProgress shows on a terminal how many bytes there are of how many; elsewhere nothing.
type byteProgress struct {
	w     io.Writer
	what  string
	width int // of the terminal; 0 = none
	done  int64
	all   int64
	had   int64 // when it began
	began time.Time
	shown time.Time
}

func newByteProgress(w io.Writer, what string) *byteProgress {
	width, _ := terminal(w)
	return &byteProgress{w: w, what: what, width: width}
}

func (p *byteProgress) begin(done, all int64) {
	p.done, p.had, p.all, p.began = done, done, all, time.Now()
}

// Write implements io.Writer: it counts.
func (p *byteProgress) Write(b []byte) (int, error) {
	p.done += int64(len(b))
	if now := time.Now(); p.width > 0 && now.Sub(p.shown) > 100*time.Millisecond {
		p.shown = now
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.line(now))
	}
	return len(b), nil
}

func (p *byteProgress) line(now time.Time) string {
	text := fmt.Sprintf("%s: %s of %s", p.what, bytesOf(p.done), bytesOf(p.all))
	if took := now.Sub(p.began).Seconds(); took > 0.5 {
		text += fmt.Sprintf(", %s/s", bytesOf(int64(float64(p.done-p.had)/took)))
	}
	return text[:min(len(text), max(p.width-1, 0))]
}

// say shows what happens now, in place of how many bytes there are.
func (p *byteProgress) say(text string) {
	if p.width == 0 {
		return
	}
	p.shown = time.Now()
	text = p.what + ": " + text
	fmt.Fprintf(p.w, "\r\x1b[K%s", text[:min(len(text), p.width-1)])
}

// end removes the line.
func (p *byteProgress) end() {
	if !p.shown.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = time.Time{}
	}
}
