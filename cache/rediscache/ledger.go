// The ledger of layout steps, in Redis itself.

package rediscache

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/askonce/askonce/migrations"
)

const (
	// turnLife is how long a replica that died while it migrated keeps the
	// others waiting; a live one renews its turn.
	turnLife  = 10 * time.Second
	turnPause = 100 * time.Millisecond // between two tries for the turn
)

// Migrations are the layout steps of the keys below the prefix.
func (s *Store) Migrations() migrations.Store {
	return migrations.Store{
		Name:   "redis",
		Ledger: (*ledger)(s),
		Steps:  []migrations.Step{{Number: 1, Name: "entries, index sets, generation"}},
	}
}

// ledger is a Store as a migrations.Ledger.
type ledger Store

// History returns the steps applied.
func (l *ledger) History(ctx context.Context) ([]migrations.Applied, error) {
	rows, err := l.client.HGetAll(ctx, l.names.ledger).Result()
	if err != nil {
		return nil, fault(ctx, "ledger", err)
	}
	applied := make([]migrations.Applied, 0, len(rows))
	for _, row := range rows {
		var a migrations.Applied
		if err := json.Unmarshal([]byte(row), &a); err != nil {
			return nil, fmt.Errorf("rediscache: ledger: %w: a step cannot be read", ErrDamaged)
		}
		applied = append(applied, a)
	}
	slices.SortFunc(applied, func(a, b migrations.Applied) int { return cmp.Compare(a.Number, b.Number) })
	return applied, nil
}

// Append notes a step; the first note of it stays.
func (l *ledger) Append(ctx context.Context, step migrations.Applied) error {
	row, err := json.Marshal(step)
	if err != nil {
		return fmt.Errorf("rediscache: ledger: %w", err)
	}
	return fault(ctx, "ledger", l.client.HSetNX(ctx, l.names.ledger, strconv.Itoa(step.Number), row).Err())
}

// Exclusive runs do while this replica has its turn.
func (l *ledger) Exclusive(ctx context.Context, do func(context.Context) error) error {
	id := make([]byte, 16)
	rand.Read(id)
	holder := hex.EncodeToString(id)
	if err := l.takeTurn(ctx, holder); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		l.keepTurn(ctx, stop, holder)
	}()
	err := do(ctx)
	stop()
	<-renewed
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	// A turn that cannot be given back ends by itself.
	_ = releaseScript.Run(after, l.client, []string{l.names.turn}, holder, l.names.turn, "").Err()
	return err
}

func (l *ledger) takeTurn(ctx context.Context, holder string) error {
	tick := time.NewTicker(turnPause)
	defer tick.Stop()
	for {
		held, err := l.turn(ctx, holder)
		if err != nil || held {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("rediscache: another replica is migrating: %w", ctx.Err())
		}
	}
}

func (l *ledger) turn(ctx context.Context, holder string) (bool, error) {
	held, err := acquireScript.Run(ctx, l.client, []string{l.names.turn}, holder, turnLife.Milliseconds()).Bool()
	return held, fault(ctx, "ledger", err)
}

// keepTurn renews the turn until ctx ends, and stops the work if it is lost.
func (l *ledger) keepTurn(ctx context.Context, stop context.CancelFunc, holder string) {
	tick := time.NewTicker(turnLife / 3)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if held, err := l.turn(ctx, holder); err == nil && !held {
				stop()
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
