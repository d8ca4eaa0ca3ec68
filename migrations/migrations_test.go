package migrations_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/askonce/askonce/migrations"
)

// book is a ledger in memory.
type book struct {
	turn  sync.Mutex
	mu    sync.Mutex
	steps []migrations.Applied
}

func (b *book) History(context.Context) ([]migrations.Applied, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.steps), nil
}

func (b *book) Exclusive(ctx context.Context, do func(context.Context) error) error {
	b.turn.Lock()
	defer b.turn.Unlock()
	return do(ctx)
}

func (b *book) Append(_ context.Context, a migrations.Applied) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.steps = append(b.steps, a)
	return nil
}

// counted makes steps that count how often each was applied.
func counted(n int, manual ...int) ([]migrations.Step, []int) {
	steps, times := make([]migrations.Step, n), make([]int, n)
	for i := range steps {
		steps[i] = migrations.Step{Number: i + 1, Name: "step", Manual: slices.Contains(manual, i+1),
			Apply: func(context.Context) error { times[i]++; return nil }}
	}
	return steps, times
}

func ignore(migrations.Step) {}

func TestUpAppliesEachStepOnce(t *testing.T) {
	steps, times := counted(3)
	s := migrations.Store{Name: "test", Ledger: &book{}, Steps: steps}
	for range 2 {
		if err := s.Up(t.Context(), migrations.All, "1.0", ignore); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(times, []int{1, 1, 1}) {
		t.Errorf("applied %v times", times)
	}
}

func TestReplicasMigrateOnce(t *testing.T) {
	steps, times := counted(4)
	s := migrations.Store{Name: "test", Ledger: &book{}, Steps: steps}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := s.Up(t.Context(), migrations.All, "1.0", ignore); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if !slices.Equal(times, []int{1, 1, 1, 1}) {
		t.Errorf("applied %v times", times)
	}
}

func TestAStartStopsBeforeAManualStep(t *testing.T) {
	steps, times := counted(3, 2)
	s := migrations.Store{Name: "test", Ledger: &book{}, Steps: steps}
	if err := s.Up(t.Context(), migrations.Automatic, "1.0", ignore); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(times, []int{1, 0, 0}) {
		t.Errorf("applied %v times: a step behind a manual one must wait for it", times)
	}
	status, err := s.Check(t.Context())
	if err != nil || len(status.Pending) != 2 {
		t.Errorf("pending %+v, %v", status.Pending, err)
	}
}

func TestAFailedStepIsTriedAgain(t *testing.T) {
	steps, _ := counted(2)
	fail := true
	steps[1].Apply = func(context.Context) error {
		if fail {
			return errors.New("no space")
		}
		return nil
	}
	s := migrations.Store{Name: "test", Ledger: &book{}, Steps: steps}
	err := s.Up(t.Context(), migrations.All, "1.0", ignore)
	if err == nil || !strings.Contains(err.Error(), "test store: step 2 (step): no space") {
		t.Errorf("error %v", err)
	}
	fail = false
	if err := s.Up(t.Context(), migrations.All, "1.0", ignore); err != nil {
		t.Errorf("again: %v", err)
	}
}

func TestANewerStoreIsNotTouched(t *testing.T) {
	steps, times := counted(1)
	ledger := &book{steps: []migrations.Applied{{Number: 1}, {Number: 2, By: "9.9"}}}
	s := migrations.Store{Name: "test", Ledger: ledger, Steps: steps}
	err := s.Up(t.Context(), migrations.All, "1.0", ignore)
	var newer *migrations.NewerError
	if !errors.As(err, &newer) || newer.Found != 2 || newer.Known != 1 || !strings.Contains(err.Error(), "9.9") {
		t.Errorf("error %v", err)
	}
	if times[0] != 0 {
		t.Error("a step was applied")
	}
}

func TestStepsAreNumberedInOrder(t *testing.T) {
	s := migrations.Store{Name: "test", Ledger: &book{}, Steps: []migrations.Step{{Number: 2}}}
	if err := s.Up(t.Context(), migrations.All, "1.0", ignore); err == nil {
		t.Error("a gap was taken")
	}
}
