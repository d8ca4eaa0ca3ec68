// A Cluster of three.

package redistest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// slots is how many hash slots a Cluster has.
const slots = 16384

// Cluster is three primaries that share the slots, and perhaps replicas.
type Cluster struct {
	Primaries []*Server
	Replicas  []*Server // of the first primary
}

// StartCluster runs a Cluster of three primaries until the test ends, with
// that many replicas of the first one.
func StartCluster(tb testing.TB, replicas int) *Cluster {
	tb.Helper()
	c := &Cluster{}
	node := func() *Server {
		return Start(tb, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
			"--cluster-port", strconv.Itoa(FreePort(tb)), "--cluster-node-timeout", "5000")
	}
	for range 3 {
		c.Primaries = append(c.Primaries, node())
	}
	for range replicas {
		c.Replicas = append(c.Replicas, node())
	}
	first := c.Primaries[0]
	for i, s := range c.Primaries {
		s.Do(tb, "cluster", "addslotsrange", i*slots/3, (i+1)*slots/3-1)
		s.Do(tb, "cluster", "set-config-epoch", i+1)
	}
	for _, s := range c.All()[1:] {
		s.Do(tb, "cluster", "meet", "127.0.0.1", first.Port, first.setting("--cluster-port"))
	}
	c.waitFor(tb, len(c.All()))
	id := first.Do(tb, "cluster", "myid")
	for _, s := range c.Replicas {
		s.Do(tb, "cluster", "replicate", id)
		Eventually(tb, "the replica follows", func() bool {
			return strings.Contains(s.Do(tb, "info", "replication").(string), "master_link_status:up")
		})
	}
	return c
}

// waitFor returns when every node knows that many and finds all slots served.
func (c *Cluster) waitFor(tb testing.TB, nodes int) {
	tb.Helper()
	for _, s := range c.All() {
		Eventually(tb, "the cluster is complete", func() bool {
			state := s.Do(tb, "cluster", "info").(string)
			return strings.Contains(state, "cluster_state:ok") &&
				strings.Contains(state, fmt.Sprintf("cluster_known_nodes:%d\r", nodes))
		})
	}
}

// All returns all nodes, primaries first.
func (c *Cluster) All() []*Server {
	return append(append([]*Server{}, c.Primaries...), c.Replicas...)
}

// URL returns the addresses of all nodes as a URL.
func (c *Cluster) URL() string {
	var addrs []string
	for _, s := range c.All() {
		addrs = append(addrs, s.Addr())
	}
	return "redis-cluster://" + strings.Join(addrs, ",")
}
