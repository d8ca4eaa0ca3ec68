// `askonce import`: the entries of a file into a cache.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/askonce/askonce/cache/transfer"
)

// ImportCmd reads a file into a cache.
type ImportCmd struct {
	StoreFlags
	File   string `arg:"" help:"File to read, as askonce export wrote it; - is stdin."`
	Strict bool   `help:"Stop at the first line that cannot be used, instead of leaving it out."`
}

// Help is shown below the flags.
func (ImportCmd) Help() string {
	return `Writes what askonce export has written into the configured stores. Entries that have expired, that
are here already, or that are older than what is here, are left alone; so an import that was
interrupted is simply done again. Vectors of another embedder than the configured one are computed
anew, and so are those that are missing.

Versions of thresholds keep their numbers: one whose number is taken is left alone, and the highest holds.

Lines that cannot be used are named by their number and left out. A file that was cut off is imported
as far as it goes, with exit code 1. JSON lines that are not compressed are read as well. A service
that uses the data folder must be stopped first; Redis and Qdrant may be in use.

` + secretHelp + `

Examples:
  askonce import cache.jsonl.zst
  askonce import --redis redis://cache:6379 --qdrant vectors:6334 cache.jsonl.zst
  ssh old askonce export - | askonce import -`
}

// Run reads the file.
func (c ImportCmd) Run(p *process) error {
	l, log, err := c.load(p)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	im := importing{cmd: c, cfg: &l.Config, p: p, began: time.Now()}
	file, err := im.open()
	if err != nil {
		return err
	}
	defer file.Close()
	// The header comes before the stores: nothing is made for a file that is
	// none.
	if im.reader, err = transfer.NewReader(file); err != nil {
		return im.fileError(err)
	}
	embedder, err := newEmbedder(l.Embedder)
	if err != nil {
		return err
	}
	if im.to, err = openPlace(&l.Config, embedder, int(l.Cache.MaxEntryBytes), log); err != nil {
		return err
	}
	if err = im.to.prepare(ctx, log); err == nil {
		err = im.run(ctx)
	}
	return errors.Join(err, im.to.close())
}

// importing is a run of the command.
type importing struct {
	cmd    ImportCmd
	cfg    *Config
	to     *place
	p      *process
	reader *transfer.Reader
	bar    *progressbar.ProgressBar
	began  time.Time

	bad         int
	credentials credentials
}

// maxNamed is how many lines that cannot be used are named.
const maxNamed = 20

// open opens the file with a bar that shows how far it was read.
func (im *importing) open() (io.ReadCloser, error) {
	file, size := os.Stdin, int64(-1)
	if im.cmd.File != "-" {
		var err error
		if file, err = os.Open(im.cmd.File); err != nil {
			return nil, fmt.Errorf("%s cannot be read: %s", im.cmd.File, reason(err))
		}
		if stat, err := file.Stat(); err == nil && stat.Mode().IsRegular() {
			size = stat.Size()
		}
	}
	im.bar = newBar(im.p.Stderr, "importing", size, progressbar.OptionShowBytes(true))
	return read{file, im.bar}, nil
}

// name is the file's for people.
func (im *importing) name() string {
	if im.cmd.File == "-" {
		return "stdin"
	}
	return im.cmd.File
}

func (im *importing) fileError(err error) error {
	im.bar.Clear()
	return fmt.Errorf("%s: %w", im.name(), err)
}

// run imports the file and tells what was done, also if that was not all.
func (im *importing) run(ctx context.Context) error {
	done, err := im.write(ctx)
	im.report(done)
	switch {
	case err != nil && ctx.Err() != nil:
		return errors.New("interrupted; the same command goes on")
	case err != nil:
		return im.fileError(err)
	}
	return nil
}

func (im *importing) write(ctx context.Context) (transfer.Imported, error) {
	defer im.bar.Clear()
	rules, err := namespaceRules(im.cfg)
	if err != nil {
		return transfer.Imported{}, err
	}
	opts := transfer.ImportOptions{
		Store: im.to.entries, Books: im.to.books(), Sealer: im.to.sealer, MaxEntryBytes: int(im.cfg.Cache.MaxEntryBytes), Strict: im.cmd.Strict,
		Indexes: func(tenant, namespace string) bool { return rules(tenant, namespace).Mode.Semantic() },
		Written: im.credentials.note,
		Bad:     im.leftOut,
	}
	if im.to.embedder != nil {
		opts.Index, opts.Embedder = im.to.index, im.to.embedder
	}
	return transfer.Import(ctx, im.reader, opts)
}

func (im *importing) leftOut(err *transfer.LineError) {
	im.bad++
	switch {
	case im.bad <= maxNamed:
		fmt.Fprintf(im.p.Stderr, "askonce: %s: %s; left out\n", im.name(), err)
	case im.bad == maxNamed+1:
		fmt.Fprintln(im.p.Stderr, "askonce: more lines are left out and not named")
	}
}

// report tells what was done, and what to do about it.
func (im *importing) report(done transfer.Imported) {
	table := tabwriter.NewWriter(im.p.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "entries\t%d written\n", done.Written)
	fmt.Fprintf(table, "skipped\t%d here already, %d older than what is here, %d expired, %s\n", done.Present, done.Older, done.Expired,
		counted(done.Bad, "bad line", "bad lines"))
	fmt.Fprintf(table, "thresholds, labels\t%s written, %d here already\n", counted(done.Rows, "row", "rows"), done.RowsPresent)
	fmt.Fprintf(table, "vectors\t%d taken over, %d computed, %s too long\n", done.Vectors-done.Embedded, done.Embedded,
		counted(done.TooLong, "prompt", "prompts"))
	fmt.Fprintf(table, "seconds\t%.1f\n", time.Since(im.began).Seconds())
	table.Flush()
	if im.to.redis == nil {
		if evicted := im.to.db.Stats().Evicted; evicted > 0 {
			fmt.Fprintf(im.p.Stderr, "askonce: %s made room for newer ones: cache.max_bytes is %s\n",
				counted(int(evicted), "entry", "entries"), roughly(int64(im.cfg.Cache.MaxBytes)))
		}
	}
	if secret := im.reader.Header().Secret; im.credentials > 0 && secret != im.to.secret {
		fmt.Fprintf(im.p.Stderr, "askonce: %s of callers without a configured key will not be found: the secret here is another one than "+
			"where the file was written; see `askonce import --help`\n", counted(int(im.credentials), "entry", "entries"))
	}
}
