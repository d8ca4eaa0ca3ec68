// Nearest.

package qdrantcache

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askonce/askonce/cache"
)

// tieMargin is how many more points than K are asked for, so that among equals
// at the end of the page the oldest are kept. Equals are points with the same
// vector: the same query text under several keys of one scope.
const tieMargin = 4

var errZeroK = errors.New("qdrantcache: K is below 1")

// Nearest implements [cache.Index].
func (x *Index) Nearest(ctx context.Context, q cache.Nearest) ([]cache.Candidate, error) {
	if err := x.checkVector(q.Vector); err != nil {
		return nil, err
	}
	if q.K < 1 {
		return nil, errZeroK
	}
	if err := checkTags(q.Tags); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, x.options.Timeout)
	defer cancel()
	if err := x.ready(ctx); err != nil {
		return nil, err
	}
	reply, err := x.points.Query(ctx, x.queryRequest(q))
	if err != nil {
		return nil, x.failed(ctx, "search", err)
	}
	return x.candidates(reply.GetResult(), q.K), nil
}

func (x *Index) queryRequest(q cache.Nearest) *qdrant.QueryPoints {
	return &qdrant.QueryPoints{
		CollectionName: x.names.alias,
		Query:          qdrant.NewQueryDense(q.Vector),
		Filter:         filterOf(q),
		Params:         searchParams(x.options.Quantisation),
		Limit:          qdrant.PtrOf(uint64(q.K) + tieMargin),
		WithPayload:    qdrant.NewWithPayloadInclude(fieldKey, fieldText, fieldCreated, fieldExpires),
	}
}

func searchParams(quantisation Quantisation) *qdrant.SearchParams {
	p := &qdrant.SearchParams{HnswEf: qdrant.PtrOf[uint64](efSearch)}
	if quantisation == Int8 {
		p.Quantization = &qdrant.QuantizationSearchParams{
			Rescore: qdrant.PtrOf(true), Oversampling: qdrant.PtrOf(oversampling),
		}
	}
	return p
}

// filterOf always names the scope. Times are cut to milliseconds as the stored
// ones are, which keeps their order.
func filterOf(q cache.Nearest) *qdrant.Filter {
	must := make([]*qdrant.Condition, 0, 3+len(q.Tags))
	must = append(must, qdrant.NewMatchKeyword(fieldScope, scopeText(q.Scope)))
	if !q.ExpiresAfter.IsZero() {
		after := float64(q.ExpiresAfter.UnixMilli())
		must = append(must, qdrant.NewRange(fieldExpires, &qdrant.Range{Gt: &after}))
	}
	if !q.CreatedSince.IsZero() {
		since := float64(q.CreatedSince.UnixMilli())
		must = append(must, qdrant.NewRange(fieldCreated, &qdrant.Range{Gte: &since}))
	}
	for _, t := range q.Tags {
		must = append(must, qdrant.NewMatchKeyword(fieldTags, t))
	}
	return &qdrant.Filter{Must: must}
}

// candidates puts what was found in the contract's order: nearest first, the
// older of equals first.
func (x *Index) candidates(found []*qdrant.ScoredPoint, k int) []cache.Candidate {
	out := make([]cache.Candidate, 0, len(found))
	for _, p := range found {
		c, ok := decode(p)
		if !ok {
			x.unread.Do(func() {
				x.log.Warn("Qdrant collection holds points that are not askonce's; they are left out", "alias", x.names.alias, "point", p.GetId().String())
			})
			continue
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b cache.Candidate) int {
		return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), a.Created.Compare(b.Created))
	})
	return out[:min(k, len(out))]
}
