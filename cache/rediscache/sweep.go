// Removing index members whose entries have expired.

package rediscache

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// sweepStep is how many members one call removes: what others wait for.
	sweepStep = 500

	// sweepPage is how many tenants, or sets, are asked for at once.
	sweepPage = 100
)

// sweepOften sweeps at a time of its own, so that replicas that were started
// together don't all ask at once.
func (s *Store) sweepOften(ctx context.Context) {
	wait := time.Duration(rand.Int64N(int64(s.options.SweepEvery)) + 1)
	for pause(ctx, wait) {
		_ = s.sweep(ctx) // what is left is left for the next time
		wait = s.options.SweepEvery
	}
}

// sweep trims all sets that are due, unless another replica does. It costs
// what has expired, not what is there.
func (s *Store) sweep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.SweepEvery)
	defer cancel()
	mine, err := s.client.SetNX(ctx, s.names.sweeper, s.self, s.options.SweepEvery*9/10).Result()
	if err != nil || !mine {
		return err
	}
	seen := ""
	for {
		tenants, err := s.dueNow(ctx, s.names.due)
		if err != nil || len(tenants) == 0 || tenants[0] == seen {
			return err
		}
		seen = tenants[0]
		for _, tenant := range tenants {
			if err := s.sweepTenant(ctx, tenant); err != nil {
				return err
			}
		}
	}
}

// dueNow returns some of what is due in a list of tenants or sets.
func (s *Store) dueNow(ctx context.Context, list string) ([]string, error) {
	return s.client.ZRangeByScore(ctx, list, &redis.ZRangeBy{
		Min: "-inf", Max: strconv.FormatInt(time.Now().UnixMicro(), 10), Count: sweepPage,
	}).Result()
}

// sweepTenant trims a tenant's sets and notes when the tenant is due next.
func (s *Store) sweepTenant(ctx context.Context, tenant string) error {
	sets := s.names.tenant(tenant)
	seen := ""
	for {
		due, err := s.dueNow(ctx, sets.due())
		if err != nil {
			return err
		}
		if len(due) == 0 || due[0] == seen {
			return s.settleTenant(ctx, tenant)
		}
		seen = due[0]
		for _, set := range due {
			if err := s.trim(ctx, sets, set); err != nil {
				return err
			}
		}
	}
}

// trim removes all expired members of a set, a step at a time.
func (s *Store) trim(ctx context.Context, sets tenantSets, set string) error {
	for {
		removed, err := trimScript.Run(ctx, s.client, []string{sets.key(set), sets.due()}, set, sweepStep).Int()
		if err != nil || removed < sweepStep {
			return err
		}
	}
}

// settleTenant notes when a tenant is due next. A tenant without sets is
// forgotten, and looked at once more: a Put may have come in between.
func (s *Store) settleTenant(ctx context.Context, tenant string) error {
	for range 2 {
		first, err := s.client.ZRangeWithScores(ctx, s.names.tenant(tenant).due(), 0, 0).Result()
		if err != nil {
			return err
		}
		if len(first) > 0 {
			return s.client.ZAdd(ctx, s.names.due, redis.Z{Score: first[0].Score, Member: tenant}).Err()
		}
		if err := s.client.ZRem(ctx, s.names.due, tenant).Err(); err != nil {
			return err
		}
	}
	return nil
}
