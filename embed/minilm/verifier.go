package minilm

// The Verifier: two texts read together, and the probability that they ask the same.

import (
	"context"
	"errors"
	"fmt"
)

const verifierName = "askonce-verifier/int8-2"

// Verifier reads a question together with a stored one and tells how probable
// it is that the answer to the stored one answers it as well. It is safe for
// concurrent use.
type Verifier struct {
	model *pairModel
	free  places
}

// NewVerifier returns a Verifier that runs on the fastest kernels of this
// processor.
func NewVerifier(opts Options) (*Verifier, error) { return newVerifier(opts, fastest()) }

func newVerifier(opts Options, k kernels) (*Verifier, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	m, err := openPairModel(embeddedPairs, embedded, k)
	if err != nil {
		return nil, fmt.Errorf("minilm: verifier: %w", err)
	}
	return &Verifier{model: m, free: newPlaces(opts.Concurrency)}, nil
}

// Identity names model and quantisation, and has a digest of weights and
// calibration. It is the same on every processor, as the probabilities are.
func (v *Verifier) Identity() string { return verifierName + "/" + v.model.digest }

// Verify returns, for each stored text, the calibrated probability in [0, 1]
// that its answer answers asked as well. cosines are the similarities by the
// [Embedder] of asked and each stored text. Two texts that have more than
// [MaxPairTokens] tokens together, or one of more than [MaxBytes] bytes, fail
// the call with a [*TooLongError]. When the context ends, while waiting or between
// two layers, its error is returned.
func (v *Verifier) Verify(ctx context.Context, asked string, stored []string, cosines []float64) ([]float64, error) {
	if len(cosines) != len(stored) {
		return nil, fmt.Errorf("minilm: verify: %d cosines for %d stored texts", len(cosines), len(stored))
	}
	probabilities := make([]float64, len(stored))
	for i, text := range stored {
		p, err := v.verify(ctx, asked, text, cosines[i])
		if err != nil {
			var long *TooLongError
			if errors.As(err, &long) {
				long.Index = i
			}
			return nil, fmt.Errorf("minilm: verify: together with the asked text: %w", err)
		}
		probabilities[i] = p
	}
	return probabilities, nil
}

func (v *Verifier) verify(ctx context.Context, asked, stored string, cosine float64) (float64, error) {
	if max(len(asked), len(stored)) > MaxBytes {
		return 0, &TooLongError{Limit: MaxPairTokens}
	}
	ws, err := v.free.take(ctx)
	if err != nil {
		return 0, err
	}
	defer v.free.give(ws)
	logit, err := v.model.logit(ctx, ws, asked, stored)
	c := &v.model.calibration
	return sigmoid(c[0] + float64(c[1]*logit) + float64(c[2]*cosine)), err
}

// logit reads the pair as [CLS] asked stored. Of the last layer, [CLS] is all that
// the head wants.
func (m *pairModel) logit(ctx context.Context, ws *workspace, asked, stored string) (float64, error) {
	ids, ok := m.tokens.encodeMore(append(ws.ids[:0], idStart), asked, MaxPairTokens)
	a := len(ids)
	if ok {
		ids, ok = m.tokens.encodeMore(ids, stored, MaxPairTokens)
	}
	if !ok {
		return 0, &TooLongError{Limit: MaxPairTokens}
	}
	ws.grow(len(ids))
	m.lookUp(ws, 0, ids[:a], m.positions[0])
	m.lookUp(ws, a, ids[a:], m.positions[1])
	if err := m.run(ctx, ws, 1); err != nil {
		return 0, err
	}
	return m.head.logit(m.kernels, ws, a), nil
}
