// What a run is summed up as: one JSON object, or a table.

package try

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/price"
)

// priced is the model at whose price the report counts.
const priced = "gpt-4o"

// Report is the outcome of a run. Hits include wrong ones; requests is the sum
// of exact_hits, semantic_hits, misses and those that failed without an answer.
type Report struct {
	Requests     int `json:"requests"`
	ExactHits    int `json:"exact_hits"`
	SemanticHits int `json:"semantic_hits"`
	Misses       int `json:"misses"`
	WrongHits    int `json:"wrong_hits"`

	P50 Latencies `json:"p50_ms"`
	P99 Latencies `json:"p99_ms"`

	TokensSaved int64   `json:"tokens_saved"` // of hits, input and output, as the answers report them
	USDSaved    float64 `json:"usd_saved"`    // at gpt-4o's price

	Rewordings       int `json:"rewordings"`        // questions asked before in other words
	RewordingsServed int `json:"rewordings_served"` // of them: answered by the semantic layer, rightly
	NearMisses       int `json:"near_misses"`       // questions that look like another one and are not

	Wrong    []WrongHit `json:"wrong"`
	Failures []Failure  `json:"failures"`
	Seconds  float64    `json:"seconds"`

	rates price.Rates // that the dollars were counted at
}

// Latencies are in milliseconds from the request to the last byte of the
// answer; nil where nothing was measured.
type Latencies struct {
	Exact    *float64 `json:"exact"`
	Semantic *float64 `json:"semantic"`
	Miss     *float64 `json:"miss"`
}

// WrongHit is a question that got another question's answer.
type WrongHit struct {
	Asked        string  `json:"asked"`
	AnsweredWith string  `json:"answered_with"` // the question whose answer it was
	Layer        string  `json:"layer"`
	Similarity   float64 `json:"similarity"`
}

// Failure is a question that got no answer, or a damaged one.
type Failure struct {
	Asked string `json:"asked"`
	Error string `json:"error"`
}

func (j *judge) report() *Report {
	saved, _ := j.price.Of(llm.Usage{Input: j.saved.Input, Output: j.saved.Output})
	r := &Report{
		rates:    j.price.Rates,
		Requests: j.asked, ExactHits: len(j.exact), SemanticHits: len(j.semantic), Misses: len(j.misses),
		WrongHits: len(j.wrong), Wrong: orEmpty(j.wrong), Failures: orEmpty(j.failures),
		Rewordings: j.rewordings, RewordingsServed: j.rewordingsServed, NearMisses: j.nearMisses,
		TokensSaved: j.saved.Input + j.saved.Output,
		USDSaved:    round(saved.Total.USD(), 6),
		Seconds:     round(time.Since(j.started).Seconds(), 1),
	}
	at := func(share float64) Latencies {
		return Latencies{percentile(j.exact, share), percentile(j.semantic, share), percentile(j.misses, share)}
	}
	r.P50, r.P99 = at(0.50), at(0.99)
	return r
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func round(f float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(f*scale) / scale
}

// percentile is the smallest value that at least share of all do not exceed
// (nearest rank), in milliseconds.
func percentile(all []time.Duration, share float64) *float64 {
	if len(all) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(all))
	rank := int(math.Ceil(share * float64(len(sorted))))
	ms := round(float64(sorted[max(rank, 1)-1])/float64(time.Millisecond), 3)
	return &ms
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(out io.Writer) {
	hits := r.ExactHits + r.SemanticHits
	row := func(name string, n, of int, what string) {
		line := fmt.Sprintf("%-14s%6d", name, n)
		if of > 0 {
			line += fmt.Sprintf("%8.1f %% %s", 100*float64(n)/float64(of), what)
		}
		fmt.Fprintln(out, line)
	}
	row("asked", r.Requests, 0, "")
	row("exact hits", r.ExactHits, r.Requests, "of all")
	row("semantic hits", r.SemanticHits, r.Requests, "of all")
	row("misses", r.Misses, r.Requests, "of all")
	row("wrong hits", r.WrongHits, hits, "of the hits")
	row("reworded hits", r.RewordingsServed, r.Rewordings, fmt.Sprintf("of %d rewordings", r.Rewordings))
	r.writeLatencies(out)
	fmt.Fprintf(out, "\nsaved %d tokens, $%.4f at %s's price ($%g in, $%g out per million)\n", r.TokensSaved, r.USDSaved, priced, r.rates.Input, r.rates.Output)
	r.writeWrong(out)
	for _, f := range r.Failures {
		fmt.Fprintf(out, "\nFAILED  %s\n        %s\n", f.Asked, f.Error)
	}
}

func (r *Report) writeLatencies(out io.Writer) {
	const format = "%-14s%12s%12s\n"
	fmt.Fprintf(out, "\n"+format, "latency", "p50", "p99")
	fmt.Fprintf(out, format, "exact hit", milliseconds(r.P50.Exact), milliseconds(r.P99.Exact))
	fmt.Fprintf(out, format, "semantic hit", milliseconds(r.P50.Semantic), milliseconds(r.P99.Semantic))
	fmt.Fprintf(out, format, "miss", milliseconds(r.P50.Miss), milliseconds(r.P99.Miss))
}

func milliseconds(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f ms", *v)
}

func (r *Report) writeWrong(out io.Writer) {
	if len(r.Wrong) == 0 {
		return
	}
	fmt.Fprintf(out, "\nWrong hits, which the configured score took for right ones:\n")
	for _, hit := range r.Wrong {
		fmt.Fprintf(out, "  asked          %s\n  answered with  %s  (%s, similarity %.3f)\n", hit.Asked, hit.AnsweredWith, hit.Layer, hit.Similarity)
	}
}
