// What a page does beyond links and forms: it follows what happens, and says so when it cannot.
// Without this script every page still shows, asks and answers.
"use strict";

(() => {
  const LEAST_MS = 250; // Between two readings: the first change is read at once, those that follow together.
  const RETRY_MS = 1000;
  const SILENCE_MS = 40_000; // The server says every 15 s that it is still there.

  const notice = document.getElementById("connection");
  let waiting = null;
  let lookedAt = -LEAST_MS;
  let isConnected = true; // Whether changes come in, as far as is known.
  let isRead = true; // Whether the last reading came through.

  function showConnection() {
    notice.hidden = isConnected && isRead;
  }

  function lookAgain() {
    if (waiting !== null) return;
    const wait = Math.max(0, lookedAt + LEAST_MS - performance.now());
    waiting = window.setTimeout(() => {
      waiting = null;
      lookedAt = performance.now();
      htmx.trigger(document.body, "flux:change");
    }, wait);
  }

  // Follows while somebody can see the page: a browser opens only six connections to a server, for all its tabs.
  function follow(address) {
    let source = null;
    let timer = null;

    function later(act, milliseconds) {
      window.clearTimeout(timer);
      timer = window.setTimeout(act, milliseconds);
    }

    function stop() {
      window.clearTimeout(timer);
      source?.close();
    }

    function hear() {
      later(lose, SILENCE_MS);
    }

    function lose() {
      stop();
      isConnected = false;
      showConnection();
      later(begin, RETRY_MS);
    }

    function begin() {
      stop();
      if (document.hidden) return;
      source = new EventSource(address);
      source.addEventListener("ready", () => {
        isConnected = true;
        showConnection();
        hear();
        // Whatever happened since the page was written, or since the connection was lost, is read now.
        lookAgain();
      });
      source.addEventListener("change", () => {
        hear();
        lookAgain();
      });
      source.addEventListener("beat", hear);
      source.addEventListener("error", lose);
      hear();
    }

    document.addEventListener("visibilitychange", begin);
    window.addEventListener("online", begin);
    window.addEventListener("offline", lose);
    window.addEventListener("pagehide", stop);
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) begin();
    });
    begin();
  }

  // A part that cannot be read says so, as a lost connection does, and is read again.
  function noteReading(event) {
    const { successful, xhr } = event.detail;
    if (event.type === "htmx:afterRequest" && !successful) return; // Given up by the page itself, or told below.
    isRead = event.type === "htmx:afterRequest" || (xhr.status >= 400 && xhr.status < 500 && xhr.status !== 429);
    showConnection();
    if (!isRead) window.setTimeout(lookAgain, RETRY_MS);
    // What somebody asks for by a button may come before the answer to a reading that began earlier.
    else if (event.detail.elt.matches("button")) lookAgain();
  }

  // `a` and the like act on a page only while nobody types.
  function pressShortcut(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    target.focus();
    if (target.matches("a, summary")) target.click();
  }

  function selectAll(event) {
    if (!event.target.matches("[data-select-all]")) return;
    for (const box of event.target.form.querySelectorAll(`input[name="${event.target.dataset.selectAll}"]`)) {
      box.checked = event.target.checked;
    }
  }

  function confirmAct(event) {
    const text = event.submitter?.dataset.confirm;
    if (text && !window.confirm(text)) event.preventDefault();
  }

  // What its name says; anything else is taken for a model.
  const GENOME = /\.(fa|fas|fasta|fna|faa|ffn|gb|gbk|gbff|genbank|gff|gff3|annotations)(\.(gz|bgz))?$/i;
  const GFF = /\.gff3?(\.(gz|bgz))?$/i;

  async function send(address, options) {
    const token = document.querySelector("meta[name=csrf-token]").content;
    const answer = await fetch(address, { ...options, headers: { ...options.headers, "X-CSRF-Token": token } });
    const body = await answer.json();
    if (!answer.ok) throw new Error([body.detail, ...(body.suggestions ?? [])].join("; "));
    return body;
  }

  function sendJson(address, body) {
    return send(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  // The id of the upload, once all of the file has been sent.
  async function sendFile(file, status) {
    const { upload: id } = await send("/v1/uploads", { method: "POST" });
    const part = 8_000_000;
    for (let offset = 0; offset < file.size; offset += part) {
      status.textContent = `${Math.round((100 * offset) / file.size)} % of ${file.name} sent`;
      await send(`/v1/uploads/${id}`, {
        method: "PATCH",
        headers: { "Content-Type": "application/partial-upload", "Upload-Offset": String(offset) },
        body: file.slice(offset, offset + part),
      });
    }
    status.textContent = `${file.name} is read …`;
    return id;
  }

  // Of two files one is the genome and the other holds the contigs of a GFF3 file.
  async function takeGenome(files, status) {
    const [genome, contigs] = [...files].sort((one, other) => GFF.test(other.name) - GFF.test(one.name));
    const chosen = new URLSearchParams();
    for (const [field, file] of Object.entries({ genome, sequences: contigs })) {
      if (!file) continue;
      const { digest } = await sendJson("/v1/genomes", { upload: await sendFile(file, status), name: file.name });
      chosen.set(field, digest);
      chosen.set(`${field}_name`, file.name);
    }
    window.location.assign(`/genomes?${chosen}`);
  }

  async function takeModel(file, status, field) {
    const model = await sendJson("/v1/models", { upload: await sendFile(file, status), name: file.name });
    if (field) field.value = model.name;
    const page = document.createElement("a");
    page.href = `/models/${encodeURIComponent(model.digest)}`;
    page.textContent = model.name;
    const warnings = model.warnings.length;
    const told = warnings ? `, with ${warnings} ${warnings === 1 ? "warning" : "warnings"}: its page has them` : "";
    status.replaceChildren(page, ` is stored${told}`);
    lookAgain(); // A list of models has one more.
  }

  async function take(files, status, field) {
    if (!files.length) return;
    // What the box to ask folds away is seen while something happens in it.
    status.closest("details")?.setAttribute("open", "");
    const isGenome = "genomes" in status.dataset || GENOME.test(files[0].name);
    try {
      await (isGenome ? takeGenome(files, status) : takeModel(files[0], status, field));
    } catch (error) {
      status.textContent = `${files[0].name} was not taken: ${error.message}`;
    }
  }

  function takeChosen(input, files) {
    const taken = take([...files], document.getElementById(input.dataset.status), document.getElementById(input.dataset.nameTo));
    taken.then(() => (input.value = ""));
  }

  document.addEventListener("keydown", pressShortcut);
  document.addEventListener("change", (event) => {
    selectAll(event);
    if (event.target.matches("input[data-upload]")) takeChosen(event.target, event.target.files);
  });
  // A file that is dropped beside the field would replace the page.
  const target = document.querySelector("input[data-upload]");
  const genomes = document.querySelector("[data-genomes]");
  if (target || genomes) {
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      if (target) takeChosen(target, event.dataTransfer.files);
      else take([...event.dataTransfer.files], genomes);
    });
  }
  document.addEventListener("submit", confirmAct, true);
  for (const name of ["htmx:afterRequest", "htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(name, noteReading);
  }
  const address = document.body.dataset.live;
  if (address) follow(address);
})();
