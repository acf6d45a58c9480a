"""What the first view of a page is like: when it is there, what it weighs, what moves in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, Request, StorageState

PLOTS = re.compile(r"\.svg$|/plot$|/map$|/maps/\d+$|/picture$|/flux_map\.|/escher")
"""Addresses of plots and maps, and of what shows them."""

# It runs before anything of the page. A page that follows what happens reads itself when it begins.
_WATCH = """() => {
  window.moved = [];
  const describe = ({node, previousRect: from, currentRect: to}) =>
    `${node?.id || node?.className || node?.nodeName || '?'} from`
    + ` ${from.x},${from.y} ${from.width}x${from.height}`
    + ` to ${to.x},${to.y} ${to.width}x${to.height}`;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      if (!shift.hadRecentInput) window.moved.push({score: shift.value, parts: shift.sources.map(describe)});
    }
  }).observe({type: 'layout-shift', buffered: true});
  addEventListener('htmx:afterRequest', () => window.isRead = true);
}"""
_IS_READ = "() => window.isRead || !document.body.dataset.live"
_NEXT_FRAMES = (
    "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
)
# Plots and maps come later; all else is painted and at work by then.
_SHOWN_MS = """() => Math.max(
  performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
  performance.getEntriesByName('first-contentful-paint')[0].startTime
)"""


@dataclass(frozen=True, slots=True)
class FirstView:
    """A page as a browser shows it that has nothing of it yet."""

    shown_ms: float
    """From the request until it is painted and its scripts are at work."""
    weight: int
    """Bytes as they are sent, without plots and maps."""
    shift: float
    """Cumulative layout shift, after the page has read itself anew."""
    moved: tuple[str, ...]
    """What moved, from where to where."""


TIMEZONE = "America/New_York"
"""Where times are written anew by the page, which must move nothing."""


def view(browser: Browser, address: str, state: StorageState, path: str) -> FirstView:
    """Open a page of a site in a context that has nothing of it but who is signed in."""
    # Scripts measure here, which the policy of a shared notebook forbids.
    context = browser.new_context(
        base_url=address, storage_state=state, timezone_id=TIMEZONE, bypass_csp=True
    )
    context.add_init_script(f"({_WATCH})()")
    page = context.new_page()
    sent: dict[str, int] = {}

    def weigh(request: Request) -> None:
        if not PLOTS.search(request.url.partition("?")[0]):
            sent[request.url] = request.sizes()["responseBodySize"]

    page.on("requestfinished", weigh)
    page.goto(path)
    page.wait_for_function(_IS_READ)
    page.evaluate(_NEXT_FRAMES)
    shown_ms, shifts = float(page.evaluate(_SHOWN_MS)), page.evaluate("window.moved")
    context.close()
    return FirstView(
        shown_ms=shown_ms,
        weight=sum(sent.values()),
        shift=sum(shift["score"] for shift in shifts),
        moved=tuple(part for shift in shifts for part in shift["parts"]),
    )
