package simulator

import (
	"slices"
	"testing"
)

func TestPieces(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{"Reset my password, please.", []string{"Reset", " my", " password", ",", " please", "."}},
		{"internationalisation", []string{"internat", "ionalisa", "tion"}},
		{"in 2026", []string{"in", " ", "202", "6"}},
		{"a  b\n\n c", []string{"a", "  ", "b", "\n\n ", "c"}},
		{"naïve Straße", []string{"naïve", " Straße"}},
		{"日本 🙂", []string{"日", "本", " ", "🙂"}},
		{"\xff ", []string{"\xff", " "}},
	}
	for _, tt := range tests {
		got := slices.Collect(pieces(&choice{text: tt.text}))
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
		if n := countTokens(tt.text); n != len(tt.want) {
			t.Errorf("%q: %d tokens, want %d", tt.text, n, len(tt.want))
		}
	}
}

func FuzzPieces(f *testing.F) {
	f.Add("Reset my password, please.", 3)
	f.Add("日本 🙂 \xff\xf0", 1)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		var joined string
		for piece := range pieces(&choice{text: text}) {
			if piece == "" {
				t.Fatal("an empty piece")
			}
			joined += piece
		}
		if joined != text {
			t.Errorf("%q came back as %q", text, joined)
		}
		short, cut := cutTokens(text, limit)
		if n := countTokens(short); n > max(limit, 0) || cut != (len(short) < len(text)) {
			t.Errorf("%q cut to %d tokens is %q, %d tokens, cut: %v", text, limit, short, n, cut)
		}
	})
}
