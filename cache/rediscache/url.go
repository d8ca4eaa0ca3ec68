// The forms of Options.URL.

package rediscache

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// mode is the kind of set-up that a URL names.
type mode int

const (
	modeSingle mode = iota
	modeSentinel
	modeCluster
)

// target is what a URL names.
type target struct {
	mode     mode
	network  string   // "tcp" or "unix"
	addrs    []string // of the server, the Sentinels, or some nodes of the Cluster
	master   string   // its name among the Sentinels
	username string
	password string
	db       int
	tls      *tls.Config
}

// scheme is what the part of a URL before "://" means.
type scheme struct {
	mode    mode
	network string
	secure  bool
	port    string // where a host gives none
}

func schemeOf(name string) (scheme, bool) {
	plain := strings.TrimPrefix(name, "rediss")
	secure := plain != name
	if !secure {
		plain = strings.TrimPrefix(name, "redis")
	}
	switch {
	case name == "unix":
		return scheme{mode: modeSingle, network: "unix"}, true
	case plain == name:
		return scheme{}, false
	case plain == "":
		return scheme{mode: modeSingle, network: "tcp", secure: secure, port: "6379"}, true
	case plain == "-sentinel":
		return scheme{mode: modeSentinel, network: "tcp", secure: secure, port: "26379"}, true
	case plain == "-cluster":
		return scheme{mode: modeCluster, network: "tcp", secure: secure, port: "6379"}, true
	}
	return scheme{}, false
}

const urlForms = "give redis://host:6379, rediss://host:6379, unix:///path, redis-sentinel://host:26379,host:26379/master-name or redis-cluster://host:6379,host:6379"

// parseURL reads a URL and reports all that is wrong with it. No problem
// quotes it: it may hold a password.
func parseURL(s string) (to target, problems []error) {
	if s == "" {
		return target{}, []error{errors.New("URL is empty: " + urlForms)}
	}
	name, rest, _ := strings.Cut(s, "://")
	kind, ok := schemeOf(name)
	if !ok {
		return target{}, []error{errors.New("URL has an unknown scheme: " + urlForms)}
	}
	// Several hosts are not a URL to net/url: they are taken out before.
	authority, path := rest, ""
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		authority, path = rest[:at], rest[at:]
	}
	user, hosts := "", authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, hosts = authority[:at+1], authority[at+1:]
	}
	u, err := url.Parse(name + "://" + user + "host" + path)
	if err != nil {
		return target{}, []error{errors.New("URL can't be read: percent-encode special characters in user and password")}
	}
	to = target{mode: kind.mode, network: kind.network, username: u.User.Username()}
	to.password, _ = u.User.Password()
	if kind.secure {
		to.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	problems = append(problems, to.setHosts(kind, hosts, u.Path)...)
	return to, append(problems, to.setPlace(u)...)
}

// setHosts reads the comma-separated addresses.
func (to *target) setHosts(kind scheme, hosts, path string) (problems []error) {
	if kind.network == "unix" {
		if hosts != "" || path == "" || path == "/" {
			return []error{errors.New("URL names no socket: give unix:///path/of/the/socket")}
		}
		to.addrs = []string{path}
		return nil
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if host == "" {
			problems = append(problems, errors.New("URL names no host: "+urlForms))
			continue
		}
		addr, err := withPort(host, kind.port)
		if err != nil {
			problems = append(problems, fmt.Errorf("URL has the host %q: give host:port, an IPv6 address in brackets", host))
		}
		to.addrs = append(to.addrs, addr)
	}
	if kind.mode == modeSingle && len(to.addrs) > 1 {
		problems = append(problems, errors.New("URL names several hosts: begin it with redis-cluster:// or redis-sentinel://"))
	}
	return problems
}

// withPort completes an address.
func withPort(host, port string) (string, error) {
	if !strings.Contains(host, ":") || strings.HasSuffix(host, "]") {
		host = net.JoinHostPort(strings.Trim(host, "[]"), port)
	}
	_, given, err := net.SplitHostPort(host)
	if err != nil {
		return "", err
	}
	if n, err := strconv.ParseUint(given, 10, 16); err != nil || n == 0 {
		return "", errors.New("not a port")
	}
	return host, nil
}

// setPlace reads what stands behind the hosts: database and master name.
func (to *target) setPlace(u *url.URL) (problems []error) {
	db := u.Query().Get("db")
	path := strings.Trim(u.Path, "/")
	switch {
	case to.network == "unix":
	case to.mode == modeSingle && path != "":
		if db != "" {
			problems = append(problems, errors.New("URL gives the database twice: leave out db"))
		}
		db = path
	case to.mode == modeSentinel:
		if to.master = path; path == "" || strings.Contains(path, "/") {
			problems = append(problems, errors.New("URL names no master: give redis-sentinel://host:26379,host:26379/master-name"))
		}
	case to.mode == modeCluster && (path != "" || db != ""):
		problems = append(problems, errors.New("URL names a database: a Cluster has only database 0, leave it out"))
		return problems
	}
	if db != "" {
		n, err := strconv.Atoi(db)
		if err != nil || n < 0 {
			problems = append(problems, fmt.Errorf("URL names the database %q: give a number from 0", db))
		}
		to.db = n
	}
	for name := range u.Query() {
		if name != "db" {
			problems = append(problems, fmt.Errorf("URL has the setting %q: only db is known", name))
		}
	}
	return problems
}
