package minilm

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pair is one of the golden's: two texts and their logit in float32.
type pair struct {
	A, B  string
	Logit float64
}

// goldenPairs are those of two texts that the embedder takes. The reference
// cut the others.
func goldenPairs(t testing.TB) []pair {
	t.Helper()
	var all, pairs []pair
	readGolden(t, "pairs.json.gz", &all)
	tokens := openTokenizer(&reader{rest: embedded[headerSize:]})
	fits := func(text string) bool {
		_, ok := tokens.encode(nil, text, MaxTokens)
		return ok
	}
	for _, p := range all {
		if fits(p.A) && fits(p.B) {
			pairs = append(pairs, p)
		}
	}
	if len(pairs) < 100 {
		t.Fatalf("%d pairs in the golden, want 100 at least", len(pairs))
	}
	return pairs
}

func verifierOn(t testing.TB, k kernels) *Verifier {
	t.Helper()
	v, err := newVerifier(Options{Concurrency: 1}, k)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// logits are what the model says of the pairs on k.
func logits(t testing.TB, k kernels, pairs []pair) []float64 {
	t.Helper()
	m, ws := verifierOn(t, k).model, newWorkspace()
	out := make([]float64, len(pairs))
	for i, p := range pairs {
		var err error
		if out[i], err = m.logit(t.Context(), ws, p.A, p.B); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestLogitsAreNearReference(t *testing.T) {
	pairs := goldenPairs(t)
	got := logits(t, fastest(), pairs)
	var sum, most float64
	for i, p := range pairs {
		off := math.Abs(got[i] - p.Logit)
		if off > 0.6 {
			t.Errorf("%q and %q: the logit is %.3f, the reference's %.3f", p.A, p.B, got[i], p.Logit)
		}
		sum, most = sum+off, max(most, off)
	}
	mean := sum / float64(len(pairs))
	if mean > 0.05 {
		t.Errorf("the logits are %.3f from the reference's in the mean", mean)
	}
	if got := fingerprint([][]float64{got}); got != logitsSum {
		t.Errorf("the logits have changed (%#x, were %#x): raise the number in the verifier's identity, unless the weights have", got, logitsSum)
	}
	t.Logf("difference to the reference: mean %.3f, most %.3f", mean, most)
}

// logitsSum is the checksum of the golden pairs' logits, the same on every
// processor. Thresholds are bound to an identity, so a change of it is a
// change of the identity.
const logitsSum = 0xe8d1116f

// TestKernelsGiveTheSameLogits is the promise that a threshold may be made on
// another machine than the one that serves with it.
func TestKernelsGiveTheSameLogits(t *testing.T) {
	pairs := goldenPairs(t)
	sameLogits(t, available(), pairs[:1])
	sameLogits(t, fast(), pairs[:60])
	sameLogits(t, fast(), []pair{{}, {A: "only one"}, {B: "only one"}, {A: strings.Repeat("word ", 150), B: strings.Repeat("other ", 180)}})
}

func sameLogits(t *testing.T, all []kernels, pairs []pair) {
	t.Helper()
	want := logits(t, all[0], pairs)
	for _, k := range all[1:] {
		same(t, k.name(), logits(t, k, pairs), want)
	}
}

func TestVerifyIsCalibratedPerText(t *testing.T) {
	v, err := NewVerifier(Options{})
	if err != nil {
		t.Fatal(err)
	}
	asked, stored := "How do I reset my password?", []string{"How can I reset my password?", "What is the capital of France?"}
	both, err := v.Verify(t.Context(), asked, stored, []float64{0.9, 0.1})
	if err != nil {
		t.Fatal(err)
	}
	if len(both) != 2 || !(both[0] > 0.5 && both[0] < 1) || !(both[1] > 0 && both[1] < 0.1) {
		t.Errorf("the probabilities of a rewording and of another question are %v", both)
	}
	one, err := v.Verify(t.Context(), asked, stored[1:], []float64{0.1})
	if err != nil || one[0] != both[1] {
		t.Errorf("the second by itself: %v, %v; want %v", one, err, both[1])
	}
	nearer, err := v.Verify(t.Context(), asked, stored[1:], []float64{0.9})
	if err != nil || nearer[0] < both[1] {
		t.Errorf("with a larger cosine: %v, %v; want no less than %v", nearer, err, both[1])
	}
	if _, err := v.Verify(t.Context(), asked, stored, []float64{1}); err == nil {
		t.Error("fewer cosines than texts: no error")
	}
}

func TestPairsAreLimitedInTokens(t *testing.T) {
	v, err := NewVerifier(Options{})
	if err != nil {
		t.Fatal(err)
	}
	words := func(n int) string { return strings.Repeat("word ", n) }
	// [CLS] is one token more.
	if _, err := v.Verify(t.Context(), words(MaxPairTokens/2), []string{words(MaxPairTokens/2 - 1)}, []float64{1}); err != nil {
		t.Errorf("with as many tokens as the limit: %v", err)
	}
	for name, texts := range map[string][2]string{
		"one token more": {words(MaxPairTokens / 2), words(MaxPairTokens / 2)},
		"asked alone":    {words(MaxPairTokens), ""},
		"bytes":          {"short", strings.Repeat(" ", MaxBytes+1)},
	} {
		_, err = v.Verify(t.Context(), texts[0], []string{texts[1]}, []float64{1})
		var long *TooLongError
		if !errors.As(err, &long) || !long.TooLong() || long.Limit != MaxPairTokens {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyAllocatesTheResultOnly(t *testing.T) {
	v := verifierOn(t, fastest())
	stored, cosines := []string{"How can I reset my password?", "Où est passée ma réclamation ?"}, []float64{0.9, 0.1}
	got := testing.AllocsPerRun(20, func() {
		if _, err := v.Verify(context.Background(), "How do I reset my password?", stored, cosines); err != nil {
			t.Error(err)
		}
	})
	if got > 1 {
		t.Errorf("%v allocations a call, want 1: the slice of probabilities", got)
	}
}

func TestVerifyEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := verifierOn(t, fastest())
		held := <-v.free
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := v.Verify(ctx, "waits", []string{"waits"}, []float64{1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with no place free: %v", err)
		}
		v.free <- held
		for asked := range layers {
			ctx := &endsLater{t.Context(), asked}
			if _, err := v.Verify(ctx, "a text", []string{"a text"}, []float64{1}); !errors.Is(err, context.Canceled) {
				t.Errorf("a context that ends after %d questions: %v", asked, err)
			}
		}
		if len(v.free) != cap(v.free) {
			t.Errorf("%d of %d places came back", len(v.free), cap(v.free))
		}
	})
}

func TestVerifierIsBoundToItsFiles(t *testing.T) {
	if err := verifySum(embeddedPairs); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string][2]string{
		"cut":              {embeddedPairs[:len(embeddedPairs)-64], embedded},
		"the embedder's":   {embedded, embedded},
		"other words":      {embeddedPairs, embedded[:sumStart] + "x" + embedded[sumStart+1:]},
		"no words to read": {embeddedPairs, ""},
	} {
		if _, err := openPairModel(files[0], files[1], scalar{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	other := embeddedPairs[:sumStart] + "\x00\x01\x02\x03" + embeddedPairs[sumStart+4:]
	m, err := openPairModel(other, embedded, scalar{})
	if err != nil || m.digest != "00010203" || verifierOn(t, fastest()).Identity() == verifierName+"/00010203" {
		t.Errorf("the digest %q, %v: want that of the file", m.digest, err)
	}
}

func TestElementaryFunctions(t *testing.T) {
	for x := -30.0; x <= 30; x += 0.0137 {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-14*want {
			t.Fatalf("exp(%v) is %v, want %v", x, got, want)
		}
		if got, want := tanh(x), math.Tanh(x); math.Abs(got-want) > 1e-14 {
			t.Fatalf("tanh(%v) is %v, want %v", x, got, want)
		}
	}
	if sigmoid(-1e6) < 0 || sigmoid(-1e6) > 1e-300 || sigmoid(1e6) != 1 || sigmoid(0) != 0.5 {
		t.Errorf("sigmoid: %v, %v, %v", sigmoid(-1e6), sigmoid(1e6), sigmoid(0))
	}
}
