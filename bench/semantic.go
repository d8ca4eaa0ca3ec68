// The semantic layer, with the embedder that is built in: what it adds to a
// miss, and what a hit takes.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/askonce/askonce/bench/load"
)

const (
	knownQuestions = 64
	hitWarmup      = 3
)

func (b *bench) semantic(ctx context.Context) (err error) {
	server, err := b.startConfigured(ctx, forgetful)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	if err := b.semanticHits(ctx, server); err != nil {
		return fmt.Errorf("hits: %w", err)
	}
	rounds, err := interleave(ctx, b.plan.rounds, b.missSides(server, nil, "semantic", b.plan.semantic).with(1)...)
	if err != nil {
		return err
	}
	b.report.add("miss_added_semantic_us_p50", added(rounds, missSide), "us", "p50 of a miss less p50 of asking the provider directly, one request at a time, semantic layer on")
	return nil
}

// semanticHits asks known questions in other words, as far as the exact layer
// can tell.
func (b *bench) semanticHits(ctx context.Context, server *process) error {
	hits, err := b.knownQuestions(ctx, server)
	if err != nil {
		return err
	}
	rounds, err := interleave(ctx, b.plan.rounds, hits)
	if err != nil {
		return err
	}
	b.report.add("semantic_ms_p50", over(rounds, func(m []measured) float64 { return m[0].p50() / 1000 }),
		"ms", fmt.Sprintf("semantic hits, one request at a time, questions of %d words", questionWords))
	return b.splitHits(ctx, server)
}

// knownQuestions asks a service questions until it knows them, and returns a
// side that asks them again in other capitals.
func (b *bench) knownQuestions(ctx context.Context, server *process) (side, error) {
	w := b.workload(server.addr, "semantic")
	for n := range uint64(knownQuestions) {
		ask := w.message(requestBody(written, question(n)))
		if err := prime(ctx, server.addr, func() []byte { return ask }, fromExact); err != nil {
			return side{}, err
		}
	}
	hits := side{name: "semantic hits", server: server, load: load.Options{
		Addr: server.addr, Connections: 1, For: b.plan.semantic, MaxRequests: noLimit, Warmup: hitWarmup,
		Requests: w.recased(knownQuestions), Check: answers(fromSemantic),
	}}
	for range knownQuestions { // points may come a moment after their answers
		if err := prime(ctx, server.addr, hits.load.Requests(0), fromSemantic); err != nil {
			return side{}, err
		}
	}
	return hits, nil
}

// splitHits takes the parts of a semantic hit from receipts of lookups.
func (b *bench) splitHits(ctx context.Context, server *process) error {
	var embed, search []float64
	for range b.plan.rounds {
		parts, err := b.hitParts(ctx, server)
		if err != nil {
			return fmt.Errorf("lookups: %w", err)
		}
		embed, search = append(embed, parts.EmbedMS), append(search, parts.SearchMS*1000)
	}
	b.report.add("embed_ms_p50", spreadOf(embed), "ms", "of it embedding the question")
	b.report.add("semantic_search_us_p50", spreadOf(search), "us", fmt.Sprintf("of it searching, among %d entries", knownQuestions))
	return nil
}

// hitParts are the medians of the receipts of one round of lookups.
func (b *bench) hitParts(ctx context.Context, server *process) (receipt, error) {
	var embed, search []float64
	lookups := b.workload(server.addr, "semantic").lookedUp(knownQuestions)
	_, err := load.Run(ctx, load.Options{
		Addr: server.addr, Connections: 1, For: b.plan.semantic / 4, MaxRequests: noLimit, Warmup: hitWarmup,
		Requests: func(int) load.Source { return lookups },
		Check: func(r load.Response) error {
			parts, err := semanticReceipt(r)
			embed, search = append(embed, parts.EmbedMS), append(search, parts.SearchMS)
			return err
		},
	})
	if err != nil {
		return receipt{}, err
	}
	return receipt{EmbedMS: spreadOf(embed).median, SearchMS: spreadOf(search).median}, nil
}

// receipt is what a lookup tells of its parts.
type receipt struct {
	EmbedMS  float64 `json:"embed_ms"`
	SearchMS float64 `json:"search_ms"`
}

func semanticReceipt(r load.Response) (receipt, error) {
	var answer struct {
		Layer   string  `json:"layer"`
		Receipt receipt `json:"receipt"`
	}
	if r.Status != http.StatusOK {
		return receipt{}, fmt.Errorf("status %d: %s", r.Status, r.Body)
	}
	if err := json.Unmarshal(r.Body, &answer); err != nil {
		return receipt{}, err
	}
	if answer.Layer != "semantic" {
		return receipt{}, fmt.Errorf("not from the semantic layer: %s", r.Body)
	}
	return answer.Receipt, nil
}
