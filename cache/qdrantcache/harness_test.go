package qdrantcache_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/qdrantcache"
	"github.com/askonce/askonce/cache/qdrantcache/peer"
)

// shared is the server of all tests that don't end it, once one of them asked.
var shared struct {
	once sync.Once
	peer *peer.Peer
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.peer != nil {
		shared.peer.Close()
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// server returns the address of the full server that QDRANT_ADDR names, or of
// the peer.
func server(tb testing.TB) string {
	tb.Helper()
	if addr := os.Getenv("QDRANT_ADDR"); addr != "" {
		return addr
	}
	shared.once.Do(func() { shared.peer, shared.err = peer.Start(peer.Options{}) })
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	return shared.peer.Addr()
}

// options are for a collection of the test's own, which is removed at its end.
func options(tb testing.TB) qdrantcache.Options {
	tb.Helper()
	o := qdrantcache.Options{
		URL: server(tb), APIKey: os.Getenv("QDRANT_API_KEY"), Collection: "test-" + rand.Text(),
		Identity: "test-model/1/3", Dimensions: 3, Timeout: 30 * time.Second,
		Log: slog.New(slog.DiscardHandler),
	}
	tb.Cleanup(func() { admin(tb, o).removeAll(o.Collection) })
	return o
}

func open(tb testing.TB, o qdrantcache.Options) *qdrantcache.Index {
	tb.Helper()
	x, err := qdrantcache.Open(context.Background(), o)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() {
		if err := x.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return x
}

func openHarness(tb testing.TB, dimensions int) cachetest.IndexHarness {
	o := options(tb)
	o.Dimensions = dimensions
	x := open(tb, o)
	return cachetest.IndexHarness{
		Index: x,
		Reopen: func(tb testing.TB) cache.Index {
			if err := x.Close(); err != nil {
				tb.Fatal(err)
			}
			return open(tb, o)
		},
	}
}

// raw is a plain client, for what operators do and for what the index hides.
type raw struct {
	tb          testing.TB
	collections qdrant.CollectionsClient
	points      qdrant.PointsClient
}

func admin(tb testing.TB, o qdrantcache.Options) raw {
	tb.Helper()
	conn, err := grpc.NewClient(o.URL, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	return raw{tb: tb, collections: qdrant.NewCollectionsClient(conn), points: qdrant.NewPointsClient(conn)}
}

func (r raw) ctx() context.Context {
	return metadata.AppendToOutgoingContext(context.Background(), "api-key", os.Getenv("QDRANT_API_KEY"))
}

// aliases returns the aliases that begin with base, and where they point.
func (r raw) aliases(base string) map[string]string {
	r.tb.Helper()
	reply, err := r.collections.ListAliases(r.ctx(), &qdrant.ListAliasesRequest{})
	if err != nil {
		r.tb.Fatal(err)
	}
	found := map[string]string{}
	for _, a := range reply.GetAliases() {
		if hasBase(a.GetAliasName(), base) {
			found[a.GetAliasName()] = a.GetCollectionName()
		}
	}
	return found
}

// alias returns the only alias that begins with base, and its collection.
func (r raw) alias(base string) (alias, collection string) {
	r.tb.Helper()
	found := r.aliases(base)
	if len(found) != 1 {
		r.tb.Fatalf("aliases %v, want one", found)
	}
	for alias, collection = range found {
	}
	return alias, collection
}

func (r raw) info(collection string) *qdrant.CollectionInfo {
	r.tb.Helper()
	reply, err := r.collections.Get(r.ctx(), &qdrant.GetCollectionInfoRequest{CollectionName: collection})
	if err != nil {
		r.tb.Fatal(err)
	}
	return reply.GetResult()
}

func (r raw) count(collection string) uint64 {
	r.tb.Helper()
	reply, err := r.points.Count(r.ctx(), &qdrant.CountPoints{CollectionName: collection, Exact: qdrant.PtrOf(true)})
	if err != nil {
		r.tb.Fatal(err)
	}
	return reply.GetResult().GetCount()
}

func (r raw) create(request *qdrant.CreateCollection) {
	r.tb.Helper()
	if _, err := r.collections.Create(r.ctx(), request); err != nil {
		r.tb.Fatal(err)
	}
}

func (r raw) pointAlias(alias, collection string) {
	r.tb.Helper()
	change := &qdrant.ChangeAliases{Actions: []*qdrant.AliasOperations{
		qdrant.NewAliasDelete(alias), qdrant.NewAliasCreate(alias, collection),
	}}
	if _, err := r.collections.UpdateAliases(r.ctx(), change); err != nil {
		r.tb.Fatal(err)
	}
}

// oneSegment lets the server keep all points together, however many cores it
// has: a graph is made of segments above a certain size only.
func (r raw) oneSegment(collection string) {
	r.tb.Helper()
	_, err := r.collections.Update(r.ctx(), &qdrant.UpdateCollection{
		CollectionName:   collection,
		OptimizersConfig: &qdrant.OptimizersConfigDiff{DefaultSegmentNumber: qdrant.PtrOf[uint64](1)},
	})
	if err != nil {
		r.tb.Fatal(err)
	}
}

func (r raw) remove(collection string) {
	r.tb.Helper()
	if _, err := r.collections.Delete(r.ctx(), &qdrant.DeleteCollection{CollectionName: collection}); err != nil {
		r.tb.Error(err)
	}
}

// removeAll removes the collections that begin with base, and their aliases.
func (r raw) removeAll(base string) {
	r.tb.Helper()
	reply, err := r.collections.List(r.ctx(), &qdrant.ListCollectionsRequest{})
	if err != nil {
		r.tb.Error(err)
	}
	for _, c := range reply.GetCollections() {
		if hasBase(c.GetName(), base) {
			r.remove(c.GetName())
		}
	}
}

func hasBase(name, base string) bool {
	return len(name) > len(base) && name[:len(base)] == base
}

func point(n int, vector ...float32) cache.Point {
	now := time.Now()
	return cache.Point{
		Key: cachetest.Key(n), Scope: cachetest.Scope(1), Vector: vector, Text: fmt.Sprint("question ", n),
		Created: now, Expires: now.Add(time.Hour),
	}
}

func upsert(tb testing.TB, x cache.Index, points ...cache.Point) {
	tb.Helper()
	if err := x.Upsert(context.Background(), points); err != nil {
		tb.Fatalf("Upsert: %v", err)
	}
}

// search asks for the neighbours of the first axis.
func search(x cache.Index) ([]cache.Candidate, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return x.Nearest(ctx, cache.Nearest{Scope: cachetest.Scope(1), Vector: []float32{1, 0, 0}, K: 9})
}

func wantFound(tb testing.TB, x cache.Index, want ...int) {
	tb.Helper()
	found, err := search(x)
	if err != nil {
		tb.Errorf("Nearest: %v", err)
	}
	ok := len(found) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = found[i].Key == cachetest.Key(want[i])
	}
	if !ok {
		tb.Errorf("found %v, want keys %v", found, want)
	}
}
