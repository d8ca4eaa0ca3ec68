// What is wrong with the configured keys, and how their hashes are written.

package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

func (c *checker) checkKeys() {
	ids, hashes := make(map[string]int), make(map[string]int)
	for i, key := range c.Keys {
		at := func(name string) string { return fmt.Sprintf("keys[%d].%s", i, name) }
		c.check(at("id"), checkName(key.ID))
		c.check(at("tenant"), checkName(key.Tenant))
		c.oneOf(at("role"), key.Role, roles...)
		if _, err := parseHash(key.Hash); err != nil {
			c.add(at("hash"), "%s", err)
		}
		if first, twice := ids[key.ID]; twice && key.ID != "" {
			c.add(at("id"), "%q is the id of keys[%d] too; each key needs its own", key.ID, first)
		}
		if first, twice := hashes[key.Hash]; twice && key.Hash != "" {
			c.add(at("hash"), "is that of keys[%d] too; remove one of them", first)
		}
		ids[key.ID], hashes[key.Hash] = i, i
	}
}

var roles = []string{"read", "write", "admin"}

// checkName checks the name of a key or a tenant.
func checkName(name string) error {
	const allowed = "letters, digits and . _ - @, at most 128"
	switch {
	case name == "":
		return errors.New("is empty; " + allowed)
	case len(name) > 128:
		return fmt.Errorf("is %d characters long; %s", len(name), allowed)
	case strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-@", r))
	}):
		return fmt.Errorf("%q holds another character than %s", name, allowed)
	}
	return nil
}

const hashPrefix = "sha256:"

func parseHash(text string) (hash [32]byte, err error) {
	digits, ok := strings.CutPrefix(text, hashPrefix)
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(hash) {
		return hash, errors.New("is not sha256: and 64 hexadecimal digits; `askonce key new` prints the line to paste")
	}
	return [32]byte(raw), nil
}
