// What `askonce serve` says of itself when it starts.

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/askonce/askonce/cache"
)

// announce tells people and the log what runs, and where.
func (r *running) announce(p *process, l *loaded) {
	switch {
	case isTerminal(p.Stdout):
		r.banner(p.Stdout, l)
	case l.Log.Format != "json":
		r.banner(p.Stderr, l)
	}
	r.log.Info("listening", "address", r.addr.String(), "url", r.url(), "version", buildVersion(), "data", r.cfg.Data,
		"embedder", identityOf(r.embedder), "verifier", identityOf(r.verifier), "upstream", r.cfg.Upstream.identity(), "keys", len(r.cfg.Keys))
	if !r.addr.IP.IsLoopback() && len(r.cfg.Keys) == 0 {
		r.log.Warn("everybody who reaches this address can use the service: no keys are configured")
	}
}

// identityOf names a model; nil is none.
func identityOf(model interface{ Identity() string }) string {
	if model == nil {
		return "off"
	}
	return model.Identity()
}

func (r *running) banner(w io.Writer, l *loaded) {
	fmt.Fprintf(w, "\naskonce %s answers at %s\n\n", buildVersion(), r.url())
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, line := range [][2]string{
		{"config", orText(l.file, "defaults")},
		{"data", r.cfg.Data},
		{"stores", r.storesLine()},
		{"embedder", r.embedderLine()},
		{"verifier", identityOf(r.verifier)},
		{"upstream", r.upstreamLine()},
		{"threshold", r.thresholdLine()},
		{"tenants", r.tenantsLine()},
	} {
		fmt.Fprintf(table, "  %s\t%s\n", line[0], line[1])
	}
	table.Flush()
	fmt.Fprintf(w, "\n%s\n", r.firstSteps())
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (r *running) storesLine() string {
	var parts []string
	if r.stores.redis != nil {
		parts = append(parts, "answers on Redis")
	}
	if r.stores.qdrant != nil {
		parts = append(parts, "questions on Qdrant ("+r.cfg.Qdrant.URL+")")
	}
	if r.stores.db != nil {
		held := r.stores.db.Stats()
		parts = append(parts, fmt.Sprintf("embedded, %d answers and %d questions, %s of %s at most",
			held.Entries, held.Points, roughly(held.Bytes), roughly(int64(r.cfg.Cache.MaxBytes))))
	}
	return strings.Join(parts, "; ")
}

// roughly rounds a size for people.
func roughly(n int64) string {
	if n < 1e9 {
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

func (r *running) embedderLine() string {
	if r.embedder == nil {
		return "off: only letter-by-letter repeats are answered"
	}
	line := r.embedder.Identity()
	if builtin, ok := r.embedder.(interface{ Kernels() string }); ok {
		return line + ", built in (" + builtin.Kernels() + ")"
	}
	return line + " at " + r.cfg.Embedder.BaseURL
}

func (r *running) upstreamLine() string {
	if names := r.cfg.Upstream.names(); len(names) > 0 {
		return fmt.Sprintf("%d deployments (%s), %d models by name", len(names), strings.Join(names, ", "), len(r.cfg.Upstream.Models))
	}
	if r.cfg.Upstream.hasKey() {
		return r.cfg.Upstream.BaseURL + " with the service's key"
	}
	return r.cfg.Upstream.BaseURL + " with each caller's own key"
}

func (r *running) thresholdLine() string {
	score := fmt.Sprintf("cosine similarity %g", r.cfg.Cache.Threshold)
	if r.cfg.Cache.Score == string(cache.ScoreVerified) {
		score = fmt.Sprintf("verified probability %g, above a cosine similarity of %g", r.cfg.Cache.Threshold, r.cfg.Cache.Floor)
	}
	line := fmt.Sprintf("%s, answers live %s", score, formatDuration(r.cfg.Cache.TTL))
	if r.cfg.Cache.Mode != "semantic" {
		line += ", mode " + r.cfg.Cache.Mode
	}
	if n := len(r.cfg.Namespaces); n > 0 {
		line += fmt.Sprintf("; %d namespaces have rules of their own", n)
	}
	return line
}

func (r *running) tenantsLine() string {
	n := len(r.cfg.Keys)
	if n == 0 {
		return "each caller by the credential it sends (no keys configured)"
	}
	tenants := make(map[string]bool)
	for _, key := range r.cfg.Keys {
		tenants[key.Tenant] = true
	}
	return fmt.Sprintf("%d, by %d configured keys", len(tenants), n)
}

// firstSteps are commands that work as they stand.
func (r *running) firstSteps() string {
	key := ""
	if len(r.cfg.Keys) > 0 {
		key = ` -H "Authorization: Bearer $ASKONCE_KEY"`
	}
	post := func(path, headers, body string) string {
		return "  curl -s " + r.url() + path + headers + " -H 'Content-Type: application/json' -d '" + body + "'"
	}
	lines := []string{
		"Try it: keep an answer, ask for it in other words, ask the provider.",
		"",
		post("/v1/cache/store", key, `{"prompt":"How do I reset my password?","response":"Use the link on the sign-in page."}`),
		post("/v1/cache/lookup", key, `{"prompt":"How can I reset my password?"}`),
		post("/v1/chat/completions", key+r.providerHeader(), `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Say hello."}]}`),
	}
	return strings.Join(lines, "\n") + "\n"
}

// providerHeader is how the caller hands over a key of the provider, where the
// service has none.
func (r *running) providerHeader() string {
	switch {
	case r.cfg.Upstream.hasKey():
		return ""
	case len(r.cfg.Keys) > 0:
		return ` -H "Api-Key: $OPENAI_API_KEY"`
	}
	return ` -H "Authorization: Bearer $OPENAI_API_KEY"`
}
