package prefix_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/askonce/askonce/policy/prefix"
)

// BenchmarkRewrite is a request with a volatile line in front, so that all of
// it is written again and checked.
func BenchmarkRewrite(b *testing.B) {
	for _, size := range []int{2, 50} {
		b.Run(fmt.Sprintf("%dKB", size), func(b *testing.B) {
			rules := strings.Repeat("- Answer in plain words, and say where it stands in the handbook.\n", size*1024*6/10/66)
			tools := make([]any, size/5)
			for i := range tools {
				tools[i] = object{"type": "function", "function": object{"name": fmt.Sprintf("tool%d", len(tools)-i), "description": strings.Repeat("does things ", 40), "parameters": object{"type": "object"}}}
			}
			body, err := json.Marshal(object{"model": "m", "tools": tools, "messages": []any{
				object{"role": "system", "content": "You are a helper.\nCurrent time: 10:35:22\n\nRules:\n" + rules},
				object{"role": "user", "content": strings.Repeat("And how is that done? ", size*8)},
			}})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(body)))
			seen := prefix.NewHistory().At("bench")
			b.ReportAllocs()
			for b.Loop() {
				prefix.Order(body, prefix.Options{Lossless: prefix.On, Text: prefix.On, Learned: seen})
			}
		})
	}
}
