package main

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestSecretIsMadeOnce lets many begin at once: all get the same.
func TestSecretIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	secrets := make([][]byte, 16)
	var all sync.WaitGroup
	for i := range secrets {
		all.Go(func() {
			secret, err := openSecret(dir)
			if err != nil {
				t.Error(err)
			}
			secrets[i] = secret
		})
	}
	all.Wait()
	for _, secret := range secrets {
		if len(secret) != secretSize || !bytes.Equal(secret, secrets[0]) {
			t.Errorf("%x and %x", secret, secrets[0])
		}
	}
	stat, err := os.Stat(filepath.Join(dir, secretFile))
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", stat.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".secret-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
