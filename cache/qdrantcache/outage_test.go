package qdrantcache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/qdrantcache"
	"github.com/askonce/askonce/cache/qdrantcache/peer"
)

// eventually calls until it gets no error.
func eventually(tb testing.TB, call func() error) {
	tb.Helper()
	deadline := time.After(time.Minute)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		err := call()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			tb.Fatalf("still after a minute: %v", err)
		case <-again.C:
		}
	}
}

func TestAServerThatIsDownAtOpenIsUsedWhenItIsUp(t *testing.T) {
	o := options(t)
	g := newGate(t, o.URL)
	o.URL = g.addr
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	x := open(t, o)
	for range 5 {
		if _, err := search(x); !errors.Is(err, qdrantcache.ErrUnavailable) {
			t.Errorf("Nearest: %v, want ErrUnavailable", err)
		}
		if err := x.Upsert(t.Context(), []cache.Point{point(1, 1, 0, 0)}); !errors.Is(err, qdrantcache.ErrUnavailable) {
			t.Errorf("Upsert: %v, want ErrUnavailable", err)
		}
	}
	g.open()
	eventually(t, func() error { return x.Upsert(t.Context(), []cache.Point{point(1, 1, 0, 0)}) })
	wantFound(t, x, 1)
	x.Close()
	if warnings := strings.Count(log.String(), "level=WARN"); warnings != 1 {
		t.Errorf("%d warnings, want one:\n%s", warnings, &log)
	}
	if !strings.Contains(log.String(), "is ready") {
		t.Errorf("the recovery is not logged:\n%s", &log)
	}
}

func TestCallsTooShortForItPrepareTheCollectionTogether(t *testing.T) {
	o := options(t)
	g := newGate(t, o.URL)
	o.URL, o.OpenWait = g.addr, time.Millisecond
	g.open()
	g.stall(true)
	x := open(t, o)
	wantDeadline(t, x)
	g.stall(false)
	eventually(t, func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		_, err := x.Nearest(ctx, cache.Nearest{Scope: cachetest.Scope(1), Vector: []float32{1, 0, 0}, K: 1})
		return err
	})
}

func TestAnOutageEndsWithoutReopening(t *testing.T) {
	o := options(t)
	g := newGate(t, o.URL)
	o.URL = g.addr
	g.open()
	x := open(t, o)
	upsert(t, x, point(1, 1, 0, 0))
	for range 2 {
		g.shut()
		if _, err := search(x); !errors.Is(err, qdrantcache.ErrUnavailable) {
			t.Errorf("Nearest: %v, want ErrUnavailable", err)
		}
		g.open()
		eventually(t, func() error { _, err := search(x); return err })
		wantFound(t, x, 1)
	}
}

func TestAKilledServerLosesNothingAcknowledged(t *testing.T) {
	p, err := peer.Start(peer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	x := open(t, qdrantcache.Options{
		URL: p.Addr(), Identity: "m", Dimensions: 3, Log: slog.New(slog.DiscardHandler),
	})
	upsert(t, x, point(1, 1, 0, 0), point(2, 0, 1, 0))
	upsert(t, x, point(3, 0, 0, 1))
	if err := x.Delete(t.Context(), []cache.Key{cachetest.Key(2)}); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if _, err := search(x); !errors.Is(err, qdrantcache.ErrUnavailable) {
		t.Errorf("Nearest: %v, want ErrUnavailable", err)
	}
	if err := p.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { _, err := search(x); return err })
	wantFound(t, x, 1, 3)
}

// silent is the address of a listener that accepts and never answers.
func silent(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func TestAServerThatNeverAnswersEndsAtTheDeadline(t *testing.T) {
	x := open(t, qdrantcache.Options{
		URL: silent(t), Identity: "m", Dimensions: 3, OpenWait: time.Millisecond, Log: slog.New(slog.DiscardHandler),
	})
	wantDeadline(t, x)
}

func TestAServerThatStopsAnsweringEndsAtTheDeadline(t *testing.T) {
	o := options(t)
	g := newGate(t, o.URL)
	o.URL = g.addr
	g.open()
	x := open(t, o)
	upsert(t, x, point(1, 1, 0, 0))
	g.stall(true)
	wantDeadline(t, x)
	g.stall(false)
	eventually(t, func() error { _, err := search(x); return err })
	wantFound(t, x, 1)
}

func wantDeadline(t *testing.T, x *qdrantcache.Index) {
	t.Helper()
	const deadline, late = 50 * time.Millisecond, 5 * time.Second
	calls := map[string]func(context.Context) error{
		"Nearest": func(ctx context.Context) error {
			_, err := x.Nearest(ctx, cache.Nearest{Scope: cachetest.Scope(1), Vector: []float32{1, 0, 0}, K: 1})
			return err
		},
		"Upsert": func(ctx context.Context) error { return x.Upsert(ctx, []cache.Point{point(1, 1, 0, 0)}) },
		"Delete": func(ctx context.Context) error { return x.Delete(ctx, []cache.Key{cachetest.Key(9)}) },
	}
	for name, call := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		began := time.Now()
		err := call(ctx)
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > late {
			t.Errorf("%s: %v after %v, want context.DeadlineExceeded after %v", name, err, took, deadline)
		}
		cancel()
	}
}

func TestOptionsTimeoutBoundsCallsWithoutDeadline(t *testing.T) {
	x := open(t, qdrantcache.Options{
		URL: silent(t), Identity: "m", Dimensions: 3, Timeout: 50 * time.Millisecond,
		OpenWait: time.Millisecond, Log: slog.New(slog.DiscardHandler),
	})
	if err := x.Delete(context.Background(), []cache.Key{cachetest.Key(1)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Delete: %v, want context.DeadlineExceeded", err)
	}
}

func TestTheAPIKeyIsNeededAndNotToldInErrors(t *testing.T) {
	const right, wrong = "the-right-key", "some-wrong-key"
	p, err := peer.Start(peer.Options{APIKey: right})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	o := qdrantcache.Options{URL: p.Addr(), Identity: "m", Dimensions: 3, Log: slog.New(slog.DiscardHandler)}
	for _, key := range []string{"", wrong} {
		o.APIKey = key
		_, err := qdrantcache.Open(t.Context(), o)
		if !errors.Is(err, qdrantcache.ErrUnauthorised) || strings.Contains(fmt.Sprintf("%+v", err), wrong) {
			t.Errorf("Open with key %q: %v, want ErrUnauthorised without the key", key, err)
		}
	}
	o.APIKey = right
	x := open(t, o)
	upsert(t, x, point(1, 1, 0, 0))
	wantFound(t, x, 1)
}

func TestANodeThatIsDownIsPassedBy(t *testing.T) {
	o := options(t)
	down := newGate(t, o.URL)
	o.URL = down.addr + ", " + o.URL
	x := open(t, o)
	upsert(t, x, point(1, 1, 0, 0))
	for range 10 {
		wantFound(t, x, 1)
	}
}

func TestCallsAfterClose(t *testing.T) {
	x := open(t, options(t))
	upsert(t, x, point(1, 1, 0, 0))
	x.Close()
	if _, err := search(x); !errors.Is(err, qdrantcache.ErrClosed) {
		t.Errorf("Nearest: %v, want ErrClosed", err)
	}
	if err := x.Upsert(t.Context(), []cache.Point{point(1, 1, 0, 0)}); !errors.Is(err, qdrantcache.ErrClosed) {
		t.Errorf("Upsert: %v, want ErrClosed", err)
	}
}
