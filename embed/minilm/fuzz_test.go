package minilm

import (
	"strings"
	"testing"
)

// FuzzTokenizer holds what the forward pass relies on, for any bytes.
func FuzzTokenizer(f *testing.F) {
	for _, s := range []string{"", "How are you?", "[CLS][MASK", "e\u0301\u0327x", "가각\u1100", "\xff\xfe\x80", "日本", strings.Repeat("é", 101), strings.Repeat("un", 300)} {
		f.Add(s)
	}
	tokens := openTokenizer(&reader{rest: embedded[headerSize:]})
	f.Fuzz(func(t *testing.T, text string) {
		const limit = 64
		ids, ok := tokens.encode(nil, text, limit)
		if !ok {
			if len(ids) < limit {
				t.Errorf("refused with %d ids: %q", len(ids), text)
			}
			return
		}
		if len(ids) < 2 || len(ids) > limit || ids[0] != idStart || ids[len(ids)-1] != idSeparator {
			t.Errorf("ids %v of %q", ids, text)
		}
		for _, id := range ids {
			if id < 0 || id >= vocabSize {
				t.Errorf("id %d of %q", id, text)
			}
		}
	})
}
