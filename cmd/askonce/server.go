// A service that accepts connections, and how it ends: `serve` and `try` run
// the same one.

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// running is a service with its listener.
type running struct {
	*service
	cfg    *Config
	log    *slog.Logger
	server *http.Server
	addr   *net.TCPAddr
	failed chan error // gets why the server stopped by itself
}

// start opens everything and begins to accept connections.
func start(cfg *Config, log *slog.Logger) (*running, error) {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, errors.New("listen: " + listenError(cfg.Listen, err))
	}
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return nil, fmt.Errorf("listen: %s is not a TCP address", listener.Addr())
	}
	if !addr.IP.IsLoopback() && len(cfg.Keys) == 0 && !cfg.Insecure {
		// The name looked like loopback, and something resolves it elsewhere.
		return nil, errors.Join(fmt.Errorf("listen: %s is %s, which other machines reach, and no keys are configured; "+
			"listen on 127.0.0.1, configure keys, or say --insecure", cfg.Listen, addr), listener.Close())
	}
	parts, err := wire(cfg, log, network{loopback: addr.IP.IsLoopback()})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	r := &running{service: parts, cfg: cfg, log: log, addr: addr, failed: make(chan error, 1)}
	r.server = newHTTPServer(parts.api, log)
	go func() { r.failed <- r.server.Serve(listener) }()
	return r, nil
}

// newHTTPServer sets limits against clients that dawdle. There is none on
// writing: a stream may take as long as the provider needs.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// url is where a client on this machine reaches the service.
func (r *running) url() string { return urlOf(r.addr) }

func urlOf(addr *net.TCPAddr) string {
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(addr.Port))
}

// shutdown says that it is leaving, waits for the requests in flight, then
// until every queued answer is written. Each of the two may take the drain
// timeout: slow clients take nothing from the writes.
func (r *running) shutdown() error {
	r.api.Drain()
	time.Sleep(r.cfg.DrainDelay)
	ctx, cancel := context.WithTimeout(context.Background(), r.cfg.DrainTimeout)
	defer cancel()
	var problems []error
	if err := r.server.Shutdown(ctx); err != nil {
		problems = append(problems, fmt.Errorf("requests were cut off after %s", formatDuration(r.cfg.DrainTimeout)), r.server.Close())
	}
	ctx, cancel = context.WithTimeout(context.Background(), r.cfg.DrainTimeout)
	defer cancel()
	return errors.Join(append(problems, r.close(ctx))...)
}
