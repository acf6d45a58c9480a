"""What is written while the reader of all runs is away, as in an outage, is read afterwards."""

from __future__ import annotations

import asyncio

from redis import Redis

from fluxagents.workers.redis.http.live_events import RedisLiveEvents


def test_what_is_written_while_nobody_reads_is_not_missed(
    redis: Redis, redis_url: str, key_prefix: str
) -> None:
    def write(run: str) -> None:
        redis.xadd(f"{key_prefix}live", {"run": run, "session": "s", "first": 0, "count": 1})

    async def read() -> str:
        live = RedisLiveEvents(lambda: redis_url, prefix=key_prefix)
        entries = live.follow()
        reading = asyncio.ensure_future(anext(entries))
        while not reading.done():
            write("seen")
            await asyncio.wait([reading], timeout=0.01)
        await live.close()
        write("meanwhile")
        async for entry in live.follow():
            if entry.run_id != "seen":
                await live.close()
                return entry.run_id
        return ""

    assert asyncio.run(asyncio.wait_for(read(), 60)) == "meanwhile"
