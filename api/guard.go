// What keeps browsers' tricks off a loopback listener: pages of other sites,
// and names that are rebound to 127.0.0.1.

package api

import (
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

var (
	errForeignHost = &fault{
		status: http.StatusForbidden, code: "foreign_host", param: "Host",
		message: "Host: this service listens for its own machine and answers to localhost, 127.0.0.1 and [::1] only. Listen elsewhere (--listen) and configure keys to be reached by another name.",
	}
	errForeignSite = &fault{
		status: http.StatusForbidden, code: "foreign_site", param: "Origin",
		message: "Origin: requests that a page of another site makes are refused.",
	}
	errNotJSON = &fault{
		status: http.StatusUnsupportedMediaType, code: "not_json", param: "Content-Type",
		message: "Content-Type: send the body as application/json.",
	}
)

// checkOrigin refuses requests to a foreign host name or from a foreign page.
func checkOrigin(r *http.Request) error {
	if !loopbackHost(r.Host) {
		return errForeignHost
	}
	if site := r.Header["Sec-Fetch-Site"]; len(site) > 0 && site[0] == "cross-site" {
		return errForeignSite
	}
	if origin := r.Header["Origin"]; len(origin) > 0 && !sameHost(origin[0], r.Host) {
		return errForeignSite
	}
	return nil
}

// checkJSON refuses bodies of another type: a page may send a form to any
// site, but not application/json without asking first.
func checkJSON(r *http.Request) error {
	values := r.Header["Content-Type"]
	if len(values) == 0 {
		return errNotJSON
	}
	if values[0] == "application/json" {
		return nil
	}
	if media, _, err := mime.ParseMediaType(values[0]); err != nil || media != "application/json" {
		return errNotJSON
	}
	return nil
}

// loopbackHost reports whether a Host header names this machine, with or
// without a port.
func loopbackHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	bracketed := strings.HasPrefix(host, "[")
	switch {
	case err == nil:
	case bracketed && strings.HasSuffix(host, "]"):
		name = host[1 : len(host)-1]
	default:
		name = host
	}
	if strings.EqualFold(name, "localhost") {
		return !bracketed
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Zone() == "" && !(bracketed && addr.Is4()) && addr.Unmap().IsLoopback()
}

// sameHost reports whether a page's origin is this very host and port.
func sameHost(origin, host string) bool {
	for _, scheme := range [...]string{"http://", "https://"} {
		if rest, ok := strings.CutPrefix(origin, scheme); ok {
			return strings.EqualFold(rest, host)
		}
	}
	return false
}
