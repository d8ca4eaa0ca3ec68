// The secret that tenants are made with: drawn once, kept in the data folder.

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	secretFile = "secret"
	secretSize = 32
)

// openSecret returns the folder's secret and draws it if there is none yet.
// A secret of the wrong size is refused instead of replaced: with a new one
// nobody would find his entries again.
func openSecret(dir string) ([]byte, error) {
	path := filepath.Join(dir, secretFile)
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := drawSecret(dir, path); err != nil {
			return nil, fmt.Errorf("data: a secret cannot be kept in %s: %s", dir, reason(err))
		}
		secret, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("data: %s cannot be read: %s", path, reason(err))
	}
	if len(secret) != secretSize {
		return nil, fmt.Errorf("data: %s has %d bytes instead of %d; restore it from a backup, "+
			"or delete it to start anew, in which case callers no longer find their entries", path, len(secret), secretSize)
	}
	return secret, nil
}

// drawSecret makes the file whole or not at all, and never replaces one that
// another process made in the meantime.
func drawSecret(dir, path string) error {
	f, err := os.CreateTemp(dir, ".secret-") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	random := make([]byte, secretSize)
	rand.Read(random)
	_, err = f.Write(random)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes a new name in a folder survive a power cut.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
