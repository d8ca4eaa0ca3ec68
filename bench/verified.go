// Verified lookups: in process, over a full index, against one embedding.

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
	"github.com/askonce/askonce/embed/minilm"
)

const verifiedTenant = "bench"

// lookupTimes are the medians of one round, in microseconds.
type lookupTimes struct {
	lookup, embedding    float64
	embed, search, check float64 // parts of the lookup, by its receipts
}

func (b *bench) verified(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp(b.folder, "verified-")
	if err != nil {
		return err
	}
	db, err := embedded.Open(embedded.Options{Folder: folder})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	embedder, err := minilm.New(minilm.Options{})
	if err != nil {
		return err
	}
	c, err := b.openVerified(ctx, db, embedder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	rounds := make([]lookupTimes, b.plan.rounds)
	for i := range rounds {
		if rounds[i], err = b.timeVerified(ctx, c, embedder); err != nil {
			return err
		}
	}
	b.reportVerified(rounds)
	return nil
}

// openVerified fills an index and puts a cache on it that verifies.
func (b *bench) openVerified(ctx context.Context, db *embedded.DB, embedder *minilm.Embedder) (*cache.Cache, error) {
	verifier, err := minilm.NewVerifier(minilm.Options{})
	if err != nil {
		return nil, err
	}
	index, err := db.Index(embedder.Identity(), embedder.Dimensions())
	if err != nil {
		return nil, err
	}
	rules := cache.DefaultRules()
	rules.Score = cache.ScoreVerified
	c, err := cache.New(cache.Options{
		Store: db.Store(), Index: index, Embedder: embedder, Verifier: verifier, VectorBytes: -1, Budget: time.Minute,
		EmbedTimeout: time.Minute, IndexTimeout: time.Minute, VerifyTimeout: time.Minute,
		Rules: func(string, string) cache.Rules { return rules },
	})
	if err != nil {
		return nil, err
	}
	size := b.plan.searchSizes[len(b.plan.searchSizes)-1]
	for stored := 0; stored < size.points; stored += pointBatch {
		if err := index.Upsert(ctx, promptPoints(embedder.Identity(), stored, pointBatch)); err != nil {
			return nil, errors.Join(fmt.Errorf("store points: %w", err), c.Close(ctx))
		}
	}
	for n := range uint64(knownQuestions) {
		req := cache.NewPrompt(verifiedTenant, "", question(n))
		if _, err := c.Store(ctx, req, cache.Stored{Response: []byte(`"yes"`)}); err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
	}
	return c, nil
}

// promptPoints are points in the scope of prompts. Their vectors are drawn, far
// from those of all questions.
func promptPoints(identity string, first, n int) []cache.Point {
	scope := cache.NewPrompt(verifiedTenant, "", "any").Scope
	list := points(first, n)
	for i := range list {
		p := &list[i]
		e := cache.Entry{Key: p.Key, Scope: scope, Prompt: p.Text, Meta: cache.Meta{Created: p.Created, Expires: p.Expires}}
		*p = e.Point(identity, p.Vector)
	}
	return list
}

// timeVerified looks every known question up in capitals, which the exact layer
// does not know, and embeds it in turn.
func (b *bench) timeVerified(ctx context.Context, c *cache.Cache, embedder *minilm.Embedder) (lookupTimes, error) {
	var took [5][]float64
	for n := range uint64(knownQuestions) {
		text := strings.ToUpper(question(n))
		began := time.Now()
		_, receipt := c.Lookup(ctx, cache.NewPrompt(verifiedTenant, "", text))
		lookup := time.Since(began)
		if !receipt.HasVerified {
			return lookupTimes{}, fmt.Errorf("a lookup was not verified: %s", receipt.Reason)
		}
		began = time.Now()
		if _, err := embedder.Embed(ctx, []string{text}); err != nil {
			return lookupTimes{}, err
		}
		for i, d := range []time.Duration{lookup, time.Since(began), receipt.EmbedTime, receipt.SearchTime, receipt.VerifyTime} {
			took[i] = append(took[i], microseconds(d))
		}
	}
	var medians [len(took)]float64
	for i, list := range took {
		medians[i] = spreadOf(list).median
	}
	return lookupTimes{medians[0], medians[1], medians[2], medians[3], medians[4]}, nil
}

func (b *bench) reportVerified(rounds []lookupTimes) {
	over := func(figure func(lookupTimes) float64) spread {
		values := make([]float64, len(rounds))
		for i, r := range rounds {
			values[i] = figure(r)
		}
		return spreadOf(values)
	}
	size := b.plan.searchSizes[len(b.plan.searchSizes)-1].name
	b.report.add("verified_over_embed", over(func(r lookupTimes) float64 { return r.lookup / r.embedding }), "",
		"p50 of a verified lookup among "+size+" entries over p50 of one embedding of its question, in process, in turns")
	b.report.add("verified_lookup_us", over(func(r lookupTimes) float64 { return r.lookup }), "us", "p50 of the lookup")
	b.report.add("verified_embed_us", over(func(r lookupTimes) float64 { return r.embed }), "us", "of it embedding the question")
	b.report.add("verified_search_us", over(func(r lookupTimes) float64 { return r.search }), "us", "of it searching")
	b.report.add("verified_check_us", over(func(r lookupTimes) float64 { return r.check }), "us", "of it verifying one candidate")
}
