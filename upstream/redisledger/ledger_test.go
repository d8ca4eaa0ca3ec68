// The ledger on a real server: the contract, replicas, and trouble.

package redisledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache/rediscache/redistest"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
	"github.com/askonce/askonce/upstream/pace/pacetest"
	"github.com/askonce/askonce/upstream/redisledger"
)

// patient is a timeout that a loaded machine keeps.
const patient = 10 * time.Second

func TestLedger(t *testing.T) {
	server := redistest.Start(t)
	suite(t, func(*testing.T) redis.UniversalClient { return server.Client() })
}

func TestLedgerInACluster(t *testing.T) {
	cluster := redistest.StartCluster(t, 0)
	suite(t, func(t *testing.T) redis.UniversalClient {
		c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{cluster.Primaries[0].Addr()}, Protocol: 2, DisableIdentity: true})
		t.Cleanup(func() { c.Close() })
		return c
	})
}

// suite runs the contract, each test of it under a prefix of its own.
func suite(t *testing.T, client func(*testing.T) redis.UniversalClient) {
	n := 0
	pacetest.Ledger(t, func(t *testing.T, rules pace.Rules) pace.Ledger {
		n++
		return open(t, nil, redisledger.Options{Client: client(t), Prefix: fmt.Sprint("test", n), Rules: rules, Timeout: patient})
	})
}

func open(t *testing.T, server *redistest.Server, opts redisledger.Options) *redisledger.Ledger {
	t.Helper()
	if opts.Client == nil {
		opts.Client = server.Client()
	}
	l, err := redisledger.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func perMinute(n int64) pace.Rules {
	return func(string) ([]limit.Axis, bool) {
		return []limit.Axis{{Name: "tokens", Unit: limit.TotalTokens, Rule: limit.Rule{Counting: limit.SlidingWindow, Limit: n}}}, true
	}
}
