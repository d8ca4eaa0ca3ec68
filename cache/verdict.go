// The verdict on candidates: guards first, then the score that the threshold
// acts on.

package cache

import (
	"context"
	"time"

	"github.com/askonce/askonce/policy/guard"
)

// Score is what a namespace's threshold acts on.
type Score string

// The scores.
const (
	ScoreCosine   Score = "cosine"   // the similarity of the vectors; also the zero Score
	ScoreVerified Score = "verified" // the verifier's probability that the answer fits
)

// verifications is how many candidates the verifier reads for one lookup at
// most. Each costs more than an embedding, so the budget of three embeddings
// for a lookup leaves room for one.
const verifications = 1

// Assessment is what is known of one candidate as an answer to a question.
type Assessment struct {
	Similarity  float64   // cosine
	Refused     guard.Set // the guards that refuse it
	Verified    float64   // the verifier's probability; only if HasVerified
	HasVerified bool
}

// Judge decides by the rules whether a candidate is served: "" if it is, or
// why not. ReasonUnverified means that only the verifier's word is missing.
func (r *Rules) Judge(a Assessment) Reason {
	switch {
	case a.Similarity < r.floor():
		return r.belowFloor()
	case a.Refused != guard.None:
		return ReasonGuarded
	case r.Score != ScoreVerified:
		return ""
	case !a.HasVerified:
		return ReasonUnverified
	case a.Verified < r.Threshold:
		return ReasonBelowThreshold
	}
	return ""
}

// floor is the least similarity at which a candidate is looked at.
func (r *Rules) floor() float64 {
	if r.Score == ScoreVerified {
		return r.Floor
	}
	return r.Threshold
}

func (r *Rules) belowFloor() Reason {
	if r.Score == ScoreVerified {
		return ReasonBelowFloor
	}
	return ReasonBelowThreshold
}

// assessed is a candidate with what is known of it.
type assessed struct {
	Candidate
	assessment Assessment
}

// verdict serves the nearest candidate that the rules let pass and whose
// answer is still there.
func (s *search) verdict(ctx context.Context, found []Candidate) *Entry {
	r := &s.receipt
	r.Score, r.Threshold, r.ThresholdVersion = s.rules.Score, s.rules.Threshold, s.rules.ThresholdVersion
	if len(found) == 0 {
		s.missed(ReasonNoNeighbour)
		return nil
	}
	r.note(found)
	for _, candidate := range s.pass(ctx, found) {
		entry, err := s.answerOf(ctx, candidate.Key)
		if err != nil {
			continue
		}
		if entry := s.accept(entry, LayerSemantic); entry != nil {
			r.Nearest, r.NearestKey = candidate.Similarity, candidate.Key
			r.Verified, r.HasVerified = candidate.assessment.Verified, candidate.assessment.HasVerified
			s.noteServed(entry, candidate.assessment.scoreOf(&s.rules))
			return s.serve(entry)
		}
	}
	s.missed(ReasonBelowThreshold)
	return nil
}

// serve gives entry out, unless the namespace only watches what its semantic
// layer would do.
func (s *search) serve(entry *Entry) *Entry {
	if s.rules.Mode != ModeShadow {
		return entry
	}
	s.receipt.Layer, s.receipt.Reason, s.receipt.Shadow = LayerNone, ReasonShadow, true
	s.c.metrics.shadowHits.Inc()
	return nil
}

// pass returns the candidates that the rules let pass, in the order in which
// they are to be tried. Why the nearest one is not among them is the reason of
// the miss, if it becomes one.
func (s *search) pass(ctx context.Context, found []Candidate) []assessed {
	passed := s.guard(found)
	if s.rules.Score != ScoreVerified || len(passed) == 0 {
		return passed
	}
	passed = passed[:min(len(passed), verifications)]
	if !s.verify(ctx, passed) {
		return nil
	}
	kept := passed[:0]
	for _, candidate := range passed {
		if why := s.rules.Judge(candidate.assessment); why == "" {
			s.c.metrics.verifiedServed.Inc()
			kept = append(kept, candidate)
		} else {
			s.c.metrics.verifiedRefused.Inc()
			s.missed(why)
		}
	}
	return kept
}

// guard returns the candidates above the floor that no guard refuses.
func (s *search) guard(found []Candidate) []assessed {
	var passed []assessed
	var asked *guard.Text
	for _, candidate := range found {
		if candidate.Similarity < s.rules.floor() {
			break
		}
		a := assessed{candidate, Assessment{Similarity: candidate.Similarity}}
		if s.rules.Guards != guard.None {
			if asked == nil {
				asked = guard.Read(s.req.Query)
			}
			a.assessment.Refused = s.refusing(asked, &candidate)
		}
		if a.assessment.Refused == guard.None {
			passed = append(passed, a)
			continue
		}
		s.receipt.Refused |= a.assessment.Refused
		s.c.metrics.guarded(a.assessment.Refused)
	}
	if len(passed) == 0 {
		s.missed(s.whyNone(found[0]))
	}
	return passed
}

// refusing returns the guards that refuse a candidate.
func (s *search) refusing(asked *guard.Text, candidate *Candidate) guard.Set {
	stored := guard.Read(candidate.Text)
	refused := s.rules.Guards.Compare(asked, stored)
	stale := s.start.Sub(candidate.Created) >= s.rules.NowTTL
	if stale && s.rules.Guards.Has(guard.Now) && (asked.AsksNow() || stored.AsksNow()) {
		refused |= guard.Of(guard.Now)
	}
	return refused
}

// whyNone is why not even the nearest candidate passed.
func (s *search) whyNone(nearest Candidate) Reason {
	return s.rules.Judge(Assessment{Similarity: nearest.Similarity, Refused: s.receipt.Refused})
}

// verify asks the verifier about the candidates and writes its word on them;
// false if it could not be had. A miss is safe, a cosine alone is not.
func (s *search) verify(ctx context.Context, candidates []assessed) bool {
	if s.c.verifier.off {
		s.missed(ReasonNoVerifier)
		return false
	}
	r, start := &s.receipt, time.Now()
	probabilities, err := s.c.verify(ctx, s.req.Query, candidates, s.within(s.c.opts.VerifyTimeout))
	r.VerifyTime = time.Since(start)
	switch {
	case isTooLong(err):
		s.c.metrics.verifiedFailed.Inc()
		s.missed(ReasonTooLong)
		return false
	case err != nil:
		s.c.metrics.verifiedFailed.Inc()
		s.degraded("verifier")
		s.missed(ReasonVerifierUnavailable)
		return false
	}
	s.c.metrics.verifySeconds.Observe(r.VerifyTime.Seconds())
	for i := range candidates {
		candidates[i].assessment.Verified, candidates[i].assessment.HasVerified = probabilities[i], true
	}
	r.Verifier, r.Verified, r.HasVerified = s.c.opts.Verifier.Identity(), probabilities[0], true
	return true
}

// verify asks the verifier.
func (c *Cache) verify(ctx context.Context, asked string, candidates []assessed, within patience) ([]float64, error) {
	stored, similarities := make([]string, len(candidates)), make([]float64, len(candidates))
	for i := range candidates {
		stored[i], similarities[i] = candidates[i].Text, candidates[i].Similarity
	}
	return ask(ctx, c.verifier, within, func(ctx context.Context) ([]float64, error) {
		probabilities, err := c.opts.Verifier.Verify(ctx, asked, stored, similarities)
		if err == nil {
			err = checkProbabilities(probabilities, len(stored))
		}
		return probabilities, err
	})
}

// checkProbabilities refuses what a verifier must not return.
func checkProbabilities(list []float64, want int) error {
	if len(list) != want {
		return errNotProbabilities
	}
	for _, p := range list {
		if !(p >= 0 && p <= 1) { // NaN is neither
			return errNotProbabilities
		}
	}
	return nil
}
