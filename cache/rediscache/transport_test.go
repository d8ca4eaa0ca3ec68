package rediscache_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	certificate, key, roots := selfSigned(t)
	at := redistest.FreePort(t)
	redistest.Start(t, "--tls-port", port(at), "--tls-cert-file", certificate, "--tls-key-file", key,
		"--tls-ca-cert-file", certificate, "--tls-auth-clients", "no")
	url := "rediss://127.0.0.1:" + port(at)

	s := open(t, rediscache.Options{URL: url, TLS: &tls.Config{RootCAs: roots}})
	put(t, s, record(1))
	if _, err := s.Get(context.Background(), cachetest.Key(1)); err != nil {
		t.Errorf("Get: %v", err)
	}
	seen, other := follow(t, s), open(t, rediscache.Options{URL: url, TLS: &tls.Config{RootCAs: roots}})
	remove(t, other, cachetest.Key(1))
	within(t, aSecond, "the deletion is heard", func() bool { return seen.has(cachetest.Key(1)) })

	wantFaults(t, open(t, rediscache.Options{URL: url}), nil) // nobody vouches for the certificate
}

func TestUnixSocketAndDatabase(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("", "redis") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket := filepath.Join(folder, "s")
	server := redistest.Start(t, "--unixsocket", socket)
	s := open(t, rediscache.Options{URL: "unix://" + socket + "?db=3"})
	put(t, s, record(1))
	same := open(t, rediscache.Options{URL: server.URL() + "/3"})
	if _, err := same.Get(context.Background(), cachetest.Key(1)); err != nil {
		t.Errorf("Get from the same database: %v", err)
	}
	if n := server.Do(t, "dbsize"); n != int64(0) {
		t.Errorf("database 0 has %v keys, want none", n)
	}
}

// The rights that the package's documentation names are enough.
func TestAUserWithFewRights(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Do(t, "acl", "setuser", "askonce", "on", ">pass:word", "resetchannels", "~askonce:*", "&askonce:*",
		"+@read", "+@write", "+@connection", "+@pubsub", "+@scripting", "+time", "-@dangerous")
	s := open(t, rediscache.Options{URL: "redis://askonce:pass%3Aword@" + server.Addr(), SweepEvery: 20 * time.Millisecond})
	seen := follow(t, s)
	soon := record(77)
	soon.Meta.Expires = time.Now().Add(50 * time.Millisecond)
	put(t, s, record(1), soon)
	wantRecovery(t, s)
	redistest.Eventually(t, "sweeping works", func() bool { return members(t, server) == 8 }) // records 1 and 2
	other := open(t, rediscache.Options{URL: server.URL()})
	remove(t, other, cachetest.Key(1))
	within(t, aSecond, "deletions are heard", func() bool { return seen.has(cachetest.Key(1)) })

	stranger := open(t, rediscache.Options{URL: "redis://askonce:pass%3Aword@" + server.Addr(), Prefix: "elsewhere"})
	for name, f := range calls(stranger) {
		if _, err := call(f); !errors.Is(err, rediscache.ErrRefused) {
			t.Errorf("%s without the right: %v, want ErrRefused", name, err)
		}
	}
}

// selfSigned writes a certificate for the loopback and its key.
func selfSigned(t *testing.T) (certificateFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificatePEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	folder := t.TempDir()
	certificateFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, content := range map[string][]byte{
		certificateFile: certificatePEM,
		keyFile:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certificatePEM)
	return certificateFile, keyFile, roots
}
