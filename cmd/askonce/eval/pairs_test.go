package eval

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/guard"
)

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.jsonl")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestReadPairsPlainAndGzip(t *testing.T) {
	const text = `{"a":"x","b":"y","label":1,"source":"s","split":"dev"}

{"a":"x","b":"z","label":false}
{"a":"x","b":"z","score":0.8}
{"a":"x","b":"z"}
`
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, text)
	z.Close()
	for _, content := range []string{text, packed.String()} {
		pairs, err := ReadPairs(file(t, content))
		if err != nil || len(pairs) != 4 {
			t.Fatalf("%v, %v", pairs, err)
		}
		if pairs[0] != (Pair{1, "x", "y", Right, "s", "dev"}) || pairs[1].Label != Wrong || pairs[1].Line != 3 ||
			pairs[2].Label != Right || pairs[3].Label != Unlabelled {
			t.Errorf("%+v", pairs)
		}
	}
}

func TestReadPairsNamesEveryFault(t *testing.T) {
	_, err := ReadPairs(file(t, `{"a":"x","b":"y","label":1}
not json
{"a":"x"}
{"b":"x","label":1}
{"a":"x","b":"y","label":"yes"}
{"a":1,"b":"y","label":1}
{"a":"x","b":"y","score":7}
`))
	var faults *LineError
	if !errors.As(err, &faults) || len(faults.Faults) != 6 {
		t.Fatalf("%v", err)
	}
	for i, want := range []string{"line 2: not a JSON object", `line 3: "b"`, `line 4: "a"`, `line 5: "label"`, `line 6: "a" cannot be`, `line 7: "score"`} {
		if !strings.HasPrefix(faults.Faults[i], want) {
			t.Errorf("%q, want it to begin with %q", faults.Faults[i], want)
		}
	}
}

func TestReadPairsWithoutRows(t *testing.T) {
	if _, err := ReadPairs(file(t, "\n")); err == nil || !strings.Contains(err.Error(), "no rows") {
		t.Errorf("%v", err)
	}
}

// book is an assessor that knows its pairs.
type book map[string]cache.Assessment

type tooLong struct{}

func (tooLong) Error() string { return "too long" }
func (tooLong) TooLong() bool { return true }

func (b book) Assess(_ context.Context, _ string, _ cache.Rules, asked, _ string) (cache.Assessment, error) {
	if is, ok := b[asked]; ok {
		return is, nil
	}
	return cache.Assessment{}, tooLong{}
}

func TestPairsInFourVariants(t *testing.T) {
	known := book{
		"same, near":        {Similarity: .97, Verified: .99, HasVerified: true},
		"same, far":         {Similarity: .75, Verified: .95, HasVerified: true},
		"other, near":       {Similarity: .98, Verified: .2, HasVerified: true, Refused: guard.Of(guard.Numbers)},
		"other, convincing": {Similarity: .9, Verified: .92, HasVerified: true},
		"other, far":        {Similarity: .3},
	}
	var pairs []Pair
	for _, p := range []struct {
		asked string
		label Label
	}{{"same, near", Right}, {"same, far", Right}, {"other, near", Wrong}, {"other, convincing", Wrong}, {"other, far", Wrong}, {"same, long", Right}, {"same, near", Unlabelled}} {
		pairs = append(pairs, Pair{Line: len(pairs) + 1, Asked: p.asked, Label: p.label})
	}
	cosine, verified := cache.RulesOf(cache.ScoreCosine), cache.RulesOf(cache.ScoreVerified)
	cosine.Threshold, verified.Threshold, verified.Floor = .95, .9, .6
	r, scores, err := Pairs(t.Context(), known, pairs, Options{Cosine: cosine, Verified: verified, Serving: verified, HasVerifier: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Pairs != 7 || r.Right != 3 || r.Wrong != 3 || r.Unlabelled != 1 || r.TooLong != 1 || r.Guards["numbers"] != (Refusals{0, 1}) {
		t.Errorf("%+v", r)
	}
	for name, want := range map[string]struct {
		m             *PairMeasure
		right, wrong_ float64 // served of the right, of the wrong
	}{
		"cosine": {r.Cosine, 1. / 3, 1. / 3}, "cosine_guards": {r.CosineGuards, 1. / 3, 0},
		"verified": {r.Verified, 2. / 3, 1. / 3}, "verified_guards": {r.VerifiedGuards, 2. / 3, 1. / 3},
	} {
		if at := want.m.AtThreshold; *at.Recall != want.right || *at.FalsePositiveRate != want.wrong_ {
			t.Errorf("%s: recall %v, false positives %v", name, *at.Recall, *at.FalsePositiveRate)
		}
	}
	if s := scores[3]; *s.Score != .92 || !s.Served || *s.Cosine != .9 || *s.Label != 0 {
		t.Errorf("%+v", s)
	}
	if s := scores[5]; s.Cosine != nil || s.Score != nil || s.Served {
		t.Errorf("too long: %+v", s)
	}
	var svg bytes.Buffer
	if err := r.WriteSVG(&svg); err != nil || xml.Unmarshal(svg.Bytes(), new(struct{})) != nil || strings.Count(svg.String(), "polyline") != 4 {
		t.Errorf("%v, %s", err, svg.String())
	}
}
