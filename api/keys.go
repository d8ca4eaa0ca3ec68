// Configured askonce keys and the roles they give.

package api

import (
	"crypto/sha256"
	"fmt"
)

// KeyPrefix begins every askonce key; no provider's key begins like this.
const KeyPrefix = "ask_"

// Role says what a key may do; each role may do all that those before it may.
type Role string

// The roles.
const (
	RoleRead  Role = "read"  // look answers up, read entries, list models
	RoleWrite Role = "write" // ask the provider, store answers, give feedback
	RoleAdmin Role = "admin" // delete and invalidate, tune, read metrics
)

// Key is a configured askonce key.
type Key struct {
	ID     string // for logs; no secret
	Tenant string // whose entries it opens
	Role   Role
	Hash   [sha256.Size]byte // SHA-256 of the key's text
	Tier   Tier
}

// rank orders the roles; 0 is none.
func (r Role) rank() int {
	switch r {
	case RoleRead:
		return 1
	case RoleWrite:
		return 2
	case RoleAdmin:
		return 3
	}
	return 0
}

// includes reports whether r may do what needs role other.
func (r Role) includes(other Role) bool { return r.rank() >= other.rank() }

func checkKeys(keys []Key) []error {
	var problems []error
	seen := make(map[[sha256.Size]byte]string, len(keys))
	for i, key := range keys {
		if key.Tenant == "" {
			problems = append(problems, fmt.Errorf("api: Keys[%d] (%s): a tenant is required", i, key.ID))
		}
		if key.Role.rank() == 0 {
			problems = append(problems, fmt.Errorf("api: Keys[%d] (%s): the role %q is none of read, write, admin", i, key.ID, key.Role))
		}
		if key.Hash == ([sha256.Size]byte{}) {
			problems = append(problems, fmt.Errorf("api: Keys[%d] (%s): the hash is empty", i, key.ID))
		}
		if other, twice := seen[key.Hash]; twice {
			problems = append(problems, fmt.Errorf("api: Keys[%d] (%s): the same key as %s", i, key.ID, other))
		}
		seen[key.Hash] = key.ID
	}
	return problems
}
