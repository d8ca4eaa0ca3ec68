// The connections: dialling, pooling, HTTP/2.

package upstream

import (
	"context"
	"net"
	"net/http"
	"time"
)

// HTTP/2 multiplexes calls over one connection, and a connection that died
// silently would hold them all: a quiet one is pinged.
const (
	pingAfter   = 30 * time.Second
	pingTimeout = 15 * time.Second
)

// newTransport makes the connection pool. Calls in flight are not bounded
// here; each idle connection is worth a TLS handshake, so the pool keeps as
// many for the one host as it keeps at all.
func newTransport(opts *Options, firstByte time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer(opts),
		TLSClientConfig:       opts.TLS,
		TLSHandshakeTimeout:   opts.ConnectTimeout,
		ResponseHeaderTimeout: firstByte,
		MaxIdleConns:          opts.MaxIdleConns,
		MaxIdleConnsPerHost:   opts.MaxIdleConns,
		IdleConnTimeout:       opts.IdleConnTimeout,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
}

// dialer bounds connecting by ConnectTimeout, whoever dials.
func dialer(opts *Options) func(context.Context, string, string) (net.Conn, error) {
	dial := opts.DialContext
	if dial == nil {
		dial = (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, opts.ConnectTimeout)
		defer cancel()
		return dial(ctx, network, address)
	}
}
