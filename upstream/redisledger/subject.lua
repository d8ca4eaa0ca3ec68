-- One subject: its axes taken together or not at all, by the server's clock.
-- The arithmetic is that of package limit, line for line; a property test holds
-- the two against each other. All figures are whole and below 2^53, which is
-- what a double holds exactly.
--
-- KEYS[1]  hash: "meta" (epoch, pause) and a field for each axis
-- ARGV[1]  what to do: take, project, settle, adjust, show
-- ARGV[2]  the axes' rules, JSON
-- ARGV[3]  the arguments, JSON
--
-- now() is defined before this text.

local NEVER, ON_RELEASE, FAR = 2^53 - 1, 2^53 - 2, 2^53 - 3
local MAX_LIMIT, MAX_DEBT = 2^50, 2^52
local GRAINS, LONGEST_EVEN = 128, 3600000000
local HOUR, DAY = 3600000, 86400000 -- of the key's life, milliseconds
local ORPHANED = 30000000           -- holds of a replica that is gone stay that long
local GATHERING = 1500000           -- after a loss, until all replicas have told what they know
local min, max, floor, fmod = math.min, math.max, math.floor, math.fmod

-- Integers.

-- mul_div is (a*b + c) / d and its remainder. Where a*b is beyond 2^53 it goes
-- through the bits of a; d is below 2^51 and c below d.
local function mul_div(a, b, c, d)
	local x = a * b + c
	if x < 2^53 then
		local rest = fmod(x, d)
		return (x - rest) / d, rest
	end
	local rest_of_b = fmod(b, d)
	local whole_of_b = (b - rest_of_b) / d
	local q, r, bit = 0, 0, 2^52
	while bit >= 1 do
		q, r = 2 * q, 2 * r
		if a >= bit then
			a, q, r = a - bit, q + whole_of_b, r + rest_of_b
		end
		while r >= d do q, r = q + 1, r - d end
		bit = bit / 2
	end
	r = r + c
	if r >= d then q, r = q + 1, r - d end
	if q >= 2^53 then return 2^53, 0 end
	return q, r
end

local function mul_div_up(a, b, d)
	local q, rest = mul_div(a, b, 0, d)
	if rest > 0 then q = q + 1 end
	return q
end

local function lowest_terms(a, b)
	local x, y = a, b
	while y ~= 0 do x, y = y, fmod(x, y) end
	return a / x, b / x
end

local function after(at, micros) return min(at + micros, FAR) end
local function aligned(at, window) return at - fmod(at, window) end

-- A rule made ready, and its counting. c is the rule, s what it has counted:
-- at, used, frac, start, next, learned, refunded, corrected, log (at and amount
-- in turn) and holds (by replica: amount, and when it last took).

local SHAPES = {token_bucket = 'bucket', fixed_window = 'fixed', utc_day = 'fixed', concurrency = 'held'}

local function counter(rule, learned)
	local c = {
		shape = SHAPES[rule.counting] or 'sliding', keeps = rule.keeps, at_end = rule.at_end,
		limit = rule.limit, window = rule.window, slack = rule.slack,
	}
	local burst = rule.burst > 0 and rule.burst or rule.limit
	if learned > 0 and learned < rule.limit then
		burst = max((mul_div(burst, learned, 0, rule.limit)), 1)
		c.limit = learned
	end
	c.capacity = c.shape == 'bucket' and burst or c.limit
	if c.shape == 'held' then c.at_end = true end
	c.even = (c.shape == 'sliding' or c.shape == 'fixed') and c.window <= LONGEST_EVEN
	c.grain = floor((c.window + GRAINS - 1) / GRAINS)
	c.num, c.den = rule.num, rule.den
	if c.limit ~= rule.limit then c.num, c.den = lowest_terms(c.limit, c.window) end
	c.margin = mul_div_up(c.slack, c.num, c.den)
	return c
end

local function leaves(c, at) return after(at, c.window + c.slack + 1) end

local function expire(c, s, now)
	local log, gone, n = s.log, 0, #s.log
	while gone < n and leaves(c, log[gone + 1]) <= now do
		s.used = s.used - log[gone + 2]
		gone = gone + 2
	end
	if gone > 0 then
		local left = {}
		for i = gone + 1, n do left[i - gone] = log[i] end
		s.log, s.used = left, max(s.used, 0)
	end
end

local function drain(c, s, now)
	if s.used == 0 or now <= s.at then return end
	local off, frac = mul_div(now - s.at, c.num, min(s.frac, c.den - 1), c.den)
	if off >= s.used then
		s.used, s.frac = 0, 0
	else
		s.used, s.frac = s.used - off, frac
	end
end

local function rebase(s, now)
	local back = s.at - now
	s.at, s.start, s.next = now, s.start - back, s.next - back
	for i = 1, #s.log, 2 do s.log[i] = s.log[i] - back end
end

local function advance(c, s, now)
	if now < s.at then
		if s.at - now <= c.window then return s.at end
		rebase(s, now)
	end
	if c.shape == 'bucket' then
		drain(c, s, now)
	elseif c.shape == 'sliding' then
		expire(c, s, now)
	elseif c.shape == 'fixed' and aligned(now, c.window) > aligned(s.at, c.window) then
		s.used = 0
	end
	s.at = now
	return now
end

local function held(s)
	local sum = 0
	for _, hold in pairs(s.holds) do sum = sum + hold[1] end
	return sum
end

local function drained(c, s, room)
	if s.used <= room then return 0 end
	local t, rest = mul_div(s.used - room, c.den, 0, c.num)
	local ahead = min(s.frac, c.den - 1)
	local over = fmod(ahead, c.num)
	t = t - (ahead - over) / c.num
	if rest > over then t = t + 1 end
	return after(s.at, t)
end

local function expired(c, s, room)
	local used = s.used
	if used <= room then return 0 end
	for i = 1, #s.log, 2 do
		used = used - s.log[i + 1]
		if used <= room then return leaves(c, s.log[i]) end
	end
	return 0
end

local function in_window(c, s, room, from)
	local start = aligned(from, c.window)
	local ends = after(start, c.window)
	local full = start == aligned(s.at, c.window) and s.used > room
	if full or from >= ends - c.slack then return after(ends, c.slack) end
	return max(from, after(start, c.slack))
end

-- when is the earliest time from which need fits.
local function when(c, s, need, from)
	local room = c.capacity - held(s) - need
	if room < 0 then return ON_RELEASE end
	if c.shape == 'bucket' then return max(from, drained(c, s, room)) end
	if c.shape == 'sliding' then return max(from, expired(c, s, room)) end
	if c.shape == 'fixed' then return in_window(c, s, room, from) end
	return from
end

local function note(c, s, n, at)
	local log = s.log
	local last = #log - 1
	if last < 0 or at >= after(s.start, c.grain) then
		log[last + 2], log[last + 3] = at, n
		s.start = at
		return
	end
	local i = last
	while i > 1 and log[i - 2] >= at do i = i - 2 end
	log[i + 1] = min(log[i + 1] + n, MAX_DEBT)
	log[i] = max(log[i], at)
end

-- charge counts n whether it fits or not.
local function charge(c, s, n, at)
	if n <= 0 or c.shape == 'held' then return end
	if c.shape == 'sliding' then note(c, s, n, at) end
	s.used = min(s.used + n, MAX_DEBT)
	if c.even then s.next = after(max(s.next, at), mul_div_up(n, c.den, c.num)) end
	s.dirty = true
end

local function hold(s, n, replica, now)
	local own = s.holds[replica] or {0, 0}
	s.holds[replica] = {own[1] + n, now}
	s.dirty = true
end

local function release(s, n, replica)
	local own = s.holds[replica]
	if not own then return end
	own[1] = max(own[1] - n, 0)
	if own[1] == 0 then s.holds[replica] = nil end
	s.dirty = true
end

local function take(c, s, n, replica, now)
	if c.at_end then return hold(s, n, replica, now) end
	if c.shape == 'bucket' then
		if s.used <= c.margin then s.used, s.frac = c.margin, 0 end
		s.used, s.dirty = min(s.used + n, MAX_DEBT), true
		return
	end
	charge(c, s, n, now)
end

local function undrained(c, s, n, at, least)
	local off, rest = mul_div(max(s.at - at, 0), c.num, 0, c.den)
	if rest > 0 then off = off + 1 end
	least = least - s.refunded
	if off >= least then return 0 end
	return min(n, least - off)
end

local function unlog(c, s, n, at)
	if leaves(c, at) <= s.at then return 0 end
	for i = 1, #s.log, 2 do
		if s.log[i] >= at then
			n = min(n, s.log[i + 1])
			s.log[i + 1] = s.log[i + 1] - n
			return n
		end
	end
	return 0
end

local function refund(c, s, n, at, least)
	if n <= 0 or c.shape == 'held' then return end
	if c.shape == 'bucket' then
		n = undrained(c, s, n, at, least)
		s.refunded = s.refunded + n
	elseif c.shape == 'sliding' then
		n = unlog(c, s, n, at)
	elseif aligned(at, c.window) ~= aligned(s.at, c.window) then
		return
	end
	n = min(n, s.used)
	s.used = s.used - n
	if c.even then s.next = s.next - mul_div_up(n, c.den, c.num) end
	s.dirty = true
end

local function projected(c, s, ahead, n, now)
	local total = ahead + n
	if c.shape == 'bucket' and held(s) == 0 and total > c.capacity then
		return after(when(c, s, c.capacity, now), mul_div_up(total - c.capacity, c.den, c.num))
	end
	local rounds = floor((total - 1) / c.capacity)
	local first = when(c, s, total - rounds * c.capacity, now)
	if rounds == 0 or first >= ON_RELEASE then return first end
	if c.shape == 'held' then return ON_RELEASE end
	return after(first, (mul_div(rounds, c.window + c.slack + 1, 0, 1)))
end

-- The subject. axes are {rule, counter, state}.

local function left(c, ask, unit)
	local n = ask.leave and max(ask.leave[unit], 0) or 0
	if ask.spare then n = n + min(max(ask.spare[unit], 0), floor(c.capacity / 4)) end
	return min(n, c.capacity - ask.want[unit])
end

local function fits(a, ask, from)
	local c, s, n = a.c, a.s, ask.want[a.rule.unit]
	if n <= 0 then return from end
	if n > c.capacity then return NEVER end
	if ask.even and c.even then from = max(from, s.next) end
	return when(c, s, n + left(c, ask, a.rule.unit), from)
end

local function advance_all(axes, now)
	local latest = now
	for _, a in ipairs(axes) do latest = max(latest, advance(a.c, a.s, now)) end
	return latest
end

-- verdict is whether ask fits now, the time at which it does, the axis that
-- takes the longest (0 for a pause), and the time that it is.
local function verdict(axes, pause, ask, now)
	now = advance_all(axes, now)
	local at, axis = max(now, pause), 0
	for _ = 1, #axes + 1 do
		local from = at
		for i, a in ipairs(axes) do
			local t = fits(a, ask, at)
			if t > at then at, axis = t, i end
		end
		if at == from or at >= ON_RELEASE then break end
	end
	return at == now, at, axis, now
end

local function project(axes, pause, ask, ahead, now)
	now = advance_all(axes, now)
	local at, axis = max(now, pause), 0
	for i, a in ipairs(axes) do
		local c, s, n = a.c, a.s, ask.want[a.rule.unit]
		local before, t = max(ahead[a.rule.unit], 0), now
		if n > c.capacity then
			t = NEVER
		elseif n > 0 then
			t = projected(c, s, before, n + left(c, ask, a.rule.unit), now)
			if ask.even and c.even and t < ON_RELEASE then
				t = max(t, after(s.next, mul_div_up(before, c.den, c.num)))
			end
		end
		if t > at then at, axis = t, i end
	end
	return at == now, at, axis, now
end

local function settle(axes, args, epoch, now)
	local g = args.grant
	for i, a in ipairs(axes) do
		local c, s, unit = a.c, a.s, a.rule.unit
		local at = advance(c, s, now)
		local estimate, used = max(g.amounts[unit], 0), max(args.used[unit], 0)
		if c.at_end then
			release(s, estimate, args.replica)
			if not args.unsent then charge(c, s, used, at) end
		elseif args.unsent then
			if g.epoch == epoch then refund(c, s, estimate, g.at, g.floors[i]) end
		elseif used > estimate then
			charge(c, s, used - estimate, at)
		elseif not c.keeps and g.epoch == epoch then
			refund(c, s, estimate - used, g.at, g.floors[i])
		end
	end
end

local function learn(a, limit)
	if limit >= a.rule.limit then limit = 0 end
	if limit == a.s.learned then return end
	a.s.learned = min(limit, MAX_LIMIT)
	a.c = counter(a.rule, a.s.learned)
	a.s.frac, a.s.dirty = 0, true
end

local function believe(a, word, seen, at_grant, now)
	local s, at, limit = a.s, advance(a.c, a.s, now), a.c.capacity
	if word.limit > 0 then
		learn(a, word.limit)
		limit = word.limit
	end
	local c = a.c
	if not seen or word.remaining < 0 or word.remaining > limit then return end
	if c.shape == 'fixed' and aligned(at_grant, c.window) ~= aligned(at, c.window) then return end
	local more = limit - word.remaining - seen - s.corrected
	if more <= 0 then return end
	if c.shape == 'bucket' then more = more + c.margin end
	s.corrected = s.corrected + more
	if word.reset > -FAR and c.shape == 'sliding' then at = min(at, now + word.reset - c.window) end
	charge(c, s, more, at)
end

-- What a replica brings that counted alone, or knows that the counts were lost:
-- at least so much was counted before, and so much was taken since.

local function bring(a, marks, most, now)
	local c, s = a.c, a.s
	for i = #marks - 1, 1, -2 do -- the latest first
		local n = max(min(marks[i + 1], most), 0)
		marks[i + 1], most = n, most - n
	end
	for i = 1, #marks, 2 do
		local at = min(now + marks[i], now)
		if c.shape ~= 'fixed' or aligned(at, c.window) == aligned(now, c.window) then
			charge(c, s, marks[i + 1], at)
		end
	end
end

-- carry reports whether anything was brought but holds.
local function carry(axes, brought, replica, now)
	local any = false
	for i, a in ipairs(axes) do
		advance(a.c, a.s, now)
		local b = brought.axes[i]
		any = any or b.least > 0 or #b.since > 0
		bring(a, b.before, b.least - a.s.used, now)
		bring(a, b.since, MAX_DEBT, now)
		a.s.holds[replica] = b.held > 0 and {b.held, now} or nil
		a.s.dirty = true
	end
	return any
end

-- Reading and writing.

local UNUSED = {0, 0, 0, 0, 0, 0, 0, 0, {}, {}}

-- Lists are smaller than what has names, and quicker to read.
local function state(p)
	return {
		at = p[1], used = p[2], frac = p[3], start = p[4], next = p[5],
		learned = p[6], refunded = p[7], corrected = p[8], log = p[9], holds = p[10],
	}
end

local function packed(s)
	return cmsgpack.pack({s.at, s.used, s.frac, s.start, s.next, s.learned, s.refunded, s.corrected, s.log, s.holds})
end

local function rule(p)
	return {
		field = p[1], counting = p[2], unit = p[3], limit = p[4], burst = p[5],
		window = p[6], slack = p[7], keeps = p[8], at_end = p[9], num = p[10], den = p[11],
	}
end

-- without_orphans drops what replicas hold that are gone.
local function without_orphans(s, alive, now)
	for replica, own in pairs(s.holds) do
		if not alive[replica] and own[2] < now - ORPHANED then
			s.holds[replica] = nil
			s.dirty = true
		end
	end
end

local function load(rules, args, now)
	local fields, alive, axes = {'meta'}, {}, {}
	for i, r in ipairs(rules) do fields[i + 1] = r[1] end
	for _, replica in ipairs(args.alive) do alive[replica] = true end
	alive[args.replica] = true
	local found = redis.call('HMGET', KEYS[1], unpack(fields))
	for i, r in ipairs(rules) do
		local s = state(found[i + 1] and cmsgpack.unpack(found[i + 1]) or UNUSED)
		if not found[i + 1] then s.log, s.holds = {}, {} end
		r = rule(r)
		without_orphans(s, alive, now)
		axes[i] = {rule = r, s = s, c = counter(r, s.learned)}
	end
	return axes, found[1] and cmsgpack.unpack(found[1]) or {epoch = 0, pause = 0}
end

-- life is how long the key is kept: until nothing is used, and a while for calls
-- under way to be settled.
local function life(axes, meta, now)
	local till, spare = max(now, meta.pause), HOUR
	for _, a in ipairs(axes) do
		local full = when(a.c, a.s, a.c.capacity, a.s.at)
		if full < ON_RELEASE then till = max(till, full) end
		if a.s.learned > 0 or full >= ON_RELEASE then spare = DAY end
	end
	return string.format('%.0f', floor((till - now) / 1000) + spare)
end

local function save(axes, meta, now)
	local values = {}
	for _, a in ipairs(axes) do
		if a.s.dirty then
			values[#values + 1] = a.rule.field
			values[#values + 1] = packed(a.s)
		end
	end
	if meta.epoch == 0 then meta.epoch, meta.dirty = now, true end
	if meta.dirty then
		meta.dirty = nil
		values[#values + 1] = 'meta'
		values[#values + 1] = cmsgpack.pack(meta)
	end
	if #values == 0 then return end
	redis.call('HSET', KEYS[1], unpack(values))
	redis.call('PEXPIRE', KEYS[1], life(axes, meta, now))
end

-- wait is how long until a time, -1 for never, -2 for a release.
local function wait(at, now)
	if at == NEVER then return -1 end
	if at == ON_RELEASE then return -2 end
	return at - now
end

-- Doing. Each answers with a list of integers: 1 or 0 for yes or no, the epoch,
-- then by axis what is used, then what is its own.

local doing = {}

local function answer(ok, axes, meta, ...)
	local list = {ok and 1 or 0, meta.epoch}
	for i, a in ipairs(axes) do list[i + 2] = a.s.used end
	for _, v in ipairs({...}) do list[#list + 1] = v end
	return list
end

function doing.take(axes, meta, args, now)
	local ok, at, axis, from = verdict(axes, meta.pause, args, now)
	if not ok then
		if args.carry then save(axes, meta, now) end
		return answer(false, axes, meta, wait(at, now), axis)
	end
	local floors, seen = {}, {}
	for i, a in ipairs(axes) do
		local c, s, n = a.c, a.s, args.want[a.rule.unit]
		local before = s.used
		if n > 0 then
			take(c, s, n, args.replica, from)
			before = before + n
		end
		floors[i] = s.used + s.refunded
		seen[i] = (c.at_end and s.used or before) - s.corrected
	end
	save(axes, meta, now)
	local list = answer(true, axes, meta, from)
	for _, v in ipairs(floors) do list[#list + 1] = v end
	for _, v in ipairs(seen) do list[#list + 1] = v end
	return list
end

function doing.project(axes, meta, args, now)
	local ok, at, axis = project(axes, meta.pause, args, args.ahead, now)
	if args.carry then save(axes, meta, now) end
	return answer(ok, axes, meta, wait(at, now), axis)
end

function doing.settle(axes, meta, args, now)
	settle(axes, args, meta.epoch, now)
	save(axes, meta, now)
	return answer(true, axes, meta)
end

function doing.adjust(axes, meta, args, now)
	local g = args.grant
	for _, word in ipairs(args.words) do
		local a = axes[word.axis]
		if a.c.shape ~= 'held' then believe(a, word, g.epoch == meta.epoch and g.seen[word.axis], g.at, now) end
	end
	save(axes, meta, now)
	return answer(true, axes, meta)
end

-- show tells of each axis the limit, the capacity, what is used or held, and in
-- how long all of it is there again.
function doing.show(axes, meta, args, now)
	local list = {}
	for _, a in ipairs(axes) do
		local at = advance(a.c, a.s, now)
		list[#list + 1] = a.c.limit
		list[#list + 1] = a.c.capacity
		list[#list + 1] = a.s.used + held(a.s)
		list[#list + 1] = wait(when(a.c, a.s, a.c.capacity, at), now)
	end
	if args.carry then save(axes, meta, now) end
	return answer(true, axes, meta, unpack(list))
end

local rules, args, at = cjson.decode(ARGV[2]), cjson.decode(ARGV[3]), now()
local axes, meta = load(rules, args, at)
if args.carry then
	if carry(axes, args.carry, args.replica, at) and meta.epoch == 0 then
		meta.pause, meta.dirty = at + GATHERING, true
	end
elseif args.known ~= 0 and args.known ~= meta.epoch then
	return {-1, meta.epoch}
end
if args.pause and at + args.pause > meta.pause then
	meta.pause, meta.dirty = at + args.pause, true
end
return doing[ARGV[1]](axes, meta, args, at)
