"""The process that listens to every channel; one that is away holds up none of the others."""

from __future__ import annotations

import os
import signal
from threading import Event, Thread

from fluxagents.scheduler.channels.post_task import call_carrier
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.channels.health_notes import SAY_EVERY_S, HealthNotes
from fluxagents.workers.channels.listeners import open_listeners
from fluxagents.workers.composition import build_channels, build_process, redis_client
from fluxagents.workers.host.listening.process import READY
from fluxagents.workers.observing import log
from fluxagents.workers.observing.secret_mask import build_mask
from fluxagents.workers.settings import Settings

STOP_S = 20.0
"""How long what is dealt with may take to end."""


def listen(settings: Settings, stop: Event) -> None:
    """Listen until told to stop.

    Raises:
        FluxError: If nothing can be listened to as the settings say.
    """
    app = create_app(settings, build_process=build_process)
    process = app.process
    channels = build_channels(settings, redis_client(settings), process.client, process.clock)
    listeners = open_listeners(settings, channels, process.client, process.clock, lambda: call_carrier(app))
    threads = [
        Thread(target=listener, args=(stop,), name=name, daemon=True) for name, listener in listeners.items()
    ]
    for thread in threads:
        thread.start()
    ready = HealthNotes(READY, channels.book, process.clock)
    while not stop.is_set():
        ended = [thread.name for thread in threads if not thread.is_alive()]
        if ended:
            # The supervisor starts it again with all it takes; the log says why it ended.
            raise SystemExit(f"{', '.join(ended)} ended")
        ready.say(note=str(os.getpid()))
        stop.wait(SAY_EVERY_S)
    for thread in threads:
        thread.join(STOP_S)


def main() -> None:
    """Listen until a signal asks to stop."""
    settings = Settings.load()
    log.configure(settings, build_mask(settings))
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    listen(settings, stop)


if __name__ == "__main__":
    main()
