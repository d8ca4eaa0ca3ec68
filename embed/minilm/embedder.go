package minilm

// The Embedder: options, the bound on concurrency, and what a call does.

import (
	"context"
	"errors"
	"fmt"
)

const (
	identity   = "all-MiniLM-L6-v2/int8-1/384"
	dimensions = hidden
)

// MaxBytes bounds a text that has few tokens all the same, such as one endless
// word, so that no text takes long to read.
const MaxBytes = 256 << 10

// Options configures an [Embedder] or a [Verifier]. The zero value works.
type Options struct {
	// Concurrency is how many texts are embedded, or pairs verified, at the
	// same time; further ones wait. Each takes one core and up to 5 MB, 10 for
	// pairs. Default: GOMAXPROCS.
	Concurrency int
}

func (o *Options) validate() error {
	if o.Concurrency < 0 {
		return fmt.Errorf("minilm: Concurrency is %d: give a positive number, or 0 for one per core", o.Concurrency)
	}
	return nil
}

// Embedder turns texts into unit vectors of 384 components. It is safe for
// concurrent use.
type Embedder struct {
	model *model
	free  places
}

// New returns an Embedder that runs on the fastest kernels of this processor.
func New(opts Options) (*Embedder, error) {
	return newEmbedder(opts, fastest())
}

func newEmbedder(opts Options, k kernels) (*Embedder, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	m, err := openModel(embedded, k)
	if err != nil {
		return nil, fmt.Errorf("minilm: %w", err)
	}
	return &Embedder{model: m, free: newPlaces(opts.Concurrency)}, nil
}

// Identity names model, quantisation and dimension. It is the same on every
// processor, as the vectors are.
func (e *Embedder) Identity() string { return identity }

// Dimensions is 384.
func (e *Embedder) Dimensions() int { return dimensions }

// Kernels names the instruction set in use: "avx512-vnni", "avx2",
// "neon-dot", "neon" or "scalar".
func (e *Embedder) Kernels() string { return e.model.kernels.name() }

// Embed returns one unit vector for each text, in order. A text of more than
// [MaxTokens] tokens or [MaxBytes] bytes fails the call with a [*TooLongError]. When the context
// ends, while waiting or between two layers, its error is returned.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		v, err := e.embed(ctx, text)
		if err != nil {
			var long *TooLongError
			if errors.As(err, &long) {
				long.Index = i
			}
			return nil, fmt.Errorf("minilm: %w", err)
		}
		vectors[i] = v
	}
	return vectors, nil
}

func (e *Embedder) embed(ctx context.Context, text string) ([]float32, error) {
	if len(text) > MaxBytes {
		return nil, &TooLongError{Limit: MaxTokens}
	}
	ws, err := e.free.take(ctx)
	if err != nil {
		return nil, err
	}
	defer e.free.give(ws)
	ids, ok := e.model.tokens.encode(ws.ids[:0], text, MaxTokens)
	if !ok {
		return nil, &TooLongError{Limit: MaxTokens}
	}
	return e.model.forward(ctx, ws, ids)
}

// TooLongError says that a text has more tokens than the model was made for.
type TooLongError struct {
	Index int // which of the call's texts
	Limit int // the most tokens a text may have, [CLS] and [SEP] included
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("text %d has more than %d tokens or %d bytes", e.Index, e.Limit, MaxBytes)
}

// TooLong tells this error from others without importing the package.
func (e *TooLongError) TooLong() bool { return true }
