package embedded_test

import (
	"log/slog"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/embedded"
)

func open(tb testing.TB, o embedded.Options) *embedded.DB {
	tb.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db, err := embedded.Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func openIndex(tb testing.TB, db *embedded.DB, dimensions int) cache.Index {
	tb.Helper()
	x, err := db.Index("test", dimensions)
	if err != nil {
		tb.Fatal(err)
	}
	return x
}

func openStoreHarness(tb testing.TB) cachetest.StoreHarness {
	folder := tb.TempDir()
	db := open(tb, embedded.Options{Folder: folder})
	return cachetest.StoreHarness{
		Store: db.Store(),
		Reopen: func(tb testing.TB) cache.Store {
			if err := db.Close(); err != nil {
				tb.Fatal(err)
			}
			return open(tb, embedded.Options{Folder: folder}).Store()
		},
	}
}

func openIndexHarness(tb testing.TB, dimensions int) cachetest.IndexHarness {
	folder := tb.TempDir()
	db := open(tb, embedded.Options{Folder: folder})
	return cachetest.IndexHarness{
		Index: openIndex(tb, db, dimensions),
		Reopen: func(tb testing.TB) cache.Index {
			if err := db.Close(); err != nil {
				tb.Fatal(err)
			}
			return openIndex(tb, open(tb, embedded.Options{Folder: folder}), dimensions)
		},
	}
}

func TestStoreContract(t *testing.T) { cachetest.TestStore(t, openStoreHarness) }

func TestBooksContract(t *testing.T) { cachetest.TestBooks(t, openStoreHarness) }

func TestCountersContract(t *testing.T) { cachetest.TestCounters(t, openStoreHarness) }

func TestIndexContract(t *testing.T) { cachetest.TestIndex(t, openIndexHarness) }
