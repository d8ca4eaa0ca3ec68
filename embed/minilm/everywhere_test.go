package minilm

import "testing"

// TestResultsAreTheSameEverywhere holds the promise between processors: the
// sums are those of any other. It is short enough to be emulated, see .ci/emulate.
func TestResultsAreTheSameEverywhere(t *testing.T) {
	texts := []string{"", "How do I reset my password?", "日本語の質問です"}
	for _, k := range fast() {
		e, err := newEmbedder(Options{Concurrency: 1}, k)
		if err != nil {
			t.Fatal(err)
		}
		vectors, err := e.Embed(t.Context(), texts)
		if err != nil {
			t.Fatal(err)
		}
		if got := fingerprint(vectors); got != shortVectorsSum {
			t.Errorf("%s: the vectors' sum is %#x, want %#x", k.name(), got, shortVectorsSum)
		}
		pairs := []pair{{A: texts[0], B: texts[1]}, {A: texts[1], B: "How can I change my password?"}}
		if got := fingerprint([][]float64{logits(t, k, pairs)}); got != shortLogitsSum {
			t.Errorf("%s: the logits' sum is %#x, want %#x", k.name(), got, shortLogitsSum)
		}
	}
}

// Checksums as [vectorsSum] and [logitsSum], of a few short texts.
const (
	shortVectorsSum = 0x71509e77
	shortLogitsSum  = 0xe5fc4ba5
)
