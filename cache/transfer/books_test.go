package transfer_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
	"github.com/askonce/askonce/cache/transfer"
)

// judged gives the world a threshold of its own, and says that an answer is
// wrong for a question and another one right.
func (w *world) judged(t *testing.T) {
	t.Helper()
	w.use(t, func(c *cache.Cache) {
		change := cache.Change{Tenant: "acme", Namespace: "support", Threshold: 0.7, Source: cache.SourceSet, By: "root"}
		if _, err := c.SetThreshold(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		for n, right := range []bool{false, true} {
			e, _ := c.Lookup(t.Context(), cache.NewPrompt("acme", "support", question(n)))
			f := cache.Feedback{Tenant: "acme", By: "root", Right: right, Entry: e.Key, Asked: question(n) + "?"}
			if r, err := c.Feedback(t.Context(), f); err != nil || !r.Labelled {
				t.Fatalf("%+v, %v", r, err)
			}
		}
	})
	w.fill(t, 0, 1) // it is right for its own question
}

// wantsJudged checks that what judged did holds here.
func (w *world) wantsJudged(t *testing.T) {
	t.Helper()
	w.use(t, func(c *cache.Cache) {
		if s := c.Serving("acme", "support"); s.Version != "v1" || s.Threshold != 0.7 || s.Current.By != "root" {
			t.Errorf("serving %+v", s)
		}
		labels, err := c.LatestLabels(t.Context(), "acme", "support")
		if err != nil || len(labels) != 2 || !labels[0].Right || labels[1].Right || labels[1].Asked != question(0)+"?" {
			t.Errorf("labels %+v, %v", labels, err)
		}
		if _, receipt := c.Lookup(t.Context(), cache.NewPrompt("acme", "support", question(0)+"?")); receipt.Reason != cache.ReasonSaidWrong {
			t.Errorf("the wrong answer: %+v", receipt)
		}
	})
}

// Thresholds, labels and negatives move with the entries, between backends too.
func TestBooksMoveAlong(t *testing.T) {
	from, middle, back := newWorld(t), newWorld(t), newWorld(t)
	store, err := rediscache.Open(t.Context(), rediscache.Options{URL: redistest.Start(t).URL(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	middle.store = store
	from.fill(t, 0, 3)
	from.judged(t)
	file := from.export(t)
	if done := middle.take(t, file); done.Rows != 5 || done.RowsPresent != 0 || done.Written != 3 {
		t.Errorf("imported %+v", done)
	}
	middle.wantsJudged(t)
	if again := middle.take(t, file); again.Rows != 0 || again.RowsPresent != 5 || again.Present != 3 {
		t.Errorf("the second time %+v", again)
	}
	back.take(t, middle.export(t))
	back.wantsJudged(t)

	elsewhere := newWorld(t)
	r, err := transfer.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	opts := elsewhere.importOptions(t)
	opts.Books = nil
	if done, err := transfer.Import(t.Context(), r, opts); err != nil || done.Rows+done.RowsPresent != 0 || done.Written != 3 {
		t.Errorf("without books %+v, %v", done, err)
	}
}

// A part that holds rows is continued; they are in the file twice then, and
// taken once.
func TestContinuedBehindRows(t *testing.T) {
	from, to := newWorld(t), newWorld(t)
	from.fill(t, 0, 3)
	from.judged(t)
	var file bytes.Buffer
	w, err := transfer.NewWriter(&file, from.header())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Export(t.Context(), w, from.exportOptions(t)); err != nil {
		t.Fatal(err)
	}
	part, err := transfer.Survey(bytes.NewReader(file.Bytes()))
	if err != nil || part.Ended || part.Entries != 3 {
		t.Fatalf("part %+v, %v", part, err)
	}
	if w, err = transfer.ContinueWriter(&file, part.Entries); err != nil {
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
	if done := to.take(t, file.Bytes()); done.Written != 3 || done.Rows != 5 || done.RowsPresent != 5 {
		t.Errorf("imported %+v", done)
	}
	to.wantsJudged(t)
}

func TestBadRows(t *testing.T) {
	from, to := newWorld(t), newWorld(t)
	from.fill(t, 0, 1)
	lines := strings.SplitAfter(plain(t, from.export(t)), "\n")
	bad := `{"book":"labels/x","row":"","value":"secret"}` + "\n" + `{"book":"labels/x","row":7}` + "\n"
	done, found, err := to.tryTake(t, []byte(lines[0]+lines[1]+bad+lines[2]))
	if err != nil || done.Written != 1 || done.Bad != 2 || len(found) != 2 || strings.Contains(found[0].Error(), "secret") {
		t.Errorf("imported %+v, %v, %v", done, found, err)
	}
}
