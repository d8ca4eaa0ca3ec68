// Who is calling: the tenant and role of a request, and the credential that
// its upstream call may spend.

package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/maypok86/otter/v2"
)

// caller is who sent a request.
type caller struct {
	tenant string
	role   Role
	keyID  string // "" without configured keys
	tier   Tier

	// own is the caller's credential for the provider; "" if there was none.
	own credential
}

// credential is a provider's key as its caller sent it.
type credential struct {
	header string // canonical name of the header it came in
	value  string // of that header
	secret string // value without its scheme
}

// credentialHeaders are where callers put a key, in order of precedence. Only
// the first that holds a provider's key is used.
var credentialHeaders = [...]string{"Authorization", "Api-Key", "X-Api-Key"}

// identity turns credentials into callers.
type identity struct {
	keys   map[[sha256.Size]byte]Key // nil: none are configured
	secret []byte
	tier   Tier                         // of callers without configured keys
	memo   *otter.Cache[string, string] // credential -> tenant
}

const (
	memoCredentials = 4096 // tenants remembered
	memoLength      = 512  // bytes of the longest credential remembered
)

func newIdentity(keys []Key, secret []byte, tier Tier) (*identity, error) {
	memo, err := otter.New(&otter.Options[string, string]{MaximumSize: memoCredentials})
	if err != nil {
		return nil, err
	}
	id := &identity{secret: secret, tier: tier, memo: memo}
	if len(keys) == 0 {
		return id, nil
	}
	id.keys = make(map[[sha256.Size]byte]Key, len(keys))
	for _, key := range keys {
		id.keys[key.Hash] = key
	}
	return id, nil
}

// of identifies the sender of a request with these headers.
func (id *identity) of(h http.Header) (caller, error) {
	askonce, own := credentials(h)
	if id.keys == nil {
		if askonce != "" {
			return caller{}, errNoKeysConfigured
		}
		return caller{tenant: id.tenant(own.secret), role: RoleAdmin, tier: id.tier, own: own}, nil
	}
	if askonce == "" {
		return caller{}, errKeyMissing
	}
	key, ok := id.keys[sha256.Sum256([]byte(askonce))]
	if !ok {
		return caller{}, errKeyUnknown
	}
	return caller{tenant: key.Tenant, role: key.Role, keyID: key.ID, tier: key.Tier, own: own}, nil
}

// credentials finds the askonce key and the provider's key among the headers.
// Askonce-Key is one whatever it looks like, so that a mistyped one is refused
// and never sent on.
func credentials(h http.Header) (askonce string, own credential) {
	if values := h["Askonce-Key"]; len(values) > 0 {
		askonce = values[0]
	}
	for _, header := range credentialHeaders {
		values := h[header]
		if len(values) == 0 || values[0] == "" {
			continue
		}
		secret := values[0]
		if header == "Authorization" {
			secret = withoutBearer(secret)
		}
		switch {
		case strings.HasPrefix(secret, KeyPrefix):
			if askonce == "" {
				askonce = secret
			}
		case own.secret == "":
			own = credential{header: header, value: values[0], secret: secret}
		}
	}
	return askonce, own
}

// withoutBearer cuts the scheme of a bearer token off (RFC 6750, 2.1; schemes
// have no case). Credentials of other schemes stay whole.
func withoutBearer(value string) string {
	const scheme = "bearer "
	if len(value) > len(scheme) && strings.EqualFold(value[:len(scheme)], scheme) {
		return strings.TrimLeft(value[len(scheme):], " ")
	}
	return value
}

// tenant is the owner of what is asked with a credential: its HMAC, so that
// nothing that is stored or logged gives the credential away.
func (id *identity) tenant(secret string) string {
	if tenant, ok := id.memo.GetIfPresent(secret); ok {
		return tenant
	}
	mac := hmac.New(sha256.New, id.secret)
	mac.Write([]byte(secret))
	tenant := "c_" + hex.EncodeToString(mac.Sum(nil))[:32]
	if len(secret) <= memoLength {
		id.memo.Set(strings.Clone(secret), tenant)
	}
	return tenant
}

// spending decides whose credential an upstream call of c spends. allowed says
// that the service's own may be spent on the call's path.
//
// With configured keys, a caller who sends a provider's key as well means it
// to be used. Without, the service's key goes first: the SDKs do not start
// without some key, so that most of those who rely on the service's send one
// that is none.
func (s *Server) spending(c *caller, allowed bool) (credential, error) {
	service := allowed && s.opts.UpstreamKey
	switch {
	case service && (len(s.opts.Keys) == 0 || c.own.secret == ""):
		return credential{}, nil
	case c.own.secret != "":
		return c.own, nil
	case allowed:
		return credential{}, nil // a provider that needs no key, such as a local one
	case s.opts.UpstreamKey:
		return credential{}, errServiceKeyNotSpent
	}
	return credential{}, errOwnKeyMissing
}
