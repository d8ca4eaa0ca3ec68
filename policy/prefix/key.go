// OpenAI's prompt_cache_key: requests with the same one go to the same machine,
// which may still have their prefix.

package prefix

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const promptCacheKey = "prompt_cache_key"

// keyed is how much of a prompt makes its key, in bytes: somewhat less than the
// 1,024 tokens from which on OpenAI caches. Who shares less shares nothing, and
// what differs behind it still shares this.
const keyed = 3000

// CacheKey sets prompt_cache_key to a name of the prefix within owner, which
// names tenant and namespace: a digest of the model and of the beginning of the
// tools and of what leads the conversation, up to the label. A key of the
// caller's is kept.
func CacheKey(body []byte, owner string) []byte {
	root := parseObject(string(body))
	if root == nil || root.member(promptCacheKey) != nil {
		return body
	}
	sum := sha256.New()
	room := keyed
	write := func(s string) {
		s = s[:min(len(s), room)]
		room -= len(s)
		sum.Write([]byte(s))
		sum.Write([]byte{0})
	}
	sum.Write([]byte(owner + "\x00" + root.text("model") + "\x00"))
	for _, name := range []string{"tools", "instructions"} {
		if m := root.member(name); m != nil {
			write(m.raw)
		}
	}
	for _, name := range []string{"messages", "input"} {
		if m := root.member(name); m != nil {
			write(leading(m.raw))
		}
	}
	key := `"askonce-` + hex.EncodeToString(sum.Sum(nil)[:12]) + `"`
	root.members = append(root.members, member{name: promptCacheKey, quoted: `"` + promptCacheKey + `"`, raw: key})
	sortMembers(root)
	return root.appendTo(make([]byte, 0, len(body)+64))
}

// leading is the text of the instructions that lead a conversation, as far as
// all requests share it.
func leading(raw string) string {
	var b strings.Builder
	for _, raw := range parseArray(raw) {
		turn := parseObject(raw)
		role := turn.text("role")
		if role != "system" && role != "developer" {
			break
		}
		head := turn.text("content")
		if head == "" && turn.member("content") != nil {
			head = turn.member("content").raw
		}
		head, _ = cutLabel(head)
		b.WriteString(head)
	}
	return b.String()
}
