// From memory to the store: every few seconds, one write for each day.

package cache

import (
	"context"
	"errors"
	"strings"
	"time"
)

const (
	// savingsEvery is how often savings are written; what a crash can lose.
	savingsEvery = 5 * time.Second

	// SavingsKept is for how many days savings are kept.
	SavingsKept = 400
)

// unflushed is what was taken out of the tallies and is not in the store yet.
type unflushed struct {
	writer string // this replica, since its start
	number int64  // of its last write
	day    string // of what the tallies hold
	old    map[payer]*tally

	waiting map[string]map[string]int64 // by day and counter
	sending *dayOf                      // was tried, and may have been written
	failed  bool
}

// dayOf is one write.
type dayOf struct {
	day    string
	number int64
	by     map[string]int64
}

// today is the UTC day as savings name it.
func today() string { return time.Now().UTC().Format(time.DateOnly) }

// savingsBook holds a day's counters: tenant, model and measure, with separators
// that neither has.
func savingsBook(day string) string { return "savings/" + day }

const savingsSeparator = "\x1f"

// run writes savings until ctx ends, and at midnight as well, so that each is
// in the book of its day.
func (s *savings) run(ctx context.Context) {
	day := today()
	s.forget(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now().UTC()
		midnight := now.Truncate(24 * time.Hour).Add(24 * time.Hour)
		timer.Reset(min(savingsEvery, midnight.Sub(now)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		_ = s.flush(ctx) // logged, and tried again
		if now := today(); now != day {
			day = now
			s.forget(ctx)
		}
	}
}

// close writes what is left.
func (s *savings) close(ctx context.Context) error {
	if s.counters == nil {
		return nil
	}
	if err := s.flush(ctx); err != nil {
		return errors.New("cache: the savings of the last seconds could not be written")
	}
	return nil
}

// flush takes what was counted out of the tallies and writes it.
func (s *savings) flush(ctx context.Context) error {
	s.flushing.Lock()
	defer s.flushing.Unlock()
	s.drain()
	err := s.write(ctx)
	f := &s.flushed
	switch {
	case err != nil && !f.failed:
		s.c.log.Warn("savings cannot be written; they are kept in memory until they can", "error", err)
	case err == nil && f.failed:
		s.c.log.Info("savings are written again")
	}
	f.failed = err != nil
	return err
}

// drain moves the tallies into what waits. On a new day they begin anew; who
// still holds an old one is heard once more.
func (s *savings) drain() {
	f := &s.flushed
	now := today()
	tallies := s.tallies.Load()
	if now != f.day {
		s.growing.Lock()
		tallies = s.tallies.Swap(&map[payer]*tally{})
		s.growing.Unlock()
	}
	f.take(*tallies)
	f.take(f.old)
	f.old = nil
	if now != f.day {
		f.day, f.old = now, *tallies
	}
}

func (f *unflushed) take(tallies map[payer]*tally) {
	for p, t := range tallies {
		for m := range measures {
			n := t.sums[m].Swap(0)
			if n == 0 {
				continue
			}
			if f.waiting[f.day] == nil {
				f.waiting[f.day] = make(map[string]int64)
			}
			f.waiting[f.day][counterName(p, m)] += n
		}
	}
}

func counterName(p payer, m measure) string {
	return p.tenant + savingsSeparator + p.model + savingsSeparator + measureNames[m]
}

// write writes what waits, a day at a time. A write that failed may have been
// made: it is repeated as it was, and the store counts it once.
func (s *savings) write(ctx context.Context) error {
	f := &s.flushed
	for {
		if f.sending == nil && !f.next() {
			return nil
		}
		within := patience{timeout: s.c.opts.WriteTimeout}
		within.until, _ = ctx.Deadline()
		_, err := ask(ctx, s.c.storeWrites, within, func(ctx context.Context) (struct{}, error) {
			at := Tick{Writer: f.writer, Number: f.sending.number}
			return struct{}{}, s.counters.Count(ctx, savingsBook(f.sending.day), at, f.sending.by)
		})
		if err != nil {
			return err
		}
		f.sending = nil
	}
}

// next makes a write of a day that waits, if there is one.
func (f *unflushed) next() bool {
	for day, by := range f.waiting {
		f.number++
		f.sending = &dayOf{day: day, number: f.number, by: by}
		delete(f.waiting, day)
		return true
	}
	return false
}

// forget drops the days that are too old, as far back as a service can have
// been away.
func (s *savings) forget(ctx context.Context) {
	books := make([]string, SavingsKept)
	oldest := time.Now().UTC().AddDate(0, 0, -SavingsKept)
	for i := range books {
		books[i] = savingsBook(oldest.AddDate(0, 0, -i).Format(time.DateOnly))
	}
	_, err := ask(ctx, s.c.storeWrites, patience{timeout: s.c.opts.WriteTimeout}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.counters.DropCounters(ctx, books)
	})
	if err != nil {
		s.c.log.Warn("savings of days long ago could not be removed; they are tomorrow", "error", err)
	}
}

// readCounterName is the payer and the measure of a counter; ok is false for
// one of another program's.
func readCounterName(name string) (p payer, m measure, ok bool) {
	parts := strings.Split(name, savingsSeparator)
	if len(parts) != 3 {
		return p, 0, false
	}
	for m := range measures {
		if measureNames[m] == parts[2] {
			return payer{parts[0], parts[1]}, m, true
		}
	}
	return p, 0, false
}
