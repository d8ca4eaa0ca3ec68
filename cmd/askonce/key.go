// `askonce key new`: keys for callers.

package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/askonce/askonce/api"
)

// KeyCmd groups what can be done with keys.
type KeyCmd struct {
	New KeyNewCmd `cmd:"" help:"Make a key. It is printed once; the configuration keeps only its hash."`
}

// KeyNewCmd makes a key.
type KeyNewCmd struct {
	Tenant string `help:"Whose entries the key opens. Keys of one tenant share their answers." required:"" placeholder:"NAME"`
	Role   string `help:"What the key may do: read (look up), write (ask and store), admin (invalidate, metrics)." enum:"read,write,admin" default:"write"`
	ID     string `help:"Name of the key in logs. Default: the tenant and a few digits." placeholder:"NAME"`
	JSON   bool   `help:"Print one JSON object." name:"json"`
}

// Help is shown below the flags.
func (KeyNewCmd) Help() string {
	return `Examples:
  askonce key new --tenant support
  askonce key new --tenant support --role admin --id support-ops --json`
}

// newKey is a key just made; Key is never seen again.
type newKey struct {
	Key    string `json:"key"`
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
	Role   string `json:"role"`
	Hash   string `json:"hash"`
}

// makeKey draws 256 random bits. A key of so many needs no slow or peppered
// hash: docs/decisions/0003-keys-are-hashed-without-pepper.md.
func makeKey(id, tenant, role string) newKey {
	random := make([]byte, 32)
	rand.Read(random)
	text := api.KeyPrefix + base64.RawURLEncoding.EncodeToString(random)
	sum := sha256.Sum256([]byte(text))
	hash := hex.EncodeToString(sum[:])
	if id == "" {
		id = tenant + "-" + hash[:6]
	}
	return newKey{Key: text, ID: id, Tenant: tenant, Role: role, Hash: hashPrefix + hash}
}

// Run makes a key and prints it.
func (c KeyNewCmd) Run(p *process) error {
	if err := checkName(c.Tenant); err != nil {
		return fmt.Errorf("--tenant: %w", err)
	}
	if err := checkName(c.ID); c.ID != "" && err != nil {
		return fmt.Errorf("--id: %w", err)
	}
	key := makeKey(c.ID, c.Tenant, c.Role)
	if c.JSON {
		return json.NewEncoder(p.Stdout).Encode(key)
	}
	_, err := fmt.Fprintf(p.Stdout, `Give this key to the caller now; it is not kept anywhere:

  %s

Add this to the configuration file, and restart:

keys:
  - id: %s
    tenant: %s
    role: %s
    hash: %s
`, key.Key, key.ID, key.Tenant, key.Role, key.Hash)
	return err
}
