// Names of keys, channels and index sets.

package rediscache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/askonce/askonce/cache"
)

// names makes keys and channels from the prefix.
type names struct {
	entry      string // before an entry's id
	lease      string // before an entry's id
	index      string // before a tenant's tag
	due        string
	generation string
	secret     string
	sweeper    string
	ledger     string
	book       string // before a book's digest; all books share a slot
	counters   string // before the digest of a book of counters
	turn       string // the lease on migrating
	deleted    string // channel
	released   string // channel
}

func newNames(prefix string) names {
	return names{
		entry:      prefix + ":e:",
		lease:      prefix + ":l:",
		index:      prefix + ":i:",
		due:        prefix + ":due",
		generation: prefix + ":generation",
		secret:     prefix + ":secret",
		sweeper:    prefix + ":sweeper",
		ledger:     prefix + ":ledger",
		book:       prefix + ":{books}:",
		counters:   prefix + ":n:",
		turn:       prefix + ":migrating",
		deleted:    prefix + ":deleted",
		released:   prefix + ":released",
	}
}

func (n *names) entryKey(k cache.Key) string { return withID(n.entry, k) }
func (n *names) leaseKey(k cache.Key) string { return withID(n.lease, k) }

func withID(prefix string, k cache.Key) string {
	var room [maxPrefix + 8 + 2*len(k)]byte // stays on the stack
	return string(hex.AppendEncode(append(room[:0], prefix...), k[:]))
}

// digest stands for a name of any length and any characters.
func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

// tenantSets names the index sets of one tenant, who is given by digest.
type tenantSets struct {
	base string // before the name of a set
}

func (n *names) tenant(digest string) tenantSets {
	return tenantSets{base: n.index + "{" + digest + "}:"}
}

func (t tenantSets) key(set string) string { return t.base + set }
func (t tenantSets) due() string           { return t.base + "due" }

// setsOf lists the sets that an entry is in, without the tenant's part.
func setsOf(m cache.Meta) []string {
	sets := make([]string, 1, 3+len(m.Tags))
	sets[0] = "a"
	if m.Namespace != "" {
		sets = append(sets, "n:"+digest(m.Namespace))
	}
	if m.Model != "" {
		sets = append(sets, "m:"+digest(m.Model))
	}
	for _, tag := range m.Tags {
		sets = append(sets, "t:"+digest(tag))
	}
	return sets
}

// memberSize is the length of an index member: key and stamp.
const memberSize = len(cache.Key{}) + 8

// member names an entry, as written by one Put, in an index set.
func member(k cache.Key, stamp int64) string {
	b := make([]byte, 0, memberSize)
	return string(binary.BigEndian.AppendUint64(append(b, k[:]...), uint64(stamp)))
}

// splitMember reads what member wrote.
func splitMember(m string) (k cache.Key, stamp int64, ok bool) {
	if len(m) != memberSize {
		return k, 0, false
	}
	copy(k[:], m)
	return k, number(m[len(k):]), true
}
