// The connection: addresses, TLS, API key, how it comes back.

package qdrantcache

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

const (
	defaultPort = "6334"

	// maxReply is more than any page of candidates takes; gRPC's own default
	// of 4 MiB is not.
	maxReply = 64 << 20

	// The windows let a page of candidates with long texts come in one go.
	streamWindow     = 1 << 20
	connectionWindow = 4 << 20
)

// serviceConfig sends calls to all nodes in turn. Every call can be repeated
// without harm, so one that a node did not answer goes to another.
const serviceConfig = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"methodConfig": [{
		"name": [{}],
		"retryPolicy": {
			"maxAttempts": 2, "initialBackoff": "0.01s", "maxBackoff": "0.05s", "backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE"]
		}
	}]
}`

// endpoint is what a URL says.
type endpoint struct {
	addresses []string // host:port
	tls       bool
}

var (
	errURLEmpty   = errors.New("it is empty: give host:port, or https://host:port")
	errURLScheme  = errors.New("its scheme is neither http nor https: give host:port, http://host:port or https://host:port")
	errURLSecret  = errors.New("it holds a user or a query: give the API key by itself, and only host and port here")
	errURLPath    = errors.New("it has a path: gRPC takes none, give host and port only")
	errURLHost    = errors.New("it names no host")
	errURLSchemes = errors.New("some nodes have http and some https: give one scheme for all")
)

// parseURL reads one node, or several with commas between them. Its errors
// don't repeat the text, which may hold a password.
func parseURL(text string) (endpoint, error) {
	var e endpoint
	for i, node := range strings.Split(text, ",") {
		address, secure, err := parseNode(strings.TrimSpace(node))
		if err != nil {
			return endpoint{}, err
		}
		if i > 0 && secure != e.tls {
			return endpoint{}, errURLSchemes
		}
		e.addresses, e.tls = append(e.addresses, address), secure
	}
	return e, nil
}

func parseNode(text string) (address string, secure bool, err error) {
	if text == "" {
		return "", false, errURLEmpty
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", false, errors.New("it can't be read: give host:port, or https://host:port")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return "", false, errURLScheme
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", false, errURLSecret
	case u.Path != "" && u.Path != "/":
		return "", false, errURLPath
	case u.Hostname() == "":
		return "", false, errURLHost
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	return net.JoinHostPort(u.Hostname(), port), u.Scheme == "https", nil
}

// dial makes the connection's state; nothing is sent before the first call.
func dial(o Options) (*grpc.ClientConn, error) {
	e, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport(o, e)),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReply)),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connectionWindow),
		grpc.WithUserAgent("askonce"),
		// A node that is gone without a word is found out by pings; one that is
		// back is found again soon.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 3 * time.Second, PermitWithoutStream: true}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: 3 * time.Second,
		}),
	}
	if o.APIKey != "" {
		options = append(options, grpc.WithPerRPCCredentials(apiKey(o.APIKey)))
	}
	target := "dns:///" + e.addresses[0]
	if len(e.addresses) > 1 {
		nodes := manual.NewBuilderWithScheme("askonce-qdrant")
		nodes.InitialState(e.state())
		options = append(options, grpc.WithResolvers(nodes))
		target = nodes.Scheme() + ":///nodes"
	}
	conn, err := grpc.NewClient(target, options...)
	if err != nil {
		return nil, fmt.Errorf("connection: %w", err)
	}
	return conn, nil
}

func transport(o Options, e endpoint) credentials.TransportCredentials {
	switch {
	case !e.tls:
		return insecure.NewCredentials()
	case o.TLS != nil:
		return credentials.NewTLS(o.TLS)
	default:
		return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
}

// state lists the nodes, each under the name that its certificate has.
func (e endpoint) state() resolver.State {
	var s resolver.State
	for _, address := range e.addresses {
		host, _, _ := net.SplitHostPort(address) // made by JoinHostPort
		s.Addresses = append(s.Addresses, resolver.Address{Addr: address, ServerName: host})
	}
	return s
}

// exposed reports whether an API key would cross a network in the clear.
func (e endpoint) exposed() bool {
	if e.tls {
		return false
	}
	for _, address := range e.addresses {
		host, _, _ := net.SplitHostPort(address) // made by JoinHostPort
		if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() {
			return true
		}
	}
	return false
}

// apiKey sends the key with every call.
type apiKey string

// GetRequestMetadata implements [credentials.PerRPCCredentials].
func (k apiKey) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"api-key": string(k)}, nil
}

// RequireTransportSecurity implements [credentials.PerRPCCredentials]. A server
// on the same machine or behind a mesh's own TLS has none; Open warns.
func (k apiKey) RequireTransportSecurity() bool { return false }
