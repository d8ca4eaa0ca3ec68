package embedded_test

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/embedded"
)

func TestOptionsReportEveryProblem(t *testing.T) {
	_, err := embedded.Open(embedded.Options{MaxBytes: 5, SweepEvery: -1, LockWait: -1})
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{"Folder", "MaxBytes", "SweepEvery", "LockWait"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("error does not name %s: %v", key, err)
		}
	}
}

func TestFolderInUse(t *testing.T) {
	folder := t.TempDir()
	open(t, embedded.Options{Folder: folder})
	_, err := embedded.Open(embedded.Options{Folder: folder, LockWait: time.Millisecond})
	if !errors.Is(err, embedded.ErrInUse) || !strings.Contains(err.Error(), folder) {
		t.Errorf("second Open: %v, want ErrInUse naming the folder", err)
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{path, filepath.Join(path, "below")} {
		if _, err := embedded.Open(embedded.Options{Folder: folder}); err == nil || errors.Is(err, embedded.ErrDamaged) {
			t.Errorf("Open(%s): %v", folder, err)
		}
	}
}

func TestNewerFormatIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "askonce.db")
	db := open(t, embedded.Options{Folder: folder})
	if err := db.Store().Put(context.Background(), []cache.Record{entry(1)}); err != nil {
		t.Fatal(err)
	}
	db.Close()
	setFormat(t, path, 99)
	_, err := embedded.Open(embedded.Options{Folder: folder})
	newer, ok := errors.AsType[*embedded.NewerFormatError](err)
	if !ok || newer.Found != 99 || newer.Path != path {
		t.Fatalf("Open: %v, want NewerFormatError", err)
	}
	setFormat(t, path, newer.Supported)
	db = open(t, embedded.Options{Folder: folder})
	if _, err := db.Store().Get(context.Background(), cachetest.Key(1)); err != nil {
		t.Errorf("the refused file lost its entry: %v", err)
	}
}

func setFormat(t *testing.T, path string, format uint32) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	version := binary.BigEndian.AppendUint32(nil, format)
	row := binary.BigEndian.AppendUint32(nil, crc32.Checksum(version, crc32.MakeTable(crc32.Castagnoli)))
	err = db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("about")).Put([]byte("format"), append(row, version...))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCallsAfterClose(t *testing.T) {
	ctx := context.Background()
	db := open(t, embedded.Options{Folder: t.TempDir()})
	s, x := db.Store(), openIndex(t, db, 16)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	_, getErr := s.Get(ctx, cachetest.Key(1))
	_, deleteErr := s.Delete(ctx, []cache.Key{cachetest.Key(1)})
	_, indexErr := db.Index("other", 16)
	for name, err := range map[string]error{
		"Get":    getErr,
		"Delete": deleteErr,
		"Index":  indexErr,
		"Put":    s.Put(ctx, []cache.Record{entry(1)}),
		"Upsert": x.Upsert(ctx, []cache.Point{question(1, 16)}),
	} {
		if !errors.Is(err, embedded.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
	for _, err := range s.Select(ctx, cache.Selector{Tenant: "acme"}) {
		if !errors.Is(err, embedded.ErrClosed) {
			t.Errorf("Select: %v, want ErrClosed", err)
		}
	}
	goleak.VerifyNone(t)
}

// Close waits for writes that were handed in before it.
func TestCloseKeepsWhatWasHandedIn(t *testing.T) {
	folder := t.TempDir()
	db := open(t, embedded.Options{Folder: folder})
	acknowledged := make(chan int, 100)
	var group sync.WaitGroup
	for n := range 100 {
		group.Go(func() {
			err := db.Store().Put(context.Background(), []cache.Record{entry(n)})
			if err == nil {
				acknowledged <- n
			} else if !errors.Is(err, embedded.ErrClosed) {
				t.Errorf("Put: %v", err)
			}
		})
	}
	db.Close()
	group.Wait()
	close(acknowledged)
	db = open(t, embedded.Options{Folder: folder})
	for n := range acknowledged {
		if !has(t, db, n) {
			t.Errorf("entry %d was acknowledged and is gone", n)
		}
	}
}

func TestIdentitiesAreNotMixed(t *testing.T) {
	ctx, folder := context.Background(), t.TempDir()
	db := open(t, embedded.Options{Folder: folder})
	query := question(1, 16)
	for identity, text := range map[string]string{"one": "of one", "two": "of two"} {
		x, err := db.Index(identity, 16)
		if err != nil {
			t.Fatal(err)
		}
		p := query
		p.Text = text
		if err := x.Upsert(ctx, []cache.Point{p}); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()

	db = open(t, embedded.Options{Folder: folder})
	if got := db.Stats().Points; got != 2 {
		t.Errorf("%d points, want 2", got)
	}
	for identity, want := range map[string]int{"one": 1, "two": 1, "three": 0} {
		x, err := db.Index(identity, 16)
		if err != nil {
			t.Fatal(err)
		}
		found, err := x.Nearest(ctx, cache.Nearest{Scope: query.Scope, Vector: query.Vector, K: 5})
		if err != nil || len(found) != want {
			t.Fatalf("%s: %v, %v", identity, found, err)
		}
		if want > 0 && found[0].Text != "of "+identity {
			t.Errorf("%s finds %q", identity, found[0].Text)
		}
	}
	if _, err := db.Index("one", 17); !errors.Is(err, cache.ErrDimension) {
		t.Errorf("Index of another dimension: %v, want ErrDimension", err)
	}
	for _, dimensions := range []int{0, -1, 1 << 20} {
		if _, err := db.Index("four", dimensions); err == nil {
			t.Errorf("Index of %d dimensions: no error", dimensions)
		}
	}
}

// A process that is killed while it makes its file leaves one without buckets.
func TestUnfinishedFirstStart(t *testing.T) {
	folder := t.TempDir()
	db, err := bbolt.Open(filepath.Join(folder, "askonce.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	for range 2 {
		db := open(t, embedded.Options{Folder: folder})
		if aside := db.Stats().SetAside; aside != "" {
			t.Errorf("set aside as %s", aside)
		}
		checkWorks(t, db)
		db.Close()
	}
}

// The mark of a damaged file must not cost the file that comes after it.
func TestMarkOfAFileThatIsGone(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "askonce.db.is-damaged"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		db := open(t, embedded.Options{Folder: folder})
		if aside := db.Stats().SetAside; aside != "" {
			t.Errorf("set aside as %s", aside)
		}
		db.Close()
	}
}
