// Picking the stores: the data folder, Redis, Qdrant.

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9/logging"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
	"github.com/askonce/askonce/cache/qdrantcache"
	"github.com/askonce/askonce/cache/rediscache"
)

// openPatience is how long a start waits for a remote store before it goes on
// without it.
const openPatience = 2 * time.Second

// stores are where answers and vectors are kept. What is not used is nil.
type stores struct {
	db     *embedded.DB
	redis  *rediscache.Store
	qdrant *qdrantcache.Index

	entries cache.Store
	index   cache.Index // nil without an embedder

	life  context.Context // ends with close
	end   context.CancelFunc
	later sync.WaitGroup // of what waits for a store to be reached
}

// openStores opens what cfg names: Redis and Qdrant where they have a URL, and
// the data folder for the rest.
func openStores(cfg *Config, embedder cache.Embedder, log *slog.Logger, registry *prometheus.Registry) (_ *stores, err error) {
	s := &stores{}
	s.life, s.end = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), openPatience)
	defer cancel()
	if cfg.Redis.URL != "" {
		logging.Disable() // the client's own lines repeat with every call; ours say each change once
		if s.redis, err = rediscache.Open(ctx, redisOptions(cfg, log, registry)); err != nil {
			return nil, fmt.Errorf("redis: %w", err)
		}
		s.entries = s.redis
	}
	if cfg.Qdrant.URL != "" && embedder != nil {
		if s.qdrant, err = qdrantcache.Open(ctx, qdrantOptions(cfg, embedder, log)); err != nil {
			return nil, fmt.Errorf("qdrant: %w", err)
		}
		s.index = s.qdrant
	}
	if s.entries == nil || s.index == nil && embedder != nil {
		err = s.openFolder(cfg, embedder, log, registry)
	}
	return s, err
}

// openFolder opens the data folder for what is not kept elsewhere.
func (s *stores) openFolder(cfg *Config, embedder cache.Embedder, log *slog.Logger, registry *prometheus.Registry) (err error) {
	s.db, err = embedded.Open(embedded.Options{Folder: cfg.Data, MaxBytes: int64(cfg.Cache.MaxBytes), Log: log})
	if errors.Is(err, embedded.ErrInUse) {
		return fmt.Errorf("data: %s is in use by another askonce; stop it, or choose another folder with --data", cfg.Data)
	}
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	registerStats(registry, s.db)
	if s.entries == nil {
		s.entries = s.db.Store()
	}
	if s.index == nil && embedder != nil {
		if s.index, err = s.db.Index(embedder.Identity(), embedder.Dimensions()); err != nil {
			return fmt.Errorf("data: %w", err)
		}
	}
	return nil
}

// secret is what tenants are made with: the replicas' common one on Redis, and
// the data folder's otherwise.
func (s *stores) secret(dir string, log *slog.Logger) ([]byte, error) {
	if s.redis == nil {
		if _, err := os.Stat(filepath.Join(dir, secretFile)); errors.Is(err, fs.ErrNotExist) && s.db.Stats().Entries > 0 {
			log.Warn("the data folder holds answers and no secret; a new one is made, with which callers without a configured key do not find "+
				"those answers; restore the file from a backup to keep them", "file", filepath.Join(dir, secretFile))
		}
		return openSecret(dir)
	}
	ctx, cancel := context.WithTimeout(context.Background(), openPatience)
	defer cancel()
	secret, err := s.redis.Secret(ctx)
	if err == nil {
		return secret, nil
	}
	log.Warn("the secret that replicas share cannot be read from Redis; until a restart, callers without a configured key "+
		"have entries of their own on this replica", "error", err)
	return openSecret(dir)
}

// close closes what is open. A nil *stores has nothing open.
func (s *stores) close() error {
	if s == nil {
		return nil
	}
	s.end()
	s.later.Wait()
	var problems []error
	if s.qdrant != nil {
		problems = append(problems, s.qdrant.Close())
	}
	if s.redis != nil {
		problems = append(problems, s.redis.Close())
	}
	if s.db != nil {
		problems = append(problems, s.db.Close())
	}
	return errors.Join(problems...)
}

func redisOptions(cfg *Config, log *slog.Logger, registry *prometheus.Registry) rediscache.Options {
	opts := rediscache.Options{
		URL:              cfg.Redis.URL.reveal(),
		Username:         cfg.Redis.Username,
		Password:         cfg.Redis.Password.reveal(),
		SentinelUsername: cfg.Redis.SentinelUsername,
		SentinelPassword: cfg.Redis.SentinelPassword.reveal(),
		Prefix:           cfg.Redis.Prefix,
		PoolSize:         cfg.Redis.PoolSize,
		Logger:           log,
	}
	if registry != nil { // a nil registry in the interface would not be nil
		opts.Registerer = registry
	}
	return opts
}

func qdrantOptions(cfg *Config, embedder cache.Embedder, log *slog.Logger) qdrantcache.Options {
	return qdrantcache.Options{
		URL:              cfg.Qdrant.URL,
		APIKey:           cfg.Qdrant.APIKey.reveal(),
		Collection:       cfg.Qdrant.Collection,
		Identity:         embedder.Identity(),
		Dimensions:       embedder.Dimensions(),
		Shards:           uint32(cfg.Qdrant.Shards),
		Replicas:         uint32(cfg.Qdrant.Replicas),
		WriteConsistency: uint32(cfg.Qdrant.WriteConsistency),
		Quantisation:     qdrantcache.Quantisation(cfg.Qdrant.Quantisation),
		OnDisk:           cfg.Qdrant.OnDisk,
		OpenWait:         openPatience,
		Log:              log,
	}
}
