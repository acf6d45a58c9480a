"""The Celery task that moves ended runs and old acts to the archive, so that Redis stays bounded."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task

from fluxagents.scheduler.people.audit_trail import AuditTrail
from fluxagents.workers.celery.app import ARCHIVE
from fluxagents.workers.celery.process import Process
from fluxagents.workers.files.audit_segments import AuditSegmentFiles
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.settings import Settings

AT_ONCE = 1_000
"""Runs that one tick moves at most, a few seconds of work: the next tick goes on."""

MS_PER_DAY = 86_400_000

log = structlog.get_logger("retention")


@shared_task(bind=True, name=ARCHIVE)  # type: ignore[untyped-decorator] # Celery ships no types
def archive(self: Any) -> int:
    """Move the ended runs that are too old or too many, and the oldest entries of the audit log.

    Returns:
        How many runs were moved.
    """
    settings: Settings = self.app.settings
    process: Process = self.app.process
    oldest_ms = process.clock.now_ms() - round(settings.archive_after_days * MS_PER_DAY)
    moved = retire(
        process.store,
        Archive(settings.artifact_url),
        oldest_ms if settings.archive_after_days else 0,
        settings.archive_most or None,
        at_once=AT_ONCE,
    )
    if moved:
        log.info("runs archived", runs=len(moved))
    if settings.audit_most:
        trail = AuditTrail(process.store.audit_log, AuditSegmentFiles(settings.artifact_url))
        if entries := trail.seal(settings.audit_most):
            log.info("entries of the audit log archived", entries=entries)
    return len(moved)
