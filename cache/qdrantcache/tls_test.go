package qdrantcache_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/askonce/askonce/cache/qdrantcache"
)

// tlsFront ends TLS in front of a server and returns its URL and authorities.
func tlsFront(t *testing.T, to string) (string, *x509.CertPool) {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	var copying sync.WaitGroup
	t.Cleanup(func() { l.Close(); copying.Wait() })
	copying.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			copying.Go(func() { io.Copy(out, in); out.Close() })
			copying.Go(func() { io.Copy(in, out); in.Close() })
		}
	})
	authorities := x509.NewCertPool()
	authorities.AddCert(certified.Certificate())
	return "https://" + l.Addr().String(), authorities
}

func TestTLS(t *testing.T) {
	o := options(t)
	var authorities *x509.CertPool
	o.URL, authorities = tlsFront(t, o.URL)
	untrusting := open(t, o)
	if _, err := search(untrusting); !errors.Is(err, qdrantcache.ErrUnavailable) {
		t.Errorf("with a certificate of an unknown authority: %v, want ErrUnavailable", err)
	}
	o.TLS = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}
	x := open(t, o)
	upsert(t, x, point(1, 1, 0, 0))
	wantFound(t, x, 1)
}
