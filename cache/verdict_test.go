package cache_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/guard"
)

// oracle is a verifier that knows which pairs of questions are the same.
type oracle struct {
	same  map[[2]string]float64
	fault error
	hang  bool
	calls int
}

func (*oracle) Identity() string { return "oracle/1" }

func (o *oracle) Verify(ctx context.Context, asked string, stored []string, _ []float64) ([]float64, error) {
	o.calls++
	if o.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	list := make([]float64, len(stored))
	for i, text := range stored {
		list[i] = o.same[[2]string{asked, text}]
	}
	return list, o.fault
}

// verifiedWorld is a world that asks o above a cosine of 0.6.
func verifiedWorld(t *testing.T, o *oracle) *world {
	return newWorld(t, func(opts *cache.Options) {
		opts.Verifier = o
		opts.Rules = func(string, string) cache.Rules {
			rules := cache.DefaultRules()
			rules.Score, rules.Threshold, rules.Floor = cache.ScoreVerified, 0.9, 0.6
			return rules
		}
	})
}

func TestVerifiedScoreDecides(t *testing.T) {
	o := &oracle{same: map[[2]string]float64{
		{"please reset my password now", "reset my password"}: .97,
		{"reset my password card", "reset my password"}:       .2,
	}}
	w := verifiedWorld(t, o)
	w.learn(t, cache.NewPrompt("acme", "", "reset my password"), `"x"`)
	entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "please reset my password now"))
	if entry == nil || r.Score != cache.ScoreVerified || r.Verified != .97 || r.Nearest > .9 || r.Verifier != "oracle/1" {
		t.Errorf("a pair far apart that the verifier takes: %v, %+v", entry, r)
	}
	entry, r = w.Lookup(t.Context(), cache.NewPrompt("acme", "", "reset my password card"))
	if entry != nil || r.Reason != cache.ReasonBelowThreshold || r.Verified != .2 {
		t.Errorf("a near pair that the verifier refuses: %v, %+v", entry, r)
	}
	before := o.calls
	entry, r = w.Lookup(t.Context(), cache.NewPrompt("acme", "", "another thing altogether password"))
	if entry != nil || r.Reason != cache.ReasonBelowFloor || o.calls != before {
		t.Errorf("below the floor: %v, %+v, %d calls", entry, r, o.calls-before)
	}
}

func TestAVerifierThatCannotTellIsAMiss(t *testing.T) {
	pair := map[[2]string]float64{{"alpha beta gamma filler", "alpha beta gamma"}: 1}
	for name, test := range map[string]struct {
		oracle oracle
		why    cache.Reason
		fault  bool
	}{
		"down":           {oracle{same: pair, fault: errors.New("down")}, cache.ReasonVerifierUnavailable, true},
		"slow":           {oracle{same: pair, hang: true}, cache.ReasonVerifierUnavailable, true},
		"too long":       {oracle{same: pair, fault: tooLong{}}, cache.ReasonTooLong, false},
		"no probability": {oracle{same: map[[2]string]float64{{"alpha beta gamma filler", "alpha beta gamma"}: 1.5}}, cache.ReasonVerifierUnavailable, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := verifiedWorld(t, &test.oracle)
				defer w.close()
				w.learn(t, cache.NewPrompt("acme", "", "alpha beta gamma"), `"x"`)
				start := time.Now()
				entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma filler"))
				if entry != nil || r.Reason != test.why || slices.Contains(r.Degraded, "verifier") != test.fault {
					t.Errorf("entry %v, receipt %+v", entry, r)
				}
				if took := time.Since(start); took > 250*time.Millisecond {
					t.Errorf("took %v, more than the budget", took)
				}
			})
		})
	}
}

func TestVerifiedWithoutAVerifierIsAMiss(t *testing.T) {
	w := newWorld(t, func(opts *cache.Options) {
		opts.Rules = func(string, string) cache.Rules {
			rules := cache.DefaultRules()
			rules.Score = cache.ScoreVerified
			return rules
		}
	})
	w.learn(t, cache.NewPrompt("acme", "", "alpha beta gamma"), `"x"`)
	entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma filler"))
	if entry != nil || r.Reason != cache.ReasonNoVerifier {
		t.Errorf("entry %v, receipt %+v", entry, r)
	}
}

func TestGuardsRefuseBeforeTheVerifierIsAsked(t *testing.T) {
	o := &oracle{same: map[[2]string]float64{{"open account filler 5", "open account filler 7"}: 1}}
	w := verifiedWorld(t, o)
	w.learn(t, cache.NewPrompt("acme", "", "open account filler 7"), `"x"`)
	entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "open account filler 5"))
	if entry != nil || r.Reason != cache.ReasonGuarded || r.Refused != guard.Of(guard.Numbers) || o.calls != 0 {
		t.Errorf("entry %v, receipt %+v, the verifier was asked %d times", entry, r, o.calls)
	}
}

func TestAGuardedCandidateDoesNotHideTheNext(t *testing.T) {
	w := newWorld(t)
	w.learn(t, cache.NewPrompt("acme", "", "how do I open an account for filler7 users filler9"), `"other"`)
	w.learn(t, cache.NewPrompt("acme", "", "how do I open an account for filler users"), `"right"`)
	entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "how do I open an account for filler users fillerx"))
	if entry == nil || string(entry.Response) != `"right"` {
		t.Errorf("entry %v, receipt %+v", entry, r)
	}
}

func TestShadowModeServesNothingAndTells(t *testing.T) {
	w := newWorld(t, func(opts *cache.Options) {
		opts.Rules = func(string, string) cache.Rules {
			rules := cache.DefaultRules()
			rules.Mode = cache.ModeShadow
			return rules
		}
	})
	id := w.learn(t, cache.NewPrompt("acme", "", "alpha beta gamma"), `"x"`).Key
	entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma filler"))
	if entry != nil || r.Hit() || !r.Shadow || r.Reason != cache.ReasonShadow || r.NearestKey != id {
		t.Errorf("entry %v, receipt %+v", entry, r)
	}
	if entry, _ := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma")); entry == nil {
		t.Error("the identical request is not served")
	}
	req := cache.NewPrompt("acme", "", "alpha beta gamma filler")
	req.Mode = cache.ModeSemantic
	if entry, _ := w.Lookup(t.Context(), req); entry != nil {
		t.Error("a caller talked the namespace out of shadow mode")
	}
}
