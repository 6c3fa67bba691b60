"use strict";
/* Every page where people vote: large type, the code of a slip, and the way back after a reload.

   What lets somebody vote is never in an address. It is posted with each page; this tab alone keeps it (sessionStorage),
   so that a reload can post it again. A page that was posted is renamed in the history, so that going back or
   reloading never asks whether to send a form twice. Without scripts everything works by the forms alone. */

const Booth = (() => {
  const TICKET = "kp-ticket";
  const guarded = (work) => { try { return work(); } catch { return null; /* storage is full or forbidden */ } };
  const keeper = (kind) => ({
    get: (name) => guarded(() => window[kind].getItem(name)),
    set: (name, value) => guarded(() => window[kind].setItem(name, value)),
    drop: (name) => guarded(() => window[kind].removeItem(name)),
    names: () => guarded(() => Object.keys(window[kind])) ?? [],
  });
  const local = keeper("localStorage");
  const tab = keeper("sessionStorage");
  const resumeAt = document.body.dataset.resumeAt;
  const start = resumeAt.replace(/[^/]*\/$/, "");

  /* The ticket of this tab, and the page's place in the history as one that can be fetched again. */
  function keepTicket(fields) {
    tab.set(TICKET, JSON.stringify(fields));
    if (!location.pathname.startsWith(`${start}open/`)) history.replaceState(history.state, "", resumeAt);
  }

  function forget() {
    tab.drop(TICKET);
  }

  function post(address, fields, token) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = address;
    for (const [name, value] of Object.entries({ ...fields, csrfmiddlewaretoken: token })) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  }

  const tokenOf = (page) => page.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

  /* ---------- large type ---------- */
  const large = document.querySelector("[data-large]");
  const enlarge = (on) => {
    document.documentElement.classList.toggle("kb-huge", on);
    large.setAttribute("aria-pressed", String(on));
  };
  large.hidden = false;
  enlarge(local.get("kp-large") === "yes");
  large.addEventListener("click", () => {
    const on = large.getAttribute("aria-pressed") !== "true";
    enlarge(on);
    if (on) local.set("kp-large", "yes");
    else local.drop("kp-large");
  });

  /* ---------- the code of a slip ---------- */
  const entry = document.querySelector("form[data-code]");
  function scanned() {
    const code = decodeURIComponent(location.hash.slice(1));
    if (!code || !entry) return false;
    history.replaceState(null, "", location.pathname); // at once: nobody reads it off the address bar
    entry.elements.code.value = code;
    entry.submit();
    return true;
  }
  if (entry) {
    window.addEventListener("hashchange", scanned); // a second slip, scanned into the same tab
    const kept = guarded(() => JSON.parse(tab.get(TICKET)));
    if (entry.hasAttribute("data-wrong")) {
      forget();
      history.replaceState(null, "", start);
    } else if (!scanned() && entry.hasAttribute("data-resume") && kept) post(resumeAt, kept, tokenOf(entry));
  }

  /* ---------- before the opening: look again every now and then, not all at once ---------- */
  const early = document.querySelector("form[data-waits]");
  if (early) {
    const fields = Object.fromEntries([...early.querySelectorAll("input")].map((field) => [field.name, field.value]));
    delete fields.csrfmiddlewaretoken;
    keepTicket(fields);
    window.setTimeout(() => early.submit(), 6000 + Math.random() * 4000);
  }

  /* ---------- the receipt ---------- */
  function receiptTools(root) {
    const receipt = root.querySelector("[data-receipt]");
    const copy = root.querySelector("[data-copy]");
    if (!receipt || !copy) return;
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const chosen = getSelection();
      chosen.selectAllChildren(receipt);
      try { await navigator.clipboard.writeText(receipt.textContent.trim()); } catch { document.execCommand("copy"); /* no TLS */ }
      copy.textContent = copy.dataset.copied;
    });
    const print = root.querySelector("[data-print]");
    print.hidden = false;
    print.addEventListener("click", () => window.print());
    root.querySelector("[data-leave]").addEventListener("click", forget);
  }
  const arrived = document.querySelector("[data-in]");
  if (arrived) {
    local.drop(`kp-draft-${arrived.dataset.in}`);
    keepTicket(JSON.parse(arrived.dataset.ticket));
    receiptTools(arrived);
  }

  /* ---------- the list of receipts: narrowed while one types ---------- */
  const filter = document.querySelector("[data-filter]");
  const codes = document.querySelectorAll("[data-codes] li");
  filter?.addEventListener("input", () => {
    const wanted = filter.value.toUpperCase().replace(/[^0-9A-Z]/g, "");
    for (const code of codes) code.hidden = !code.textContent.replace("-", "").includes(wanted);
  });

  /* Drafts that nobody came back for. */
  for (const name of local.names().filter((each) => each.startsWith("kp-draft-"))) {
    const draft = guarded(() => JSON.parse(local.get(name)));
    if (!draft || Date.now() - draft.at > 30 * 24 * 3600 * 1000) local.drop(name);
  }

  return { local, tab, keepTicket, forget, post, tokenOf, receiptTools, resumeAt };
})();
