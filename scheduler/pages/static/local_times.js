// Shows times by the reader's clock. Nothing is painted before it has run, so that nothing moves.
"use strict";

(() => {
  // "2026-01-31 11:46 (10:46 UTC)" where the reader's clock is another one; the date of UTC only if it differs.
  function showLocalTimes() {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      const shift = at.getTimezoneOffset();
      if (shift === 0) continue;
      const [here, utc] = [new Date(at - shift * 60_000), at].map((each) => each.toISOString().split(/[T.]/));
      const day = here[0] === utc[0] ? "" : `${utc[0]} `;
      time.textContent = `${here[0]} ${here[1].slice(0, 5)} (${day}${utc[1].slice(0, 5)} UTC)`;
      time.title = `${here[0]} ${here[1]} on your clock, ${utc[0]} ${utc[1]} UTC`;
    }
  }

  for (const name of ["htmx:oobAfterSwap", "htmx:afterSwap"]) document.body.addEventListener(name, showLocalTimes);
  showLocalTimes();
})();
