// What `export` and `import` have in common: the stores, and the secret.

package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/schollz/progressbar/v3"

	"github.com/askonce/askonce/cache"
)

// StoreFlags say where a cache is, for subcommands that serve nobody.
type StoreFlags struct {
	Config string `help:"Configuration file (or ASKONCE_CONFIG). Without one the defaults hold." placeholder:"FILE" short:"c"`
	Data   string `help:"Folder that holds all state. Default ~/.local/share/askonce." placeholder:"DIR"`
	Redis  string `help:"Answers are on Redis: redis://HOST:6379, or see redis.url in askonce.example.yaml." placeholder:"URL"`
	Qdrant string `help:"Vectors are on Qdrant: host and gRPC port." placeholder:"HOST:6334"`
}

// load reads the configuration. Who may reach the service does not matter
// where none is run.
func (f StoreFlags) load(p *process) (*loaded, *slog.Logger, error) {
	l, err := load(ConfigFlags{Config: f.Config, Data: f.Data, Redis: f.Redis, Qdrant: f.Qdrant, Insecure: true}, p.Environ)
	if err != nil {
		return nil, nil, err
	}
	log := newLogger(LogConfig{Level: "warn", Format: "text"}, p.Stderr)
	for _, warning := range l.warnings {
		log.Warn(warning)
	}
	return l, log, nil
}

// place is a cache without its service.
type place struct {
	*stores
	embedder cache.Embedder // nil: no vectors
	sealer   *cache.Sealer
	secret   string // tells the secret apart; "" if there is none yet
}

// books are what the store keeps beside its entries; nil if it keeps nothing.
func (p *place) books() cache.Books {
	books, _ := p.entries.(cache.Books)
	return books
}

// openPlace opens the stores. Entries larger than maxEntry are unreadable.
func openPlace(cfg *Config, embedder cache.Embedder, maxEntry int, log *slog.Logger) (_ *place, err error) {
	p := &place{embedder: embedder}
	if p.sealer, err = cache.NewSealer(maxEntry); err != nil {
		return nil, err
	}
	if p.stores, err = openStores(cfg, embedder, log, prometheus.NewRegistry()); err != nil {
		return nil, err
	}
	if p.secret, err = p.fingerprint(cfg.Data); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// check refuses a store that a newer program has written, or that does not
// answer, before anything is read.
func (p *place) check(ctx context.Context) error {
	for _, store := range p.migrations() {
		ctx, cancel := context.WithTimeout(ctx, migratePatience)
		_, err := store.Check(ctx)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// prepare is check for a place that is written to, which may be a new one.
func (p *place) prepare(ctx context.Context, log *slog.Logger) error {
	for _, store := range p.migrations() {
		if err := migrateOne(ctx, store, log); err != nil {
			return err
		}
	}
	return nil
}

// fingerprint tells secrets apart without giving them away. It makes none
// where there is none, except on Redis, which answers with one it makes.
func (p *place) fingerprint(dir string) (string, error) {
	var secret []byte
	var err error
	if p.redis != nil {
		ctx, cancel := context.WithTimeout(context.Background(), openPatience)
		defer cancel()
		secret, err = p.redis.Secret(ctx)
	} else {
		if _, err := os.Stat(filepath.Join(dir, secretFile)); errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		secret, err = openSecret(dir)
	}
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("askonce export"))
	return hex.EncodeToString(mac.Sum(nil))[:16], nil
}

// credentials counts entries of tenants that are made from a caller's
// credential and the secret, instead of being named by a configured key.
type credentials int

func (n *credentials) note(e *cache.Entry) {
	if t := e.Meta.Tenant; len(t) == len("c_")+32 && strings.HasPrefix(t, "c_") {
		*n++
	}
}

// secretHelp tells how a secret moves.
const secretHelp = `Callers without a configured key are known by their credential and the secret of the service. Where
they have entries, move the secret too, before the service starts in its new place:
  cp OLD/secret NEW/secret                                           (folder to folder)
  redis-cli -x set askonce:secret < OLD/secret                       (folder to Redis)
  redis-cli --raw get askonce:secret | head -c 32 > NEW/secret       (Redis to folder)`

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// newBar shows people how far a transfer is; of is -1 where nobody knows. On
// anything but a terminal it shows nothing.
func newBar(w io.Writer, what string, of int64, options ...progressbar.Option) *progressbar.ProgressBar {
	return progressbar.NewOptions64(of, append(options, progressbar.OptionSetWriter(w), progressbar.OptionSetVisibility(isTerminal(w)),
		progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(40), progressbar.OptionClearOnFinish())...)
}

// read counts on a bar what is read.
type read struct {
	io.ReadCloser
	bar *progressbar.ProgressBar
}

func (r read) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	_ = r.bar.Add(n) // past its end it just stays there
	return n, err
}

// untilSignal returns a context that ends with the first signal. The second
// one ends the program, which may be waiting for a pipe.
func untilSignal() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
