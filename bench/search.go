// Searches of the embedded index: as it is used in the service, without HTTP.

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
)

const (
	dimensions  = 384
	clusterSize = 20 // points around one centre
	clusterStep = .6 // length of the way from the centre, in the centre's
	pointBatch  = 1000
	identity    = "bench/384"
)

// searchSize is a number of entries in one scope.
type searchSize struct {
	name   string
	points int
}

func (b *bench) search(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp(b.folder, "search-")
	if err != nil {
		return err
	}
	db, err := embedded.Open(embedded.Options{Folder: folder})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	index, err := db.Index(identity, dimensions)
	if err != nil {
		return err
	}
	before := heap()
	stored := 0
	for _, size := range b.plan.searchSizes {
		for ; stored < size.points; stored += pointBatch {
			if err := index.Upsert(ctx, points(stored, pointBatch)); err != nil {
				return fmt.Errorf("store points: %w", err)
			}
		}
		took, err := b.timeSearches(ctx, index, size.points)
		if err != nil {
			return err
		}
		b.report.add("search_us."+size.name, took, "us", "p50 of a search among so many entries of one scope, one at a time")
	}
	b.report.add("index_point_bytes", once(float64(heap()-before)/float64(stored)), "bytes", "memory of one entry's point in the index")
	return nil
}

// timeSearches measures searches for questions near stored ones.
func (b *bench) timeSearches(ctx context.Context, index cache.Index, points int) (spread, error) {
	medians := make([]float64, b.plan.rounds)
	for round := range medians {
		took := make([]float64, b.plan.searches)
		for i := range took {
			query := cache.Nearest{
				Scope: cache.Scope{1}, K: 4, ExpiresAfter: time.Now(),
				Vector: vectorNear(i*7919%points/clusterSize, uint64(round*b.plan.searches+i)<<32),
			}
			began := time.Now()
			found, err := index.Nearest(ctx, query)
			took[i] = microseconds(time.Since(began))
			if err != nil {
				return spread{}, err
			}
			if len(found) == 0 {
				return spread{}, errors.New("a search found nothing")
			}
		}
		medians[round] = spreadOf(took).median
	}
	return spreadOf(medians), nil
}

// points makes n points of one scope, numbered from first.
func points(first, n int) []cache.Point {
	list := make([]cache.Point, n)
	now := time.Now()
	for i := range list {
		number := first + i
		p := &list[i]
		binary.BigEndian.PutUint64(p.Key[:], mix(uint64(number)))
		p.Scope = cache.Scope{1}
		p.Vector = vectorNear(number/clusterSize, uint64(number))
		p.Text = question(uint64(number))
		p.Created, p.Expires = now, now.Add(time.Hour)
	}
	return list
}

// vectorNear is a unit vector in a cluster: questions of one topic lie close
// together, those of different topics do not.
func vectorNear(cluster int, seed uint64) []float32 {
	centre := rand.New(rand.NewPCG(uint64(cluster), 1))
	own := rand.New(rand.NewPCG(seed, 2))
	vector := make([]float32, dimensions)
	var square float64
	for i := range vector {
		x := centre.NormFloat64() + clusterStep*own.NormFloat64()
		vector[i] = float32(x)
		square += x * x
	}
	for i := range vector {
		vector[i] /= float32(math.Sqrt(square))
	}
	return vector
}

// heap is the memory that is in use after a collection, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what finalisers and pools let go in the first
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
