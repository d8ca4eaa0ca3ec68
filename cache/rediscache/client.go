// The go-redis client, and the check of each new connection.

package rediscache

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// retries after a broken connection: one, on a fresh connection.
	retries         = 1
	minRetryBackoff = time.Millisecond
	maxRetryBackoff = 8 * time.Millisecond

	// maxRedirects bounds how often a Cluster command follows its slot.
	maxRedirects = 3

	// clusterReload is how old the map of slots may get. A node that died
	// does not answer with a redirect, so this bounds how long its successor
	// goes unnoticed.
	clusterReload = time.Second

	// minMajor and minMinor are the oldest server: PXAT and LT came with it.
	minMajor, minMinor = 6, 2
)

func newClient(to target, o Options) redis.UniversalClient {
	common := &redis.UniversalOptions{
		Addrs: to.addrs, DB: to.db, TLSConfig: to.tls,
		Username: to.username, Password: to.password,
		MasterName: to.master, SentinelUsername: o.SentinelUsername, SentinelPassword: o.SentinelPassword,

		Protocol: 2, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		OnConnect:                func(ctx context.Context, conn *redis.Conn) error { return checkServer(ctx, conn, to.mode) },

		PoolSize: o.PoolSize, PipelinePoolSize: -1, PoolTimeout: o.ReadTimeout,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		DialerRetries: 1, ContextTimeoutEnabled: true,
		MaxRetries: retries, MinRetryBackoff: minRetryBackoff, MaxRetryBackoff: maxRetryBackoff,
	}
	switch to.mode {
	case modeCluster:
		cluster := common.Cluster()
		cluster.MaxRetries = -1 // the redirects below are the retries
		cluster.MaxRedirects = maxRedirects
		cluster.DisableRoutingPolicies = true
		cluster.ClusterStateReloadInterval = clusterReload
		return redis.NewClusterClient(cluster)
	case modeSentinel:
		return redis.NewFailoverClient(common.Failover())
	}
	single := common.Simple()
	single.Network = to.network
	return redis.NewClient(single)
}

// checkServer runs on every new connection, so that a failover or a restart
// can't bring in a server that won't do. HELLO needs no permission that AUTH
// does not bring.
func checkServer(ctx context.Context, conn *redis.Conn, want mode) error {
	about, err := conn.Hello(ctx, 2, "", "", "").Result()
	if redis.HasErrorPrefix(err, "unknown command") {
		return fmt.Errorf("%w: it is older than Redis %d.%d: upgrade it", ErrWrongServer, minMajor, minMinor)
	}
	if err != nil {
		return err
	}
	version, _ := about["version"].(string)
	found, _ := about["mode"].(string)
	role, _ := about["role"].(string)
	return judgeServer(want, version, found, role)
}

// judgeServer decides by what a server says of itself.
func judgeServer(want mode, version, found, role string) error {
	var major, minor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n == 2 &&
		(major < minMajor || major == minMajor && minor < minMinor) {
		return fmt.Errorf("%w: it is Redis %s: upgrade to %d.%d or newer", ErrWrongServer, version, minMajor, minMinor)
	}
	switch {
	case found == "sentinel" && want != modeSentinel:
		return fmt.Errorf("%w: it is a Sentinel: give redis-sentinel://host:26379/master-name", ErrWrongServer)
	case found == "cluster" && want != modeCluster:
		return fmt.Errorf("%w: it is a node of a Cluster: give redis-cluster://host:6379", ErrWrongServer)
	case found == "standalone" && want == modeCluster:
		return fmt.Errorf("%w: it is not in a Cluster: give redis://host:6379", ErrWrongServer)
	case role == "replica" && want != modeCluster: // in a Cluster slots decide
		return ErrReadOnly
	}
	return nil
}
