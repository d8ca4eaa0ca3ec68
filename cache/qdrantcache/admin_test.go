package qdrantcache_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/askonce/askonce/cache/qdrantcache"
)

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
		if strings.HasPrefix(a.GetAliasName(), base) {
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
		if strings.HasPrefix(c.GetName(), base) {
			r.remove(c.GetName())
		}
	}
}
