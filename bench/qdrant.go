// Semantic hits on Qdrant, beside the bare query that such a hit sends.

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askonce/askonce/bench/load"
	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/qdrantcache"
)

// qdrantFields are null without a server or the peer.
var qdrantFields = []string{"qdrant_ms_p50", "qdrant_search_ms_p50", "qdrant_bare_ms_p50", "qdrant_added_ms_p50", "qdrant_point_bytes"}

func (b *bench) qdrantHits(ctx context.Context) (err error) {
	q, why, err := startQdrant(ctx)
	if q == nil {
		b.report.missingAll(qdrantFields, why)
		return err
	}
	defer func() { err = errors.Join(err, q.close(ctx)) }()
	b.report.fact("qdrant", q.describe(), "Qdrant was")
	server, err := b.startConfigured(ctx, patience+q.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	hits, err := b.knownQuestions(ctx, server)
	if err != nil {
		return err
	}
	scope, err := q.scope(ctx)
	if err != nil {
		return err
	}
	if err := q.fill(ctx, scope, b.plan.points); err != nil {
		return fmt.Errorf("fill the scope: %w", err)
	}
	if err := b.compareQdrant(ctx, q, hits, scope); err != nil {
		return err
	}
	b.qdrantPoint(ctx, q)
	return nil
}

// compareQdrant measures hits, their embedding by the receipts of lookups, and
// bare queries.
func (b *bench) compareQdrant(ctx context.Context, q *qdrantServer, hits side, scope qdrantScope) error {
	const hit, lookup, query = 0, 1, 2
	var embed, search []float64
	lookups := func(ctx context.Context) (*load.Result, error) {
		parts, err := b.hitParts(ctx, hits.server)
		embed, search = append(embed, parts.EmbedMS), append(search, parts.SearchMS)
		return nil, err
	}
	bare := func(ctx context.Context) (*load.Result, error) { return q.queries(ctx, scope, b.plan) }
	rounds, err := interleave(ctx, b.plan.rounds, hits, side{name: "lookups", run: lookups}, side{name: "bare queries", run: bare})
	if err != nil {
		return err
	}
	ms := func(m measured) float64 { return m.p50() / 1000 }
	rest := make([]float64, len(rounds)) // of a hit, without its embedding
	added := make([]float64, len(rounds))
	for i, m := range rounds {
		rest[i] = ms(m[hit]) - embed[i]
		added[i] = rest[i] - ms(m[query])
	}
	r := &b.report
	among := fmt.Sprintf("among %d points of the scope", b.plan.points+knownQuestions)
	r.add("qdrant_ms_p50", spreadOf(rest), "ms", "semantic hit on Qdrant less its embedding, one at a time, "+among)
	r.add("qdrant_search_ms_p50", spreadOf(search), "ms", "of it the index, by the receipts of lookups")
	r.add("qdrant_bare_ms_p50", over(rounds, func(m []measured) float64 { return ms(m[query]) }), "ms", "bare query: top five of the scope, by Qdrant's Go client")
	r.add("qdrant_added_ms_p50", spreadOf(added), "ms", "qdrant_ms_p50 less qdrant_bare_ms_p50")
	return nil
}

// qdrantScope is what the service's points have in common.
type qdrantScope struct {
	alias    string
	scope    string // hexadecimal
	identity string // the embedder's
}

// scope looks at one of the points that the service stored.
func (q *qdrantServer) scope(ctx context.Context) (qdrantScope, error) {
	alias, _, err := q.alias(ctx)
	if err != nil {
		return qdrantScope{}, err
	}
	reply, err := qdrant.NewPointsClient(q.conn).Query(q.with(ctx), &qdrant.QueryPoints{
		CollectionName: alias, Query: qdrant.NewQueryDense(vectorNear(0, 0)), Limit: qdrant.PtrOf[uint64](1), WithPayload: qdrant.NewWithPayload(true),
	})
	if err != nil {
		return qdrantScope{}, fmt.Errorf("qdrant: %w", err)
	}
	if len(reply.GetResult()) == 0 {
		return qdrantScope{}, errors.New("qdrant: the service stored no point")
	}
	payload := reply.GetResult()[0].GetPayload()
	return qdrantScope{alias, payload["scope"].GetStringValue(), payload["identity"].GetStringValue()}, nil
}

// fill adds points to a scope that are near none of its questions.
func (q *qdrantServer) fill(ctx context.Context, in qdrantScope, count int) (err error) {
	var scope cache.Scope
	if n, err := hex.Decode(scope[:], []byte(in.scope)); err != nil || n != len(scope) {
		return fmt.Errorf("a point's scope is %q", in.scope)
	}
	index, err := qdrantcache.Open(ctx, qdrantcache.Options{
		URL: q.addr, APIKey: q.key, Collection: q.collection, Identity: in.identity, Dimensions: dimensions, Timeout: time.Minute,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	for stored := 0; stored < count; stored += pointBatch {
		batch := points(stored, min(pointBatch, count-stored))
		for i := range batch {
			batch[i].Scope = scope
		}
		if err := index.Upsert(ctx, batch); err != nil {
			return err
		}
	}
	return q.settle(ctx, in.alias)
}

const (
	settleEvery = 100 * time.Millisecond
	settledFor  = 3 * time.Second // without work: it begins a moment after a write
	settleLimit = 2 * time.Minute
)

// settle waits until the server has nothing left to optimise.
func (q *qdrantServer) settle(ctx context.Context, alias string) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	client := qdrant.NewCollectionsClient(q.conn)
	for busy := time.Now(); time.Since(busy) < settledFor; {
		reply, err := client.Get(q.with(ctx), &qdrant.GetCollectionInfoRequest{CollectionName: alias})
		if err != nil {
			return fmt.Errorf("wait for the optimiser: %w", err)
		}
		if reply.GetResult().GetStatus() != qdrant.CollectionStatus_Green {
			busy = time.Now()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the optimiser: %w", ctx.Err())
		case <-time.After(settleEvery):
		}
	}
	return nil
}

// queries asks a round of bare queries near points that were filled in.
func (q *qdrantServer) queries(ctx context.Context, in qdrantScope, p plan) (*load.Result, error) {
	client, result := qdrant.NewPointsClient(q.conn), &load.Result{}
	ctx = q.with(ctx)
	began := time.Now()
	for i := 0; time.Since(began) < p.remote; i++ {
		request := bareQuery(in, vectorNear(i%p.points/clusterSize, uint64(i)<<32))
		asked := time.Now()
		reply, err := client.Query(ctx, request)
		result.Latencies = append(result.Latencies, time.Since(asked))
		if err != nil {
			return nil, err
		}
		if len(reply.GetResult()) == 0 {
			return nil, errors.New("a bare query found nothing")
		}
	}
	result.Took = time.Since(began)
	slices.Sort(result.Latencies)
	return result, nil
}

// bareQuery asks for five points of the scope that have not expired.
func bareQuery(in qdrantScope, vector []float32) *qdrant.QueryPoints {
	now := float64(time.Now().UnixMilli())
	return &qdrant.QueryPoints{
		CollectionName: in.alias,
		Query:          qdrant.NewQueryDense(vector),
		Filter: &qdrant.Filter{Must: []*qdrant.Condition{
			qdrant.NewMatchKeyword("scope", in.scope),
			qdrant.NewRange("expires", &qdrant.Range{Gt: &now}),
		}},
		Limit:       qdrant.PtrOf[uint64](5),
		WithPayload: qdrant.NewWithPayload(true),
	}
}
