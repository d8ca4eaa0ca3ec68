package embedtest

// The contract suite: the harness and the cases on what vectors are like.

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
)

// Embedder is what the cache asks of an embedder.
type Embedder interface {
	Identity() string
	Dimensions() int
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Harness opens the embedder under test.
type Harness struct {
	// New returns a fresh embedder; it cleans up with t.Cleanup.
	New func(t *testing.T) Embedder
	// TooLong is a text that the embedder must refuse for its length.
	// Default: 200,000 words.
	TooLong string
}

// Tolerance is how far apart two vectors of one text may be, in each
// component: servers may batch in different ways.
const Tolerance = 1e-5

// Run runs the suite, each case with an embedder of its own.
func Run(t *testing.T, h Harness) {
	if h.TooLong == "" {
		h.TooLong = strings.Repeat("word ", 200_000)
	}
	for _, c := range []struct {
		name string
		test func(t *testing.T, e Embedder, h Harness)
	}{
		{"Identity", testIdentity},
		{"UnitLength", testUnitLength},
		{"Deterministic", testDeterministic},
		{"BatchEqualsSingles", testBatch},
		{"NoTexts", testNoTexts},
		{"EmptyText", testEmptyText},
		{"TooLong", testTooLong},
		{"Cancelled", testCancelled},
		{"Concurrent", testConcurrent},
		{"NoAliasing", testNoAliasing},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, h.New(t), h) })
	}
}

// samples are texts of different kinds, all different.
var samples = []string{
	"How do I reset my password?",
	"how to cancel a subscription",
	"a",
	"Déjà vu à São Paulo — 日本語 and 🚀",
	"line one\nline two\ttabbed",
	strings.Repeat("a rather long question about nothing in particular, ", 8),
	`{"json": ["with \"quotes\""]}`,
}

func testIdentity(t *testing.T, e Embedder, h Harness) {
	if e.Identity() == "" || e.Identity() != h.New(t).Identity() {
		t.Errorf("identities %q and %q of two equal embedders", e.Identity(), h.New(t).Identity())
	}
	if e.Dimensions() <= 0 {
		t.Errorf("%d dimensions", e.Dimensions())
	}
}

func testUnitLength(t *testing.T, e Embedder, _ Harness) {
	for i, v := range embed(t, e, samples...) {
		checkUnit(t, e, samples[i], v)
	}
}

func testDeterministic(t *testing.T, e Embedder, h Harness) {
	first, second, other := embed(t, e, samples...), embed(t, e, samples...), embed(t, h.New(t), samples...)
	for i, text := range samples {
		checkNear(t, text, second[i], first[i])
		checkNear(t, text, other[i], first[i])
	}
	if near(first[0], first[1]) {
		t.Error("different texts have the same vector")
	}
}

// testBatch holds order too: the samples' vectors differ.
func testBatch(t *testing.T, e Embedder, _ Harness) {
	texts := slices.Concat(samples, samples[:2])
	batch := embed(t, e, texts...)
	for i, text := range texts {
		checkNear(t, text, batch[i], embed(t, e, text)[0])
	}
}

func testNoTexts(t *testing.T, e Embedder, _ Harness) {
	if vectors, err := e.Embed(t.Context(), nil); err != nil || len(vectors) != 0 {
		t.Errorf("no texts: %d vectors, %v", len(vectors), err)
	}
}

// testEmptyText allows a refusal, as some services do, but not a vector that
// is none.
func testEmptyText(t *testing.T, e Embedder, _ Harness) {
	vectors, err := e.Embed(t.Context(), []string{""})
	if err != nil {
		return
	}
	checkUnit(t, e, "", vectors[0])
}

// embed fails the test unless there is one vector for each text.
func embed(t *testing.T, e Embedder, texts ...string) [][]float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	if len(vectors) != len(texts) {
		t.Fatalf("%d vectors for %d texts", len(vectors), len(texts))
	}
	return vectors
}

func checkUnit(t *testing.T, e Embedder, text string, v []float32) {
	t.Helper()
	if len(v) != e.Dimensions() {
		t.Errorf("%q: %d components, want %d", text, len(v), e.Dimensions())
	}
	var squares float64
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	if !(math.Abs(squares-1) < 1e-4) {
		t.Errorf("%q: the squared length is %v", text, squares)
	}
}

func checkNear(t *testing.T, text string, got, want []float32) {
	t.Helper()
	if !near(got, want) {
		t.Errorf("%q: the vector differs from the one before", text)
	}
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x)-float64(y)) <= Tolerance })
}
