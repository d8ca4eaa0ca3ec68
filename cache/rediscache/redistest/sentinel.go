// A primary and a replica under three Sentinels.

package redistest

import (
	"fmt"
	"strings"
	"testing"
)

// masterName is what the Sentinels call the primary.
const masterName = "main"

// Sentinel is a primary, its replica, and three Sentinels that watch them.
type Sentinel struct {
	Primary   *Server
	Replica   *Server
	Sentinels []*Server
}

// StartSentinel runs the five until the test ends.
func StartSentinel(tb testing.TB) *Sentinel {
	tb.Helper()
	s := &Sentinel{Primary: Start(tb)}
	s.Replica = StartReplica(tb, s.Primary)
	for range 3 {
		config := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]d 2\n"+
			"sentinel down-after-milliseconds %[1]s 1000\n"+
			"sentinel failover-timeout %[1]s 6000\n", masterName, s.Primary.Port)
		s.Sentinels = append(s.Sentinels, start(tb, config, "--sentinel"))
	}
	for _, sentinel := range s.Sentinels {
		Eventually(tb, "the Sentinels know each other and the replica", func() bool {
			state := sentinel.Do(tb, "info", "sentinel").(string)
			return strings.Contains(state, "slaves=1,sentinels=3")
		})
	}
	return s
}

// StartReplica runs a replica of a server and waits until it follows.
func StartReplica(tb testing.TB, of *Server) *Server {
	tb.Helper()
	s := Start(tb, "--replicaof", fmt.Sprintf("127.0.0.1 %d", of.Port))
	Eventually(tb, "the replica follows", func() bool {
		return strings.Contains(s.Do(tb, "info", "replication").(string), "master_link_status:up")
	})
	return s
}

// URL returns the Sentinels' addresses as a URL.
func (s *Sentinel) URL() string {
	var addrs []string
	for _, sentinel := range s.Sentinels {
		addrs = append(addrs, sentinel.Addr())
	}
	return "redis-sentinel://" + strings.Join(addrs, ",") + "/" + masterName
}
