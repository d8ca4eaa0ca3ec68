// A simulated provider that accepts connections: `simulate-provider`, `try` and
// `simulate` run it.

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/askonce/askonce/upstream/simulator"
)

// provider is a simulator with its listener.
type provider struct {
	server *http.Server
	url    string // without /v1
	failed chan error
}

func startSimulator(listen string, opts simulator.Options, log *slog.Logger) (*provider, error) {
	handler, err := simulator.New(opts)
	if err != nil {
		return nil, err
	}
	return serveProvider(listen, handler, log)
}

func serveProvider(listen string, handler http.Handler, log *slog.Logger) (*provider, error) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, errors.New("--listen: " + listenError(listen, err))
	}
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return nil, fmt.Errorf("--listen: %s is not a TCP address", listener.Addr())
	}
	p := &provider{server: newHTTPServer(handler, log), url: urlOf(addr), failed: make(chan error, 1)}
	go func() { p.failed <- p.server.Serve(listener) }()
	return p, nil
}
