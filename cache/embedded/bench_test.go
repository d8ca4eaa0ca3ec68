package embedded_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/embedded"
)

func BenchmarkStore(b *testing.B) { cachetest.BenchmarkStore(b, openStoreHarness) }

func BenchmarkIndex(b *testing.B) { cachetest.BenchmarkIndex(b, openIndexHarness) }

// BenchmarkReopen opens a folder with 100,000 entries and their points: in one
// scope, and in one scope each.
func BenchmarkReopen(b *testing.B) {
	const count = 100_000
	for name, scopes := range map[string]int{"one scope": 1, "many scopes": count} {
		b.Run(name, func(b *testing.B) {
			folder := b.TempDir()
			write(b, folder, count, scopes)
			info, err := os.Stat(filepath.Join(folder, "askonce.db"))
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			b.ReportMetric(float64(info.Size())/count, "file-B/entry")
			for range b.N {
				db := open(b, embedded.Options{Folder: folder})
				b.StopTimer()
				before := heap()
				b.StartTimer()
				x := openIndex(b, db, 384)
				b.StopTimer()
				b.ReportMetric(float64(heap()-before)/count, "heap-B/point")
				b.ReportMetric(float64(db.Stats().Bytes)/count, "live-B/entry")
				runtime.KeepAlive(x)
				db.Close()
				b.StartTimer()
			}
		})
	}
}

// write fills the folder with entries of 1 KB and points.
func write(b *testing.B, folder string, count, scopes int) {
	db := open(b, embedded.Options{Folder: folder})
	defer db.Close()
	x := openIndex(b, db, 384)
	vectors := cachetest.NewVectors(384, 1).Clusters(1000, 50)
	for from := 0; from < count; from += 5000 {
		var entries []cache.Record
		var points []cache.Point
		for n := from; n < from+5000; n++ {
			e, p := entry(n), question(n, 1)
			e.Value = make([]byte, 1024)
			p.Scope, p.Vector = cachetest.Scope(n%scopes), vectors[n%len(vectors)]
			p.Text = "How do I change the address that my invoices are sent to?"
			entries, points = append(entries, e), append(points, p)
		}
		if err := db.Store().Put(context.Background(), entries); err != nil {
			b.Fatal(err)
		}
		if err := x.Upsert(context.Background(), points); err != nil {
			b.Fatal(err)
		}
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
