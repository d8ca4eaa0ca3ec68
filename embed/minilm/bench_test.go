package minilm

import (
	"context"
	"fmt"
	"testing"
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
	for _, k := range available()[1:] {
		for _, n := range []int{12, 64, 256} {
			b.Run(fmt.Sprintf("%s/%d", k.name(), n), func(b *testing.B) {
				m, err := openModel(embedded, k)
				if err != nil {
					b.Fatal(err)
				}
				ids, ws := sampleIDs(n), newWorkspace()
				b.ReportAllocs()
				for b.Loop() {
					if _, err := m.forward(context.Background(), ws, ids); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
