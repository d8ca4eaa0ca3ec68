// The only place that picks backends and joins the packages.

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/embed/httpembed"
	"github.com/askonce/askonce/embed/minilm"
	"github.com/askonce/askonce/policy/guard"
	"github.com/askonce/askonce/upstream"
)

// service is all parts, joined.
type service struct {
	api      *api.Server
	cache    *cache.Cache
	stores   *stores
	limits   *limits
	client   *upstream.Client
	embedder cache.Embedder // nil: no semantic layer
	verifier cache.Verifier // nil: none
	newer    chan error     // gets why a store that was reached late must not be used
}

// network is how the service and others reach each other.
type network struct {
	loopback bool // only this machine reaches it

	// dial connects to providers; nil takes TCP.
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// wire builds the service that cfg describes.
func wire(cfg *Config, log *slog.Logger, network network) (_ *service, err error) {
	s := &service{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.Background()))
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return s, fmt.Errorf("data: %s cannot be made: %s", cfg.Data, reason(err))
	}
	registry := newRegistry()
	if err := s.openCache(cfg, log, registry); err != nil {
		return s, err
	}
	if err := s.openClient(cfg, log, registry, network); err != nil {
		return s, err
	}
	secret, err := s.stores.secret(cfg.Data, log)
	if err != nil {
		return s, err
	}
	opts, err := apiOptions(cfg)
	if err != nil {
		return s, err
	}
	opts.Cache, opts.Upstream, opts.Room, opts.Limits, opts.Secret = s.cache, s.client, s.client, s.limits, secret
	opts.Tokens = s.client.TextTokens
	if opts.Prices, err = cfg.prices(); err != nil {
		return s, err
	}
	opts.Loopback, opts.Registerer, opts.Logger = network.loopback, registry, log
	if cfg.Metrics.Enabled {
		opts.Gatherer = registry
	}
	s.api, err = api.New(opts)
	return s, err
}

// openCache opens the stores and puts the cache on them.
func (s *service) openCache(cfg *Config, log *slog.Logger, registry *prometheus.Registry) (err error) {
	if s.embedder, err = newEmbedder(cfg.Embedder); err != nil {
		return err
	}
	if s.verifier, err = newVerifier(cfg.Verifier); err != nil {
		return err
	}
	if s.stores, err = openStores(cfg, s.embedder, log, registry); err != nil {
		return err
	}
	s.newer = make(chan error, 1)
	if err := s.stores.migrate(log, func(err error) { s.newer <- err }); err != nil {
		return err
	}
	opts := cacheOptions(cfg, log, registry)
	if opts.Rules, err = namespaceRules(cfg); err != nil {
		return err
	}
	if opts.Prices, err = cfg.prices(); err != nil {
		return err
	}
	opts.Store, opts.Alarmed = s.stores.entries, s.alarmed
	if s.embedder != nil {
		opts.Embedder, opts.Index, opts.Verifier = s.embedder, s.stores.index, s.verifier
	}
	s.cache, err = cache.New(opts)
	return err
}

// alarmed sends an alarm about a threshold to the webhook.
func (s *service) alarmed(a cache.Alarm) {
	if s.limits != nil && s.limits.watcher != nil { // there are none until all is open
		s.limits.watcher.Tell("threshold of "+a.Namespace, struct {
			Type string `json:"type"`
			cache.Alarm
		}{"askonce.threshold_alarm", a})
	}
}

// openClient makes the upstream client, and the ledger that it counts in.
func (s *service) openClient(cfg *Config, log *slog.Logger, registry *prometheus.Registry, network network) (err error) {
	opts, err := upstreamOptions(cfg, log, registry)
	if err != nil {
		return err
	}
	if s.limits, err = newLimits(cfg, &opts, s.stores.redis, log, registry); err != nil {
		return err
	}
	opts.Ledger, opts.DialContext = s.limits, network.dial
	s.client, err = upstream.New(opts)
	s.limits.client = s.client
	return err
}

// newEmbedder returns the embedder of the kind, nil for none.
func newEmbedder(cfg EmbedderConfig) (cache.Embedder, error) {
	switch cfg.Kind {
	case "off":
		return nil, nil
	case "builtin":
		return minilm.New(minilm.Options{})
	}
	return httpembed.New(httpembed.Options{
		Kind: cfg.Kind, BaseURL: cfg.BaseURL, Model: cfg.Model, Revision: cfg.Revision,
		Dimensions: cfg.Dimensions, Shorten: cfg.Shorten, APIKey: cfg.APIKey.reveal(),
	})
}

// newVerifier returns the verifier of the kind, nil for none.
func newVerifier(kind string) (cache.Verifier, error) {
	if kind == "off" {
		return nil, nil
	}
	return minilm.NewVerifier(minilm.Options{})
}

func cacheOptions(cfg *Config, log *slog.Logger, registry *prometheus.Registry) cache.Options {
	return cache.Options{
		L1Bytes:       orNone(cfg.Cache.L1Bytes),
		VectorBytes:   orNone(cfg.Cache.VectorBytes),
		MaxEntryBytes: int(cfg.Cache.MaxEntryBytes),
		Budget:        cfg.Cache.Budget,
		StoreTimeout:  cfg.Cache.StoreTimeout,
		IndexTimeout:  cfg.Cache.IndexTimeout,
		EmbedTimeout:  cfg.Cache.EmbedTimeout,
		VerifyTimeout: cfg.Cache.VerifyTimeout,
		AuditWorkers:  cfg.Cache.Audit.Concurrency,
		QueueEntries:  cfg.Cache.WriteQueue,
		QueueBytes:    int64(cfg.Cache.WriteQueueBytes),
		FlightTimeout: cfg.Upstream.Timeout,
		Registerer:    registry,
		Logger:        log,
	}
}

// orNone turns the configuration's 0, which is none, into the cache's.
func orNone(size Bytes) int64 {
	if size == 0 {
		return -1
	}
	return int64(size)
}

// namespaceRules looks the rules of a namespace up. They are made once, since
// every request asks for them.
func namespaceRules(cfg *Config) (func(tenant, namespace string) cache.Rules, error) {
	usual, err := cfg.Cache.rules()
	if err != nil {
		return nil, fmt.Errorf("cache.guards: %w", err)
	}
	byName := make(map[string]cache.Rules, len(cfg.Namespaces))
	for name, ns := range cfg.Namespaces {
		if byName[name], err = ns.rules(usual); err != nil {
			return nil, fmt.Errorf("namespaces.%s.guards: %w", name, err)
		}
	}
	return func(_, namespace string) cache.Rules {
		if rules, ok := byName[namespace]; ok {
			return rules
		}
		return usual
	}, nil
}

// rules are those of every namespace that has none of its own.
func (c CacheConfig) rules() (cache.Rules, error) {
	usual := cache.RulesOf(cache.Score(c.Score))
	usual.Mode, usual.Threshold, usual.Floor = cache.Mode(c.Mode), c.Threshold, c.Floor
	usual.TTL, usual.NowTTL = c.TTL, c.NowTTL
	usual.Audit = cache.AuditRules{Share: c.Audit.Share, Precision: c.Audit.Precision, Level: c.Audit.Alarm}
	var err error
	usual.Guards, err = guard.Parse(c.Guards, usual.Guards)
	return usual, err
}

// rules are usual with what the namespace does differently.
func (ns NamespaceConfig) rules(usual cache.Rules) (cache.Rules, error) {
	rules := usual
	if ns.Mode != nil {
		rules.Mode = cache.Mode(*ns.Mode)
	}
	if ns.Score != nil && cache.Score(*ns.Score) != usual.Score { // what is right for one score is not for another
		other := cache.RulesOf(cache.Score(*ns.Score))
		rules.Score, rules.Threshold, rules.ThresholdVersion = other.Score, other.Threshold, other.ThresholdVersion
		rules.Floor, rules.Guards = other.Floor, other.Guards
	}
	if ns.Threshold != nil {
		rules.Threshold, rules.ThresholdVersion = *ns.Threshold, "config"
	}
	set(&rules.Floor, ns.Floor)
	set(&rules.TTL, ns.TTL)
	set(&rules.NowTTL, ns.NowTTL)
	set(&rules.AllowSubstitutes, ns.AllowSubstitutes)
	set(&rules.Audit.Share, ns.Audit.Share)
	set(&rules.Audit.Precision, ns.Audit.Precision)
	set(&rules.Audit.Level, ns.Audit.Alarm)
	if ns.Guards == nil {
		return rules, nil
	}
	var err error
	rules.Guards, err = guard.Parse(ns.Guards, rules.Guards)
	return rules, err
}

// set sets field to what value points to, if it does.
func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func upstreamOptions(cfg *Config, log *slog.Logger, registry *prometheus.Registry) (upstream.Options, error) {
	limits, err := cfg.Upstream.Limits.axes(defaultSlack)
	if err != nil {
		return upstream.Options{}, fmt.Errorf("upstream.limits: %w", err)
	}
	deployments, err := cfg.Upstream.deployments()
	if err != nil {
		return upstream.Options{}, err
	}
	wait := cfg.Upstream.MaxWait
	return upstream.Options{
		BaseURL:        cfg.Upstream.BaseURL,
		APIKey:         cfg.Upstream.APIKey.reveal(),
		Limits:         limits,
		Deployments:    deployments,
		Models:         cfg.Upstream.models(),
		MaxWait:        [3]time.Duration{wait.P0, wait.P1, wait.P2},
		Probe:          cfg.Upstream.Probe,
		Timeout:        cfg.Upstream.Timeout,
		ConnectTimeout: cfg.Upstream.ConnectTimeout,
		MaxTries:       cfg.Upstream.MaxTries,
		Registerer:     registry,
		Logger:         log,
	}, nil
}

func apiOptions(cfg *Config) (api.Options, error) {
	opts := api.Options{
		UpstreamURL: cfg.Upstream.identity(),
		UpstreamKey: cfg.Upstream.hasKey(),
		AllowPaths:  append([]string{}, cfg.Upstream.AllowPaths...),
		OpenMetrics: cfg.Metrics.Open,
		MaxBody:     int64(cfg.MaxBody),
		Tier:        cfg.tier(cfg.DefaultTier),
		Version:     buildVersion(),
		Prompt:      promptRules(cfg),
		Budget:      promptBudgets(cfg),
	}
	for i, key := range cfg.Keys {
		hash, err := parseHash(key.Hash)
		if err != nil {
			return opts, fmt.Errorf("keys[%d].hash: %w", i, err)
		}
		opts.Keys = append(opts.Keys, api.Key{ID: key.ID, Tenant: key.Tenant, Role: api.Role(key.Role), Hash: hash, Tier: cfg.tier(cfg.tierOf(key))})
	}
	return opts, nil
}

// close ends all parts, the writers before what they write to. What was not
// opened is left out.
func (s *service) close(ctx context.Context) error {
	var problems []error
	if s.cache != nil {
		problems = append(problems, s.cache.Close(ctx))
	}
	if s.client != nil {
		s.client.Close()
	}
	s.limits.close()
	problems = append(problems, s.stores.close())
	return errors.Join(problems...)
}
