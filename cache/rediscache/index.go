// The index: which entries a tenant, namespace, model or tag has.

package rediscache

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
)

// indexed is an entry that is in the index.
type indexed struct {
	key  cache.Key
	head head
}

// setKey names an index set.
type setKey struct {
	tenant string // digest
	set    string
}

// index adds the entries to their sets, and the sets to what is due some day.
func (s *Store) index(ctx context.Context, batch []putting) error {
	members := make(map[setKey][]redis.Z)
	first := make(map[setKey]float64)
	for _, p := range batch {
		tenant := digest(p.head.meta.Tenant)
		z := redis.Z{Score: score(p.head), Member: member(p.key, p.head.stamp)}
		for _, set := range setsOf(p.head.meta) {
			at := setKey{tenant, set}
			members[at] = append(members[at], z)
			if soonest, known := first[at]; !known || z.Score < soonest {
				first[at] = z.Score
			}
		}
	}
	due := make(map[string][]redis.Z) // the sets of each tenant
	for at, expiry := range first {
		due[at.tenant] = append(due[at.tenant], redis.Z{Score: expiry, Member: at.set})
	}
	pipe := s.client.Pipeline()
	for tenant, sets := range due {
		pipe.ZAddLT(ctx, s.names.tenant(tenant).due(), sets...)
		pipe.ZAddLT(ctx, s.names.due, redis.Z{Score: soonestOf(sets), Member: tenant})
	}
	for at, zs := range members {
		pipe.ZAdd(ctx, s.names.tenant(at.tenant).key(at.set), zs...)
	}
	_, err := pipe.Exec(ctx)
	return err
}

// score orders an index set: the entry's expiry in microseconds.
func score(h head) float64 { return float64(h.meta.Expires.UnixMicro()) }

func soonestOf(zs []redis.Z) float64 {
	soonest := zs[0].Score
	for _, z := range zs {
		soonest = min(soonest, z.Score)
	}
	return soonest
}

// unindex removes the members of entries, as the Puts that wrote these left
// them.
func (s *Store) unindex(ctx context.Context, entries []indexed) error {
	if len(entries) == 0 {
		return nil
	}
	members := make(map[setKey][]any)
	for _, e := range entries {
		tenant := digest(e.head.meta.Tenant)
		m := member(e.key, e.head.stamp)
		for _, set := range setsOf(e.head.meta) {
			at := setKey{tenant, set}
			members[at] = append(members[at], m)
		}
	}
	pipe := s.client.Pipeline()
	for at, ms := range members {
		pipe.ZRem(ctx, s.names.tenant(at.tenant).key(at.set), ms...)
	}
	_, err := pipe.Exec(ctx)
	return err
}
