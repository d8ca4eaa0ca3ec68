package minilm

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// sampleIDs is a text of n tokens; which ones does not matter for the time.
func sampleIDs(n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(2000 + i*37%5000)
	}
	return ids
}

func BenchmarkForward(b *testing.B) {
	for _, k := range available() {
		for _, n := range []int{12, 64, 256} {
			b.Run(fmt.Sprintf("%s/%d", k.name(), n), func(b *testing.B) {
				m, err := openModel(embedded, k)
				if err != nil {
					b.Fatal(err)
				}
				ids, ws := sampleIDs(n), newWorkspace()
				b.ReportAllocs()
				least := time.Hour
				for b.Loop() {
					start := time.Now()
					if _, err := m.forward(context.Background(), ws, ids); err != nil {
						b.Fatal(err)
					}
					least = min(least, time.Since(start))
				}
				// The mean says little on a machine that others use too.
				b.ReportMetric(float64(least.Nanoseconds()), "min-ns/op")
			})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTokenizer(b *testing.B) {
	tokens := openTokenizer(&reader{rest: embedded[headerSize:]})
	ids := make([]int32, 0, MaxTokens+maxWord)
	for name, text := range map[string]string{
		"ascii":   "How do I reset the password of my account if the e-mail never arrives?",
		"accents": "Où est passée la réponse à ma réclamation du février dernier, s'il vous plaît ?",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tokens.encode(ids[:0], text, MaxTokens)
			}
		})
	}
}
