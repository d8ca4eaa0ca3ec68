// A cache in a folder of its own, for measuring: nothing of it is kept.

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
)

// unhurried is how long a measurement waits for any part: a result must not
// depend on how busy the machine is.
const unhurried = 10 * time.Minute

// scratch is such a cache, and what it is made of.
type scratch struct {
	cache *cache.Cache
	opts  cache.Options
	dir   string
	db    *embedded.DB
}

// openScratch opens the embedder and the verifier that cfg names, under rules.
func openScratch(cfg *Config, log *slog.Logger, rules func(tenant, namespace string) cache.Rules) (_ *scratch, err error) {
	s := &scratch{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	s.opts = cacheOptions(cfg, log, newRegistry())
	if s.opts.Embedder, err = newEmbedder(cfg.Embedder); err != nil {
		return nil, err
	}
	if s.opts.Embedder == nil {
		return nil, problems{{key: "embedder.kind", text: "is off: there is no semantic layer to measure"}}
	}
	if s.opts.Verifier, err = newVerifier(cfg.Verifier); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "askonce-scratch-"); err != nil {
		return nil, err
	}
	if s.db, err = embedded.Open(embedded.Options{Folder: filepath.Join(s.dir, "data"), Log: log}); err != nil {
		return nil, err
	}
	if s.opts.Index, err = s.db.Index(s.opts.Embedder.Identity(), s.opts.Embedder.Dimensions()); err != nil {
		return nil, err
	}
	s.opts.Store, s.opts.Rules = s.db.Store(), rules
	s.opts.Budget, s.opts.StoreTimeout, s.opts.IndexTimeout = unhurried, unhurried, unhurried
	s.opts.EmbedTimeout, s.opts.VerifyTimeout = unhurried, unhurried
	s.cache, err = cache.New(s.opts)
	return s, err
}

// close removes everything. A nil *scratch has nothing open.
func (s *scratch) close() error {
	if s == nil {
		return nil
	}
	var errs []error
	if s.cache != nil {
		errs = append(errs, s.cache.Close(context.Background()))
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}
