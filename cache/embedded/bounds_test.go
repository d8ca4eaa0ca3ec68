package embedded_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/embedded"
)

// fill writes entries and points from..to, each older one created earlier.
func fill(t *testing.T, db *embedded.DB, x cache.Index, from, to int, life time.Duration) {
	t.Helper()
	now := time.Now()
	for n := from; n < to; n += 100 {
		var entries []cache.Record
		var points []cache.Point
		for i := n; i < min(n+100, to); i++ {
			e, p := entry(i), question(i, 16)
			e.Meta.Created, e.Meta.Expires = now.Add(time.Duration(i)*time.Second), now.Add(life)
			p.Expires = e.Meta.Expires
			entries, points = append(entries, e), append(points, p)
		}
		if err := errors.Join(x.Upsert(context.Background(), points), db.Store().Put(context.Background(), entries)); err != nil {
			t.Fatal(err)
		}
	}
}

func has(t *testing.T, db *embedded.DB, n int) bool {
	t.Helper()
	_, err := db.Store().Get(context.Background(), cachetest.Key(n))
	if err != nil && !errors.Is(err, cache.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func hasPoint(t *testing.T, x cache.Index, n int) bool {
	t.Helper()
	p := question(n, 16)
	found, err := x.Nearest(context.Background(), cache.Nearest{Scope: p.Scope, Vector: p.Vector, K: 1})
	if err != nil {
		t.Fatal(err)
	}
	return len(found) == 1 && found[0].Key == p.Key
}

func TestOldestEntriesMakeRoom(t *testing.T) {
	const bound = 1 << 20
	folder := t.TempDir()
	db := open(t, embedded.Options{Folder: folder, MaxBytes: bound})
	x := openIndex(t, db, 16)
	fill(t, db, x, 0, 3000, time.Hour)

	stats := db.Stats()
	if stats.Bytes > bound || stats.Bytes < bound*9/10 {
		t.Errorf("%d bytes are kept, want nearly %d", stats.Bytes, bound)
	}
	if stats.Entries+stats.Evicted != 3000 || stats.Points != stats.Entries || stats.Expired != 0 {
		t.Errorf("stats %+v do not add up", stats)
	}
	for n := range 3000 {
		kept := n >= int(stats.Evicted)
		if has(t, db, n) != kept || hasPoint(t, x, n) != kept {
			t.Fatalf("entry %d: present %v, point %v, want %v", n, has(t, db, n), hasPoint(t, x, n), kept)
		}
	}
	db.Close()

	again := open(t, embedded.Options{Folder: folder, MaxBytes: bound}).Stats()
	if again.Entries != stats.Entries || again.Points != stats.Points || again.Bytes != stats.Bytes {
		t.Errorf("counted anew: %+v, want %+v", again, stats)
	}
}

func TestReplacingAndDeletingKeepsTheCount(t *testing.T) {
	ctx := context.Background()
	db := open(t, embedded.Options{Folder: t.TempDir()})
	x := openIndex(t, db, 16)
	for range 3 {
		fill(t, db, x, 0, 200, time.Hour)
	}
	if got := db.Stats(); got.Entries != 200 || got.Points != 200 {
		t.Errorf("after replacing: %+v", got)
	}
	var keys []cache.Key
	for n := range 200 {
		keys = append(keys, cachetest.Key(n))
	}
	if n, err := db.Store().Delete(ctx, keys); n != 200 || err != nil {
		t.Errorf("Delete = %d, %v", n, err)
	}
	if err := x.Delete(ctx, keys); err != nil {
		t.Fatal(err)
	}
	if got := db.Stats(); got != (embedded.Stats{}) {
		t.Errorf("after deleting everything: %+v", got)
	}
}

func TestTooLargeForTheBound(t *testing.T) {
	db := open(t, embedded.Options{Folder: t.TempDir(), MaxBytes: 1 << 20})
	big := entry(1)
	big.Value = make([]byte, 2<<20)
	if err := db.Store().Put(context.Background(), []cache.Record{entry(2), big}); err == nil {
		t.Error("Put of more than MaxBytes: no error")
	}
	if has(t, db, 1) || has(t, db, 2) {
		t.Error("a refused Put wrote something")
	}
}

func TestSweeperRemovesWhatExpired(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db := open(t, embedded.Options{Folder: folder, SweepEvery: time.Minute})
		x := openIndex(t, db, 16)
		fill(t, db, x, 0, 1000, time.Hour)
		fill(t, db, x, 1000, 1300, 3*time.Hour)
		other, err := db.Index("another", 16)
		if err != nil {
			t.Fatal(err)
		}
		orphan := question(5, 16)
		if err := other.Upsert(t.Context(), []cache.Point{orphan}); err != nil {
			t.Fatal(err)
		}

		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if got := db.Stats(); got.Entries != 1300 || got.Points != 1301 {
			t.Errorf("before the expiry: %+v", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := db.Stats(); got.Entries != 300 || got.Points != 300 || got.Expired != 1000 || got.Evicted != 0 {
			t.Errorf("after the first expiry: %+v", got)
		}
		if has(t, db, 5) || hasPoint(t, x, 5) || !has(t, db, 1200) || !hasPoint(t, x, 1200) {
			t.Error("the wrong entries or points were swept")
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if got := db.Stats(); got.Entries != 0 || got.Points != 0 || got.Bytes != 0 || got.Expired != 1300 {
			t.Errorf("after the last expiry: %+v", got)
		}
		db.Close()
	})
}

func TestLoweredBoundIsReachedInSteps(t *testing.T) {
	folder := t.TempDir()
	db := open(t, embedded.Options{Folder: folder})
	fill(t, db, openIndex(t, db, 16), 0, 2000, time.Hour)
	db.Close()
	synctest.Test(t, func(t *testing.T) {
		db := open(t, embedded.Options{Folder: folder, MaxBytes: 1 << 20})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := db.Stats(); got.Bytes > 1<<20 || got.Entries == 0 {
			t.Errorf("after the sweep: %+v", got)
		}
		db.Close()
	})
}
