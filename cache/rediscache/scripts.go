// The scripts that run on the server, and how they are called.

package rediscache

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// headOf is shared by the scripts that read an entry's head.
const headOf = `
local function head_of(key)
	local size = redis.call('GETRANGE', key, 1, 4)
	if #size < 4 then return false end
	return redis.call('GETRANGE', key, 0, struct.unpack('>I4', size) - 1)
end
`

// serverTime is shared by the scripts that need the time: microseconds.
const serverTime = `
local function now()
	local t = redis.call('TIME')
	return t[1] * 1000000 + t[2]
end
`

var (
	// putScript writes an entry that lives until ARGV[2], milliseconds, and
	// returns the head of the one that was there.
	putScript = redis.NewScript(headOf + serverTime + `
local old = head_of(KEYS[1])
if tonumber(ARGV[2]) * 1000 <= now() then
	redis.call('UNLINK', KEYS[1])
else
	redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
end
return old`)

	// takeScript deletes an entry and returns its head.
	takeScript = redis.NewScript(headOf + `
local old = head_of(KEYS[1])
redis.call('UNLINK', KEYS[1])
return old`)

	// announceScript counts the generation up and publishes ARGV[2] after the
	// new number on the channel ARGV[1]. A server without memory to count
	// publishes without a number and returns the error.
	announceScript = redis.NewScript(serverTime + `
if redis.call('EXISTS', KEYS[1]) == 0 then
	redis.pcall('SET', KEYS[1], string.format('%.0f', now()))
end
local n = redis.pcall('INCR', KEYS[1])
local number = '0'
if type(n) == 'number' then number = string.format('%.0f', n) end
redis.call('PUBLISH', ARGV[1], number .. ARGV[2])
return n`)

	// generationScript returns the generation. One that is not there starts
	// at the present time, so that it can't be taken for one before a FLUSHALL.
	generationScript = redis.NewScript(serverTime + `
local n = redis.call('GET', KEYS[1])
if not n then
	n = string.format('%.0f', now())
	redis.call('SET', KEYS[1], n)
end
return n`)

	// pageScript returns up to ARGV[3] members and scores of an index set that
	// come after the member ARGV[2] with the score ARGV[1], in the set's order,
	// without those that have expired. Some of these are removed. Comparing
	// bytes one by one does not depend on the server's locale.
	pageScript = redis.NewScript(serverTime + `
local time = now()
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', time, 'LIMIT', 0, 1000)
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
local score, last, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
if tonumber(score) <= time then
	return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', time), '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
end
local function after(a, b)
	for i = 1, math.min(#a, #b) do
		local x, y = a:byte(i), b:byte(i)
		if x ~= y then return x > y end
	end
	return #a > #b
end
local low = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. score)
local high = low + redis.call('ZCOUNT', KEYS[1], score, score)
while low < high do
	local middle = math.floor((low + high) / 2)
	if after(redis.call('ZRANGE', KEYS[1], middle, middle)[1], last) then
		high = middle
	else
		low = middle + 1
	end
end
return redis.call('ZRANGE', KEYS[1], low, low + limit - 1, 'WITHSCORES')`)

	// trimScript removes up to ARGV[2] expired members of an index set, and
	// notes in the tenant's list of sets, under the name ARGV[1], when it is
	// due next. It returns how many it removed.
	trimScript = redis.NewScript(serverTime + `
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now(), 'LIMIT', 0, ARGV[2])
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if #first == 0 then
	redis.call('ZREM', KEYS[2], ARGV[1])
else
	redis.pcall('ZADD', KEYS[2], first[2], ARGV[1])
end
return #gone`)

	// acquireScript takes or renews a lease for the holder ARGV[1], for
	// ARGV[2] milliseconds.
	acquireScript = redis.NewScript(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

	// releaseScript gives up a lease of the holder ARGV[1] and publishes
	// ARGV[3] on the channel ARGV[2].
	releaseScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1`)
)

// scriptCall is one call of a script in a batch.
type scriptCall struct {
	key  string
	args []any
}

// runAll calls a script once for each of calls, in one pipeline, and returns
// the results in order. Those whose node did not know the script are sent
// again with its text.
func (s *Store) runAll(ctx context.Context, script *redis.Script, calls []scriptCall) []*redis.Cmd {
	results := make([]*redis.Cmd, len(calls))
	pipe := s.client.Pipeline()
	for i, c := range calls {
		results[i] = script.EvalSha(ctx, pipe, []string{c.key}, c.args...)
	}
	_, _ = pipe.Exec(ctx) // each result has its error
	again := s.client.Pipeline()
	for i, c := range calls {
		if redis.HasErrorPrefix(results[i].Err(), "NOSCRIPT") {
			results[i] = script.Eval(ctx, again, []string{c.key}, c.args...)
		}
	}
	if again.Len() > 0 {
		_, _ = again.Exec(ctx)
	}
	return results
}
