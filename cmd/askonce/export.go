// `askonce export`: the whole cache into a file.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/transfer"
)

// ExportCmd writes a cache into a file.
type ExportCmd struct {
	StoreFlags
	File      string `arg:"" help:"File to write; - is stdout."`
	Resume    bool   `help:"Go on with an export that was interrupted."`
	NoVectors bool   `help:"Leave the vectors out; an import computes them again." name:"no-vectors"`
}

// Help is shown below the flags.
func (ExportCmd) Help() string {
	return `Writes every live entry, of all tenants, with its vector, and the versions of thresholds, labels,
audits and wrong answers that were reported: JSON lines in zstd, for askonce import. Look into it with:
zstd -dc FILE | jq

The file holds prompts and answers; only its owner may read it (mode 0600). It grows as FILE.part and
gets its name when it is complete. Vectors are written as float32, as precise as the index has them
(the data folder keeps 16 bits of each component). A service that uses the data folder must be stopped
first; Redis and Qdrant may be in use. With answers on Redis and vectors in the folder of a service
that runs, use --no-vectors.

` + secretHelp + `

Examples:
  askonce export cache.jsonl.zst
  askonce export --redis redis://cache:6379 --qdrant vectors:6334 cache.jsonl.zst
  askonce export --resume cache.jsonl.zst
  askonce export --data OLD - | askonce import --redis redis://cache:6379 -`
}

// anyEntry is more than a service may be configured to keep in one entry.
const anyEntry = 1 << 30

// Run writes the file.
func (c ExportCmd) Run(p *process) error {
	l, log, err := c.load(p)
	if err != nil {
		return err
	}
	if err := c.check(l, p); err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	embedder, err := newEmbedder(l.Embedder)
	if err != nil {
		return err
	}
	if c.NoVectors {
		embedder = nil
	}
	l.Cache.MaxBytes = math.MaxInt64 // to read is not to evict
	from, err := openPlace(&l.Config, embedder, anyEntry, log)
	if err != nil {
		return err
	}
	if from.db != nil && from.db.Stats().SetAside != "" {
		return errors.Join(errors.New("the data folder was damaged, there is nothing left to export"), from.close())
	}
	x := export{cmd: c, from: from, p: p, began: time.Now()}
	if err = from.check(ctx); err == nil {
		err = x.run(ctx)
	}
	return errors.Join(err, from.close())
}

// check refuses what would leave an empty file or destroy another one.
func (c ExportCmd) check(l *loaded, p *process) error {
	if l.Redis.URL == "" {
		if _, err := os.Stat(filepath.Join(l.Data, "askonce.db")); err != nil {
			return fmt.Errorf("data: there is no cache in %s: %s; name its folder with --data", l.Data, reason(err))
		}
	}
	switch {
	case c.File == "-" && c.Resume:
		return errors.New("--resume needs a file, stdout cannot be continued")
	case c.File == "-" && isTerminal(p.Stdout):
		return errors.New("a terminal cannot show the file; name one, or send stdout elsewhere")
	case c.File == "-":
		return nil
	}
	if _, err := os.Lstat(c.File); err == nil {
		return fmt.Errorf("%s is there already; remove it, or name another file", c.File)
	}
	return nil
}

// export is a run of the command.
type export struct {
	cmd   ExportCmd
	from  *place
	p     *process
	began time.Time

	credentials credentials
	bar         *progressbar.ProgressBar
}

func (x *export) run(ctx context.Context) error {
	header := x.header()
	if x.cmd.File == "-" {
		w, err := transfer.NewWriter(x.p.Stdout, header)
		if err != nil {
			return err
		}
		done, err := x.write(ctx, w, nil)
		return x.end(x.p.Stderr, done, nil, err)
	}
	file, err := openPart(x.cmd.File, x.cmd.Resume)
	if err != nil {
		return err
	}
	w, err := file.writer(header)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	done, err := x.write(ctx, w, file.part)
	if err = errors.Join(err, file.finish(err == nil)); err != nil && ctx.Err() != nil {
		err = fmt.Errorf("interrupted; the same command with --resume goes on with %s", file.Name())
	}
	return x.end(x.p.Stdout, done, file.part, err)
}

func (x *export) header() transfer.Header {
	h := transfer.NewHeader(buildVersion(), x.began)
	h.Secret = x.from.secret
	if x.vectors() != nil {
		h = h.WithVectors(x.from.embedder.Identity(), x.from.embedder.Dimensions())
	}
	return h
}

// vectors is where vectors can be read; nil if nowhere.
func (x *export) vectors() cache.VectorReader {
	vectors, _ := x.from.index.(cache.VectorReader)
	return vectors
}

func (x *export) write(ctx context.Context, w *transfer.Writer, part *transfer.Part) (transfer.Exported, error) {
	entries, ok := x.from.entries.(cache.Scanner)
	if !ok {
		return transfer.Exported{}, errors.New("this store cannot be read as a whole")
	}
	if part != nil && part.Ended {
		return transfer.Exported{}, nil
	}
	of := int64(-1)
	if x.from.redis == nil {
		of = x.from.db.Stats().Entries
	}
	x.bar = newBar(x.p.Stderr, "exporting", of, progressbar.OptionShowCount())
	defer x.bar.Clear()
	done, err := transfer.Export(ctx, w, transfer.ExportOptions{
		Entries: entries, Sealer: x.from.sealer, Vectors: x.vectors(), Books: x.from.books(), Part: part,
		Written: func(e *cache.Entry) {
			x.credentials.note(e)
			_ = x.bar.Add(1)
		},
		Unreadable: func(key cache.Key) {
			fmt.Fprintf(x.p.Stderr, "askonce: entry %s cannot be read; left out\n", key)
		},
	})
	if err != nil {
		return done, err
	}
	return done, w.Close()
}

// end tells what was done.
func (x *export) end(w io.Writer, done transfer.Exported, part *transfer.Part, err error) error {
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "exported %s, %d of them with vectors, and %s of thresholds and labels, in %.1f s",
		counted(done.Entries, "entry", "entries"), done.Vectors, counted(done.Rows, "row", "rows"), time.Since(x.began).Seconds())
	if part != nil {
		fmt.Fprintf(w, "; %d were in the file already", part.Entries)
	}
	if done.Unreadable > 0 {
		fmt.Fprintf(w, "; %d could not be read", done.Unreadable)
	}
	fmt.Fprintln(w)
	if x.credentials > 0 {
		fmt.Fprintf(x.p.Stderr, "askonce: callers without a configured key have %s: move the secret along, see `askonce export --help`\n",
			counted(int(x.credentials), "entry", "entries"))
	}
	return nil
}
