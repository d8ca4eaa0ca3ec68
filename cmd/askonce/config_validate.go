// What is wrong with the values of a configuration.

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/policy/guard"
	"github.com/askonce/askonce/policy/prefix"
	"github.com/askonce/askonce/upstream/alert"
)

// checker collects the problems of one configuration.
type checker struct {
	*loaded
	known map[string]bool // keys that have a problem already
	found problems
}

// validate returns every problem of the values, except of keys that are among
// those already known.
func (l *loaded) validate(known problems) problems {
	c := &checker{loaded: l, known: make(map[string]bool)}
	for _, p := range known {
		c.known[p.key] = true
	}
	c.checkService()
	c.checkUpstream()
	c.checkCache()
	c.checkRedis()
	c.checkQdrant()
	c.checkNamespaces()
	c.oneOf("prompt.lossless", c.Prompt.Lossless, orders...)
	c.oneOf("prompt.order", c.Prompt.Order, orders...)
	c.checkPrices()
	c.checkEmbedder()
	c.oneOf("verifier", c.Verifier, "builtin", "off")
	c.checkKeys()
	c.checkTiers()
	c.check("alerts.webhook", alert.CheckWebhook(c.Alerts.Webhook.reveal()))
	c.oneOf("log.level", l.Log.Level, "debug", "info", "warn", "error")
	c.oneOf("log.format", l.Log.Format, "auto", "json", "text")
	return c.found
}

func (c *checker) add(key, format string, args ...any) {
	if !c.known[key] {
		c.found = append(c.found, problem{c.origins.of(key), key, fmt.Sprintf(format, args...)})
	}
}

// check adds err under key, if there is one.
func (c *checker) check(key string, err error) {
	if err != nil {
		c.add(key, "%s", err)
	}
}

func (c *checker) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.add(key, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
}

func (c *checker) positive(key string, d time.Duration) {
	if d <= 0 {
		c.add(key, "%s is not above 0; write one such as 250ms or 30s", formatDuration(d))
	}
}

func (c *checker) atLeast(key string, value, least int64) {
	if value < least {
		c.add(key, "%d is less than %d", value, least)
	}
}

func (c *checker) checkService() {
	host, port, err := net.SplitHostPort(c.Listen)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		c.add("listen", "%q is not an address; write host:port, such as 127.0.0.1:8080", c.Listen)
	} else if !isLoopback(host) && len(c.Keys) == 0 && !c.Insecure {
		c.add("listen", "%s can be reached from other machines, and no keys are configured, so everybody could use it; "+
			"make a key with `askonce key new` and list it under keys, or listen on 127.0.0.1:%s, "+
			"or say --insecure if something in front of askonce decides who may call it", c.Listen, port)
	}
	if c.Data == "" {
		c.add("data", "is empty; name a folder that askonce may write to")
	}
	c.atLeast("max_body", int64(c.MaxBody), 1)
	c.positive("drain_timeout", c.DrainTimeout)
	if c.DrainDelay < 0 {
		c.add("drain_delay", "%s is below 0; write 0s for none", formatDuration(c.DrainDelay))
	}
}

// isLoopback reports whether only this machine reaches a listener on host.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (c *checker) checkUpstream() {
	c.check("upstream.base_url", checkURL(c.Upstream.BaseURL, "https://api.openai.com/v1"))
	c.check("upstream.api_key", checkSecret(c.Upstream.APIKey))
	c.positive("upstream.timeout", c.Upstream.Timeout)
	c.positive("upstream.connect_timeout", c.Upstream.ConnectTimeout)
	c.atLeast("upstream.max_tries", int64(c.Upstream.MaxTries), 1)
	c.checkDeployments()
	for i, path := range c.Upstream.AllowPaths {
		method, rest, ok := strings.Cut(path, " ")
		if !ok || method == "" || method != strings.ToUpper(method) || !strings.HasPrefix(rest, "/v1/") ||
			strings.Contains(strings.TrimSuffix(rest, "/*"), "*") {
			c.add(fmt.Sprintf("upstream.allow_paths[%d]", i), "%q is not a method and a path, such as \"GET /v1/models\" or \"GET /v1/files/*\"", path)
		}
	}
}

// checkURL never repeats the URL: it may hold a password.
func checkURL(text, example string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return errors.New("is not a URL of the form http(s)://host/path; write one such as " + example)
	case u.User != nil:
		return errors.New("holds a user or password; put the credential into api_key or api_key_file")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("has a query or a fragment; write one such as " + example)
	}
	return nil
}

func (c *checker) checkCache() {
	c.oneOf("cache.mode", c.Cache.Mode, modes...)
	c.checkScore("cache.score", c.Cache.Score)
	c.check("cache.threshold", policy.Threshold(c.Cache.Threshold))
	c.check("cache.floor", policy.Threshold(c.Cache.Floor))
	c.checkGuards("cache.guards", c.Cache.Guards)
	c.check("cache.ttl", checkTTL(c.Cache.TTL))
	c.check("cache.now_ttl", checkNowTTL(c.Cache.NowTTL))
	c.atLeast("cache.max_bytes", int64(c.Cache.MaxBytes), 1<<20)
	c.atLeast("cache.max_entry_bytes", int64(c.Cache.MaxEntryBytes), 1)
	c.positive("cache.budget", c.Cache.Budget)
	c.positive("cache.store_timeout", c.Cache.StoreTimeout)
	c.positive("cache.index_timeout", c.Cache.IndexTimeout)
	c.positive("cache.embed_timeout", c.Cache.EmbedTimeout)
	c.positive("cache.verify_timeout", c.Cache.VerifyTimeout)
	c.checkAudit("cache.audit", c.Cache.Audit)
	c.atLeast("cache.audit.concurrency", int64(c.Cache.Audit.Concurrency), 1)
	c.atLeast("cache.write_queue", int64(c.Cache.WriteQueue), 1)
	c.atLeast("cache.write_queue_bytes", int64(c.Cache.WriteQueueBytes), 1)
	if c.Cache.MaxEntryBytes > c.Cache.MaxBytes {
		c.add("cache.max_entry_bytes", "%s is more than all answers together may take (cache.max_bytes is %s)", c.Cache.MaxEntryBytes, c.Cache.MaxBytes)
	}
}

var (
	orders = []string{string(prefix.On), string(prefix.Observe), string(prefix.Off)}
	modes  = []string{"semantic", "shadow", "exact", "off"}
	scores = []string{string(cache.ScoreCosine), string(cache.ScoreVerified)}
)

func (c *checker) checkScore(key, score string) {
	c.oneOf(key, score, scores...)
	if score == string(cache.ScoreVerified) && c.Verifier == "off" {
		c.add(key, "is verified and verifier is off: nothing could be served; switch it on, or use the score cosine")
	}
}

func (c *checker) checkAudit(path string, a AuditConfig) {
	if !(a.Share >= 0 && a.Share <= 1) {
		c.add(path+".share", "%v is not a share of 0 to 1 of the semantic hits, such as 0.02", a.Share)
	}
	if !(a.Precision > 0 && a.Precision < 1) {
		c.add(path+".precision", "%v is not between 0 and 1; write the least share of hits that has to be right, such as 0.97", a.Precision)
	}
	if !(a.Alarm >= 0 && a.Alarm < 1) {
		c.add(path+".alarm", "%v is no probability of a false alarm, such as 0.05; 0 raises none", a.Alarm)
	}
}

func (c *checker) checkGuards(key string, list []string) {
	_, err := guard.Parse(list, guard.All)
	c.check(key, err)
}

func checkNowTTL(d time.Duration) error {
	if d < 0 || d > policy.MaxTTL {
		return fmt.Errorf("%s is not a time of 0 to %s; 0 serves other wordings of a question about now never", formatDuration(d), formatDuration(policy.MaxTTL))
	}
	return nil
}

func checkTTL(d time.Duration) error {
	if d < policy.MinTTL || d > policy.MaxTTL {
		return fmt.Errorf("%s is not a life time of %s to %s", formatDuration(d), formatDuration(policy.MinTTL), formatDuration(policy.MaxTTL))
	}
	return nil
}

func (c *checker) checkRedis() {
	if c.Redis.URL == "" {
		c.unusedWithout("redis", "redis.url", map[string]bool{
			"username": c.Redis.Username != "", "password": c.Redis.Password != "",
			"sentinel_username": c.Redis.SentinelUsername != "", "sentinel_password": c.Redis.SentinelPassword != "",
		})
		return
	}
	c.atLeast("redis.pool_size", int64(c.Redis.PoolSize), 1)
	c.check("redis.url", redisOptions(&c.Config, nil, nil).Validate())
}

func (c *checker) checkQdrant() {
	if c.Qdrant.URL == "" {
		c.unusedWithout("qdrant", "qdrant.url", map[string]bool{"api_key": c.Qdrant.APIKey != ""})
		return
	}
	if c.Embedder.Kind == "off" {
		c.add("qdrant.url", "is set and embedder.kind is off: there are no vectors to keep; remove one of them")
	}
	c.oneOf("qdrant.quantisation", c.Qdrant.Quantisation, "none", "int8")
	c.atLeast("qdrant.shards", int64(c.Qdrant.Shards), 0)
	c.atLeast("qdrant.replicas", int64(c.Qdrant.Replicas), 1)
	c.atLeast("qdrant.write_consistency", int64(c.Qdrant.WriteConsistency), 1)
	c.check("qdrant.api_key", checkSecret(c.Qdrant.APIKey))
	if !c.known["qdrant.quantisation"] {
		c.check("qdrant.url", qdrantOptions(&c.Config, placeholder{}, nil).Validate())
	}
}

// placeholder stands for the embedder while only the rest is checked.
type placeholder struct{ cache.Embedder }

func (placeholder) Identity() string { return "any" }
func (placeholder) Dimensions() int  { return 1 }

// unusedWithout reports the keys of a section that are set though the one that
// switches it on is not.
func (c *checker) unusedWithout(section, needs string, set map[string]bool) {
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if set[key] {
			c.add(section+"."+key, "means nothing without %s; set that as well, or remove this", needs)
		}
	}
}

func (c *checker) checkNamespaces() {
	for _, name := range slices.Sorted(maps.Keys(c.Namespaces)) {
		path, ns := "namespaces."+name, c.Namespaces[name]
		c.check(path, policy.Namespace(name))
		if ns.Mode != nil {
			c.oneOf(path+".mode", *ns.Mode, modes...)
		}
		if ns.Score != nil {
			c.checkScore(path+".score", *ns.Score)
		}
		if ns.Threshold != nil {
			c.check(path+".threshold", policy.Threshold(*ns.Threshold))
		}
		if ns.Floor != nil {
			c.check(path+".floor", policy.Threshold(*ns.Floor))
		}
		c.checkGuards(path+".guards", ns.Guards)
		c.checkAudit(path+".audit", ns.Audit.of(c.Cache.Audit))
		if ns.PromptOrder != nil {
			c.oneOf(path+".prompt_order", *ns.PromptOrder, orders...)
		}
		if ns.TTL != nil {
			c.check(path+".ttl", checkTTL(*ns.TTL))
		}
		if ns.NowTTL != nil {
			c.check(path+".now_ttl", checkNowTTL(*ns.NowTTL))
		}
		c.checkBudget(path+".budget", ns.Budget)
	}
}

func (c *checker) checkBudget(path string, b BudgetConfig) {
	c.atLeast(path+".prompt_tokens", int64(b.PromptTokens), 0)
	c.atLeast(path+".chunks", int64(b.Chunks), 0)
	c.atLeast(path+".under_load.chunks", int64(b.UnderLoad.Chunks), 0)
	switch load := b.UnderLoad; {
	case load.Above < 0 || load.Above > 1:
		c.add(path+".under_load.above", "%v is not a share between 0 and 1, such as 0.8; 0 is never", load.Above)
	case (load.Above > 0) != (load.Chunks > 0):
		c.add(path+".under_load", "above (a share of a limit, such as 0.8) and chunks (how many go on then, such as 5) belong together")
	case load.Chunks > 0 && b.Chunks > 0 && load.Chunks >= b.Chunks:
		c.add(path+".under_load.chunks", "%d is no fewer than the %d that go on without load", load.Chunks, b.Chunks)
	}
}

func (c *checker) checkEmbedder() {
	e := c.Embedder
	c.oneOf("embedder.kind", e.Kind, "builtin", "openai", "tei", "ollama", "off")
	c.check("embedder.api_key", checkSecret(e.APIKey))
	if example, overHTTP := embedderURLs[e.Kind]; overHTTP {
		c.checkRemoteEmbedder(e, example)
		return
	}
	for _, unused := range []struct {
		key string
		set bool
	}{
		{"base_url", e.BaseURL != ""}, {"model", e.Model != ""}, {"revision", e.Revision != ""},
		{"dimensions", e.Dimensions != 0}, {"shorten", e.Shorten},
	} {
		if unused.set {
			c.add("embedder."+unused.key, "means nothing for the kind %s; remove it, or set embedder.kind to openai, tei or ollama", e.Kind)
		}
	}
}

func (c *checker) checkRemoteEmbedder(e EmbedderConfig, example string) {
	if e.BaseURL == "" {
		c.add("embedder.base_url", "is empty; embedders of the kind %s are asked over HTTP, so say where, such as %s", e.Kind, example)
	} else {
		c.check("embedder.base_url", checkURL(e.BaseURL, example))
	}
	if e.Model == "" {
		c.add("embedder.model", "is empty; name the model, it tells vectors apart")
	}
	if e.Dimensions < 1 || e.Dimensions > 1<<16 {
		c.add("embedder.dimensions", "%d is not the length of a model's vectors; look it up, it is 1536 for text-embedding-3-small", e.Dimensions)
	}
}

// embedderURLs are examples for the kinds that are asked over HTTP.
var embedderURLs = map[string]string{
	"openai": "https://api.openai.com/v1",
	"tei":    "http://127.0.0.1:8081",
	"ollama": "http://127.0.0.1:11434",
}

// reason is an error of the file system without its call and path, which the
// message has already.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
