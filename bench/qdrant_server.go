// The Qdrant that is measured: the full server that QDRANT_ADDR names, or the
// peer of the tests.

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/askonce/askonce/cache/qdrantcache/peer"
)

const (
	envQdrant    = "QDRANT_ADDR" // host:port of the gRPC service
	envQdrantKey = "QDRANT_API_KEY"
	envPython    = "QDRANT_PEER_PYTHON"
)

// qdrantServer is a server and a plain client of it.
type qdrantServer struct {
	addr, key  string
	collection string // begins the names of the bench's collections
	version    string
	peer       *peer.Peer
	conn       *grpc.ClientConn
}

// startQdrant returns nil with the reason where there is none.
func startQdrant(ctx context.Context) (q *qdrantServer, why string, err error) {
	q = &qdrantServer{addr: os.Getenv(envQdrant), collection: "bench-" + rand.Text()}
	if q.addr != "" {
		q.key = os.Getenv(envQdrantKey)
	} else if q.peer, err = startPeer(); err != nil {
		return nil, "needs " + envQdrant + " or the test peer: " + err.Error(), nil
	} else {
		q.addr = q.peer.Addr()
	}
	q.conn, err = grpc.NewClient(q.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	var health *qdrant.HealthCheckReply
	if err == nil {
		health, err = qdrant.NewQdrantClient(q.conn).HealthCheck(q.with(ctx), &qdrant.HealthCheckRequest{})
	}
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("server at %s: %w", q.addr, err), q.disconnect())
	}
	q.version = health.GetVersion()
	return q, "", nil
}

// startPeer uses the Python environment that `make prepare` puts into the
// module above, unless another is named.
func startPeer() (*peer.Peer, error) {
	if os.Getenv(envPython) == "" {
		python, err := filepath.Abs(filepath.Join("..", ".venv", "bin", "python"))
		if err == nil {
			err = os.Setenv(envPython, python)
		}
		if err != nil {
			return nil, err
		}
	}
	return peer.Start(peer.Options{})
}

// full tells a server from the peer.
func (q *qdrantServer) full() bool { return q.peer == nil }

// describe is what the figures are of.
func (q *qdrantServer) describe() string {
	if q.full() {
		return "a full server of version " + q.version + " at " + q.addr
	}
	return "the peer of the tests, whose engine is Qdrant's and whose server is Python: slow; only differences count"
}

// config is that of a service that keeps its vectors there.
func (q *qdrantServer) config() string {
	return fmt.Sprintf("qdrant: {url: %q, api_key: %q, collection: %q}\n", q.addr, q.key, q.collection)
}

// with adds the key to a call.
func (q *qdrantServer) with(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "api-key", q.key)
}

// alias finds the collection that a service made, by its alias.
func (q *qdrantServer) alias(ctx context.Context) (alias, collection string, err error) {
	reply, err := qdrant.NewCollectionsClient(q.conn).ListAliases(q.with(ctx), &qdrant.ListAliasesRequest{})
	if err != nil {
		return "", "", fmt.Errorf("qdrant: %w", err)
	}
	for _, a := range reply.GetAliases() {
		if strings.HasPrefix(a.GetAliasName(), q.collection) {
			return a.GetAliasName(), a.GetCollectionName(), nil
		}
	}
	return "", "", nil
}

// close removes what was stored, and ends the peer. A nil server is closed.
func (q *qdrantServer) close(ctx context.Context) error {
	switch {
	case q == nil:
		return nil
	case q.full():
		return errors.Join(q.remove(context.WithoutCancel(ctx)), q.disconnect())
	}
	return q.disconnect()
}

// disconnect also ends the peer, and what it holds.
func (q *qdrantServer) disconnect() error {
	var problems []error
	if q.conn != nil {
		problems = append(problems, q.conn.Close())
	}
	if q.peer != nil {
		problems = append(problems, q.peer.Close())
	}
	return errors.Join(problems...)
}

func (q *qdrantServer) remove(ctx context.Context) error {
	alias, collection, err := q.alias(ctx)
	if err != nil || alias == "" {
		return err
	}
	client := qdrant.NewCollectionsClient(q.conn)
	_, err = client.UpdateAliases(q.with(ctx), &qdrant.ChangeAliases{Actions: []*qdrant.AliasOperations{qdrant.NewAliasDelete(alias)}})
	if err == nil {
		_, err = client.Delete(q.with(ctx), &qdrant.DeleteCollection{CollectionName: collection})
	}
	return err
}
