package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/embedded"
)

const damageEntries = 200

// sound returns the bytes of a data file with entries and points.
func sound(t *testing.T) []byte {
	t.Helper()
	folder := t.TempDir()
	db := open(t, embedded.Options{Folder: folder})
	x := openIndex(t, db, 64)
	for n := 0; n < damageEntries; n += 50 {
		var entries []cache.Record
		var points []cache.Point
		for i := n; i < n+50; i++ {
			entries, points = append(entries, entry(i)), append(points, question(i, 64))
		}
		if err := errors.Join(db.Store().Put(context.Background(), entries), x.Upsert(context.Background(), points)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(folder, "askonce.db"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// folderWith returns a data folder whose file has that content.
func folderWith(t *testing.T, data []byte) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "askonce.db"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestDamagedFileIsSetAside(t *testing.T) {
	whole := sound(t)
	changed := func(change func(data []byte) []byte) []byte { return change(bytes.Clone(whole)) }
	for name, data := range map[string][]byte{
		"empty":            {},
		"one byte":         {7},
		"cut to one page":  whole[:4096],
		"cut to two pages": whole[:8192],
		"cut in the middle": changed(func(d []byte) []byte {
			return d[:os.Getpagesize()*10]
		}),
		"garbage": changed(func(d []byte) []byte {
			r := rand.NewChaCha8([32]byte{1})
			r.Read(d)
			return d
		}),
		"garbage header": changed(func(d []byte) []byte {
			copy(d, bytes.Repeat([]byte("garbage!"), os.Getpagesize()/4))
			return d
		}),
		"garbage behind the header": changed(func(d []byte) []byte {
			r := rand.NewChaCha8([32]byte{2})
			r.Read(d[2*os.Getpagesize():])
			return d
		}),
		"zeros behind the header": changed(func(d []byte) []byte {
			clear(d[2*os.Getpagesize():])
			return d
		}),
		"another program's file": []byte(strings.Repeat("PK\x03\x04 not a store ", 10_000)),
	} {
		t.Run(name, func(t *testing.T) {
			folder := folderWith(t, data)
			var logged bytes.Buffer
			db := open(t, embedded.Options{Folder: folder, Log: slog.New(slog.NewTextHandler(&logged, nil))})
			aside := db.Stats().SetAside
			if !strings.HasPrefix(filepath.Base(aside), "askonce.db.damaged-2") {
				t.Fatalf("set aside as %q", aside)
			}
			if kept, err := os.ReadFile(aside); err != nil || len(data) > 0 && !bytes.Equal(kept, data) {
				t.Errorf("what was set aside differs from the damaged file: %v", err)
			}
			if line := logged.String(); strings.Count(line, "\n") != 1 ||
				!strings.Contains(line, aside) || !strings.Contains(line, filepath.Join(folder, "askonce.db")) {
				t.Errorf("logged %q, want one line with both paths", line)
			}
			if got := db.Stats(); got.Entries != 0 || got.Points != 0 {
				t.Errorf("not empty: %+v", got)
			}
			checkWorks(t, db)
		})
	}
}

func checkWorks(t *testing.T, db *embedded.DB) {
	t.Helper()
	if err := db.Store().Put(context.Background(), []cache.Record{entry(1)}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Store().Get(context.Background(), cachetest.Key(1)); err != nil {
		t.Fatal(err)
	}
	x := openIndex(t, db, 32)
	if err := x.Upsert(context.Background(), []cache.Point{question(1, 32)}); err != nil {
		t.Fatal(err)
	}
}

// Flipped bytes anywhere may cost entries or the file, but never the process,
// and never give a wrong answer.
func TestFlippedBytesNeverAnswerWrongly(t *testing.T) {
	whole := sound(t)
	used := len(bytes.TrimRight(whole, "\x00"))
	asides, errorsSeen := 0, 0
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 9))
		data := bytes.Clone(whole)
		for range 1 + r.IntN(20) {
			at := r.IntN(used)
			if seed%2 == 0 { // where pages say what is in them
				at = at/os.Getpagesize()*os.Getpagesize() + r.IntN(64)
			}
			data[at] ^= byte(1 + r.IntN(255))
		}
		folder := folderWith(t, data)
		db := open(t, embedded.Options{Folder: folder})
		broken := checkNoWrongAnswers(t, db)
		errorsSeen += broken
		if db.Stats().SetAside != "" {
			asides++
		}
		inUse := db.Err() != nil
		db.Close()
		if again := open(t, embedded.Options{Folder: folder}); inUse {
			if again.Stats().SetAside == "" {
				t.Error("damage found while running was forgotten")
			}
			checkWorks(t, again)
			again.Close()
		} else {
			again.Close()
		}
	}
	t.Logf("%d files set aside, %d damaged records", asides, errorsSeen)
	if asides == 0 || errorsSeen == 0 {
		t.Errorf("%d files set aside, %d damaged records: the test does not reach both", asides, errorsSeen)
	}
}

func checkNoWrongAnswers(t *testing.T, db *embedded.DB) (broken int) {
	t.Helper()
	for n := range damageEntries {
		got, err := db.Store().Get(context.Background(), cachetest.Key(n))
		switch {
		case errors.Is(err, embedded.ErrDamaged):
			broken++
		case errors.Is(err, cache.ErrNotFound):
		case err != nil:
			t.Errorf("entry %d: %v", n, err)
		case !bytes.Equal(got.Value, entry(n).Value):
			t.Errorf("entry %d has wrong bytes", n)
		}
	}
	x, err := db.Index("test", 64)
	if err != nil {
		if !errors.Is(err, embedded.ErrDamaged) && !errors.Is(err, cache.ErrDimension) {
			t.Errorf("Index: %v", err)
		}
		return broken
	}
	for n := range damageEntries {
		p := question(n, 64)
		found, err := x.Nearest(context.Background(), cache.Nearest{Scope: p.Scope, Vector: p.Vector, K: 1})
		if err != nil {
			t.Errorf("Nearest: %v", err)
		}
		if len(found) == 1 && found[0].Key == p.Key && found[0].Text != p.Text {
			t.Errorf("point %d has text %q", n, found[0].Text)
		}
	}
	for n := range 20 {
		if err := db.Store().Put(context.Background(), []cache.Record{entry(n * 10)}); err != nil && !errors.Is(err, embedded.ErrDamaged) {
			t.Errorf("Put: %v", err)
		}
	}
	return broken
}

// A file that is cut short while it is mapped raises a signal on the next
// read: it must become an error.
func TestFileCutShortWhileOpen(t *testing.T) {
	folder := folderWith(t, sound(t))
	db := open(t, embedded.Options{Folder: folder})
	if err := os.Truncate(filepath.Join(folder, "askonce.db"), 4096); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Store().Get(context.Background(), cachetest.Key(1)); !errors.Is(err, embedded.ErrDamaged) {
		t.Fatalf("Get: %v, want ErrDamaged", err)
	}
	if err := db.Store().Put(context.Background(), []cache.Record{entry(1)}); !errors.Is(err, embedded.ErrDamaged) {
		t.Errorf("Put: %v, want ErrDamaged", err)
	}
	if !errors.Is(db.Err(), embedded.ErrDamaged) {
		t.Errorf("Err: %v", db.Err())
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, embedded.Options{Folder: folder})
	if again.Stats().SetAside == "" {
		t.Error("the damaged file was not set aside")
	}
	checkWorks(t, again)
}
