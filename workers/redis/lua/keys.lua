-- First part of every script of the run store: the names of its keys, and the clock.
--
-- KEYS[1] is the prefix of all keys. The scripts work out the other names from what they read, which Redis Cluster
-- forbids: the keys of one run and of its queue would lie on several machines.
--
-- Beneath the prefix, and which script writes it (a `.lua` file beside this one):
--   run:<id>            hash of a run
--     state digest status seq request                the run at its current step: write_step
--     queue dispatch ticket attempt dispatched_ms    the dispatch that carries that step: dispatches, write_step
--     sleeping dispatch attempt                      a dispatch that waits, and its queue: write_step, dispatches
--     owner lease_until nonce fence deliveries       the lease of the step: claim, release, find_lost_dispatches
--     last_error pause_by                            release; request_pause
--     account person requester                       the session that pays for it, and who wanted it: write_step
--     held                                           the queue in which its first step waits for its turn: shares
--   run:<id>:events     list of events as JSON: write_step
--   run:<id>:open       set of the runs that a sleeping run waits for: write_step, commit
--   run:<id>:followers  set of the runs that wait for this one: write_step, commit
--   runs session:<name> status:<status>     sorted sets of runs by their start: write_step, forget
--   live                stream of what steps wrote, the last of all runs: `run`, `session`, and where in the run's
--                       log their events are, `first` (from 0) and `count`: write_step; of a remark its number,
--                       `remark`, and a `count` of 0: append_remark
--   sessions:<status>   sorted sets of the sessions by their last start: accounts, save_session
--   session-records     hash of the sessions that somebody made, as JSON: save_session
--   session-limits:<name>   hash of the amounts that its runs may use; `status` unless it is open: save_session
--   session-usage:<name>    hash of the amounts that its runs have used: accounts
--   person-quota:<person>   hash of what a person may have: session_store.py; `person-quotas` is the set of those
--   open-runs:<person>      set of the runs of a person that have not ended: accounts
--   started:<day>:<person>  how many runs a person started on a day (UTC); expires: accounts
--   requests            sorted set of the runs that wait for a human, by the time of the request: write_step
--   request-marks       hash of the same runs: what is asked, how far its ladder was climbed, until when: write_step
--   metrics             hash of what was counted, by series: metrics
--   exemplars           hash of the latest trace by bucket of a histogram: metrics
--   timers              sorted set of sleeping runs by the time at which they go on: write_step, dispatches
--   leases              set of the runs whose step is leased: claim, commit, release, find_lost_dispatches
--   ticket:<queue>      the sequence number of the last dispatch into a queue: dispatches
--   due:<queue>         sorted set of runs by the sequence number of a dispatch that nobody has claimed: dispatches,
--                       claim, release, write_step
--   seen:<queue>        high-water mark: the highest sequence number that was claimed: claim
--   mark:<queue>        hash of an earlier high-water mark (`seen`) and its time (`at`): find_lost_dispatches
--   audit audit-head    what people did: audit
--   remarks:<run> mentions:<name> watched:<person>   what people say about runs, and what finds it again: append_remark
--   inbox-read          hash of the times up to which persons have read their inbox: people/remark_book.py
--   present:<run>       sorted set of those who look at a run now; expires: people/presence.py
--   feed                stream of the steps whose events somebody listens to: write_step
--   listened            set of the kinds of events that somebody listens to
--   held:<queue> held:<queue>|<person> held:<queue>|<person>|<session>   sorted sets of those that wait for their turn:
--                       persons and sessions by their virtual times, runs in their order: shares
--   held-queues         set of the queues in which some wait: shares
--   turns               hash of the virtual times of persons (`p|`) and sessions (`s|`), of those released last (`f|`), and
--                       of the runs that were held (`n`): shares
--   node:<node>         hash of the live processes of a worker; expires: the heartbeat, claim
local prefix = KEYS[1]

local TERMINAL = {finished = true, failed = true, cancelled = true, dead = true}

local function run_key(id)
  return prefix .. 'run:' .. id
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
