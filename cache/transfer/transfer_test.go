package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
	"github.com/askonce/askonce/cache/transfer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFolderToFolder(t *testing.T) {
	from, to := newWorld(t), newWorld(t)
	from.fill(t, 0, 300)
	file := from.export(t)
	done := to.take(t, file)
	if want := (transfer.Imported{Written: 300, Vectors: 300}); done != want {
		t.Errorf("imported %+v, want %+v", done, want)
	}
	to.wants(t, 0, 300)
	if again, want := to.take(t, file), (transfer.Imported{Present: 300}); again != want {
		t.Errorf("the second time %+v, want %+v", again, want)
	}
}

// TestFolderToRedisAndBack moves the entries to another kind of store, without
// its vectors, as when these stay where they are.
func TestFolderToRedisAndBack(t *testing.T) {
	for name, url := range map[string]string{"server": redistest.Start(t).URL(), "cluster": redistest.StartCluster(t, 0).URL()} {
		t.Run(name, func(t *testing.T) {
			from, middle, back := newWorld(t), newWorld(t), newWorld(t)
			store, err := rediscache.Open(t.Context(), rediscache.Options{URL: url, Prefix: "a*[b]", Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			middle.store = store
			from.fill(t, 0, 100)
			middle.take(t, from.export(t))
			middle.wants(t, 0, 100)
			done := back.take(t, middle.export(t))
			if want := (transfer.Imported{Written: 100, Vectors: 100}); done != want {
				t.Errorf("imported %+v, want %+v", done, want)
			}
			back.wants(t, 0, 100)
		})
	}
}

func TestAnotherEmbedderEmbedsAgain(t *testing.T) {
	from, to := newWorld(t), newWorldOf(t, &byLetters{name: "letters/2/32", turn: 5})
	from.fill(t, 0, 40)
	done := to.take(t, from.export(t))
	if want := (transfer.Imported{Written: 40, Vectors: 40, Embedded: 40}); done != want {
		t.Errorf("imported %+v, want %+v", done, want)
	}
	to.wants(t, 0, 40)
}

// TestVectorsForEntriesThatAreThere: after another embedder was configured, the
// same file brings the semantic layer back.
func TestVectorsForEntriesThatAreThere(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 0, 10)
	file := w.export(t)
	w.embedder = &byLetters{name: "letters/2/32", turn: 5}
	var err error
	if w.index, err = w.db.Index(w.embedder.Identity(), dimensions); err != nil {
		t.Fatal(err)
	}
	if done, want := w.take(t, file), (transfer.Imported{Present: 10, Vectors: 10, Embedded: 10}); done != want {
		t.Errorf("imported %+v, want %+v", done, want)
	}
	w.wants(t, 0, 10)
}

// TestTooLong: a prompt that the new embedder refuses costs its neighbours
// nothing.
func TestTooLong(t *testing.T) {
	from, to := newWorld(t), newWorld(t)
	from.fill(t, 0, 10)
	long := cache.NewPrompt("acme", "support", strings.Repeat("long ", 200))
	from.use(t, func(c *cache.Cache) {
		if _, err := c.Store(t.Context(), long, cache.Stored{Response: []byte(`"long"`)}); err != nil {
			t.Fatal(err)
		}
	})
	if done, want := to.take(t, from.export(t)), (transfer.Imported{Written: 11, Vectors: 10, TooLong: 1}); done != want {
		t.Errorf("imported %+v, want %+v", done, want)
	}
	to.wants(t, 0, 10)
	to.use(t, func(c *cache.Cache) {
		if e, _ := c.Lookup(t.Context(), long); e == nil {
			t.Error("the entry with the long prompt is not found")
		}
	})
}

// TestNamespacesWithoutASemanticLayer get no vectors.
func TestNamespacesWithoutASemanticLayer(t *testing.T) {
	from, to := newWorld(t), newWorld(t)
	from.fill(t, 0, 3)
	r, err := transfer.NewReader(bytes.NewReader(from.export(t)))
	if err != nil {
		t.Fatal(err)
	}
	opts := to.importOptions(t)
	opts.Indexes = func(tenant, namespace string) bool { return tenant != "acme" || namespace != "support" }
	done, err := transfer.Import(t.Context(), r, opts)
	if want := (transfer.Imported{Written: 3}); err != nil || done != want {
		t.Errorf("imported %+v, %v, want %+v", done, err, want)
	}
}

// TestNewerEntriesStay: what the new place has answered since is not replaced.
func TestNewerEntriesStay(t *testing.T) {
	from, to := newWorld(t), newWorld(t)
	from.fill(t, 0, 2)
	file := from.export(t)
	newer := cache.NewPrompt("acme", "support", question(0))
	to.use(t, func(c *cache.Cache) {
		if _, err := c.Store(t.Context(), newer, cache.Stored{Response: []byte(`"newer"`)}); err != nil {
			t.Fatal(err)
		}
	})
	if done, want := to.take(t, file), (transfer.Imported{Written: 1, Older: 1, Vectors: 1}); done != want {
		t.Errorf("imported %+v, want %+v", done, want)
	}
	// The other way round the newer one comes in.
	if done, want := from.take(t, to.export(t)), (transfer.Imported{Written: 1, Present: 1, Vectors: 1}); done != want {
		t.Errorf("imported %+v, want %+v", done, want)
	}
	from.use(t, func(c *cache.Cache) {
		if e, _ := c.Lookup(t.Context(), newer); e == nil || string(e.Response) != `"newer"` {
			t.Errorf("found %+v", e)
		}
	})
}

// TestImportGoesOn: an import that is interrupted at any write of the store is
// completed by another one.
func TestImportGoesOn(t *testing.T) {
	from, to := newWorld(t), newWorld(t)
	from.fill(t, 0, 600)
	file := from.export(t)
	for writes := range 3 {
		r, err := transfer.NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		opts := to.importOptions(t)
		opts.Store = &failingPut{Store: to.store, left: writes}
		if _, err := transfer.Import(t.Context(), r, opts); writes < 2 && !errors.Is(err, errStopped) {
			t.Fatalf("import with %d writes: %v", writes, err)
		}
	}
	done := to.take(t, file)
	if done.Written+done.Present != 600 || done.Embedded != 0 {
		t.Errorf("imported %+v", done)
	}
	to.wants(t, 0, 600)
}

// failingPut fails once it has written so often.
type failingPut struct {
	cache.Store
	left int
}

func (f *failingPut) Put(ctx context.Context, records []cache.Record) error {
	if f.left--; f.left < 0 {
		return errStopped
	}
	return f.Store.Put(ctx, records)
}

// TestExportGoesOn: an export that stopped within a frame is continued behind
// the last whole one.
func TestExportGoesOn(t *testing.T) {
	from := newWorld(t)
	from.fillFrames(t)
	for frames, stops := range map[int]bool{1: true, 4: true, 20: false} {
		if from.stopped(t, frames) != stops {
			t.Errorf("%d frames: stopped is not %v", frames, stops)
		}
	}
}

// TestExportFromRedisGoesOn: the same where entries come in another order each
// time.
func TestExportFromRedisGoesOn(t *testing.T) {
	from := newWorld(t)
	store, err := rediscache.Open(t.Context(), rediscache.Options{
		URL: redistest.Start(t).URL(), ReadTimeout: time.Minute, WriteTimeout: time.Minute, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	from.store = store
	from.fillFrames(t)
	if !from.stopped(t, 3) {
		t.Error("the export did not stop")
	}
}

// fillFrames stores 24 entries in at least five frames.
func (w *world) fillFrames(t *testing.T) {
	t.Helper()
	w.fill(t, 0, 20)
	big := cache.NewPrompt("acme", "support", "a big one")
	w.use(t, func(c *cache.Cache) {
		for n := range 4 { // each ends a frame
			big.Key[0], big.Key[31] = byte(n*60), 9
			if _, err := c.Store(t.Context(), big, cache.Stored{Response: []byte(`"` + strings.Repeat("big ", 300_000) + `"`)}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// stopped exports until so many frames are written, and then goes on. It
// returns false if there were no more.
func (w *world) stopped(t *testing.T, frames int) bool {
	t.Helper()
	var file bytes.Buffer
	out, err := transfer.NewWriter(&stopAfter{&file, frames}, w.header())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Export(t.Context(), out, w.exportOptions(t)); err == nil && out.Close() == nil {
		return false
	}
	goOn(t, w, file.Bytes())
	return true
}

// goOn completes a part of a file and checks that all is in it, once.
func goOn(t *testing.T, from *world, file []byte) {
	t.Helper()
	part, err := transfer.Survey(bytes.NewReader(file))
	if err != nil || part.Ended {
		t.Fatalf("survey: %+v, %v", part, err)
	}
	whole := bytes.NewBuffer(bytes.Clone(file[:part.Size]))
	w, err := transfer.ContinueWriter(whole, part.Entries)
	if err != nil {
		t.Fatal(err)
	}
	opts := from.exportOptions(t)
	opts.Part = part
	if _, err := transfer.Export(t.Context(), w, opts); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	to := newWorld(t)
	if done := to.take(t, whole.Bytes()); done.Written != 24 || done.Present != 0 {
		t.Errorf("%d entries were there, and then: %+v", part.Entries, done)
	}
	to.wants(t, 0, 20)
	if part, err := transfer.Survey(whole); err != nil || !part.Ended || part.Entries != 24 {
		t.Errorf("survey of the whole: %d entries, ended %v, %v", part.Entries, part.Ended, err)
	}
}

// TestUnreadableEntriesAreLeftOut: one damaged value costs itself.
func TestUnreadableEntriesAreLeftOut(t *testing.T) {
	from := newWorld(t)
	from.fill(t, 0, 3)
	now := time.Now()
	broken := cache.Record{Key: cache.Key{7}, Value: []byte("no envelope"), Meta: cache.Meta{
		Tenant: "acme", Namespace: "support", Kind: "prompt", Created: now, Expires: now.Add(time.Hour)}}
	if err := from.store.Put(t.Context(), []cache.Record{broken}); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w, err := transfer.NewWriter(&file, from.header())
	if err != nil {
		t.Fatal(err)
	}
	opts := from.exportOptions(t)
	var left []cache.Key
	opts.Unreadable = func(key cache.Key) { left = append(left, key) }
	done, err := transfer.Export(t.Context(), w, opts)
	if want := (transfer.Exported{Entries: 3, Vectors: 3, Unreadable: 1}); err != nil || done != want {
		t.Errorf("exported %+v, %v, want %+v", done, err, want)
	}
	if len(left) != 1 || left[0] != broken.Key {
		t.Errorf("left out %v", left)
	}
}
