"""A server of the S3 protocol with one empty bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import fsspec
from moto.server import ThreadedMotoServer

KEY = "key"
SECRET = "wJalrXUtnFEMI"


@contextmanager
def serving_bucket() -> Iterator[str]:
    """The address of a server whose one bucket, `bucket`, is empty.

    moto keeps what was stored while the process lives, also for the next server: it is emptied first.
    """
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        urlopen(Request(f"{url}/moto-api/reset", method="POST"), timeout=10).close()
        system = fsspec.filesystem(
            "s3", endpoint_url=url, key=KEY, secret=SECRET, skip_instance_cache=True, use_listings_cache=False
        )
        system.mkdir("bucket")
        yield url
    finally:
        server.stop()
