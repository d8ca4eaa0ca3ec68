// Removing expired points.

package qdrantcache

import (
	"math/rand/v2"
	"time"

	"github.com/qdrant/go-client/qdrant"
)

// sweepAgainAndAgain removes expired points until the index is closed.
// Replicas of the service do so at different moments.
func (x *Index) sweepAgainAndAgain() {
	failed := false
	timer := time.NewTimer(jittered(x.options.SweepEvery))
	defer timer.Stop()
	for {
		select {
		case <-x.ctx.Done():
			return
		case <-timer.C:
		}
		err := x.sweep(time.Now())
		if err != nil && !failed && x.ctx.Err() == nil {
			x.log.Warn("expired points can't be removed from Qdrant", "alias", x.names.alias, "error", err)
		}
		failed = err != nil
		timer.Reset(jittered(x.options.SweepEvery))
	}
}

// sweep removes the points that have expired by now, in one call that the
// server carries out.
func (x *Index) sweep(now time.Time) error {
	until := float64(now.UnixMilli())
	expired := &qdrant.Filter{Must: []*qdrant.Condition{
		qdrant.NewRange(fieldExpires, &qdrant.Range{Lte: &until}),
	}}
	return x.remove(x.ctx, "remove expired points", qdrant.NewPointsSelectorFilter(expired))
}

// jittered is d, a fifth more or less.
func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}
