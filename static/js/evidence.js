"use strict";
/* Files beside an input. Works on whatever fragment reviews/_evidence.html is on the page, also one that came later.
   A link [data-files-open="KEY"] opens its files in a dialog; `openFiles(url)` does the same for the grid.
   When a number of files changes: document gets "kp:files" with {key, count}. */

(() => {
  const say = (words, name) => words.replace("%(name)s", name);
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

  /* The dialog --------------------------------------------------------------------------------- */

  let dialog = null;

  function openFiles(url) {
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "kp-files-dialog";
      document.body.append(dialog);
      dialog.addEventListener("click", (event) => {
        // Files may be half sent: a click beside the dialog closes it only when nothing is under way.
        const beside = event.target === dialog && !dialog.querySelector("progress");
        if (beside || event.target.closest("[data-files-close]")) dialog.close();
      });
    }
    dialog.replaceChildren();
    const address = new URL(url, location.href);
    address.searchParams.set("dialog", "1");
    return htmx.ajax("GET", address.pathname + address.search, { target: dialog, swap: "innerHTML" }).then(() => {
      if (!dialog.firstElementChild || dialog.open) return;
      dialog.setAttribute("aria-label", dialog.querySelector("h2")?.textContent.trim() ?? "");
      dialog.showModal();
    });
  }
  window.openFiles = openFiles;

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-files-open]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openFiles(link.href);
  });

  function tell(box) {
    const { key, count } = box.dataset;
    for (const link of document.querySelectorAll("[data-files-open]")) {
      if (link.dataset.filesOpen !== key) continue;
      link.querySelector("[data-count]").textContent = count === "0" ? "" : count;
      link.classList.toggle("kp-muted", count === "0");
    }
    document.dispatchEvent(new CustomEvent("kp:files", { detail: { key, count: Number(count) } }));
  }

  // After a swap the fragment stands where its predecessor or its frame was.
  document.addEventListener("htmx:load", (event) => {
    const part = event.detail.elt;
    if (part.matches?.(".kp-files")) tell(part);
  });

  /* Sending ------------------------------------------------------------------------------------ */

  function line(box, file) {
    const item = document.createElement("li");
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `${box.dataset.sending} ${file.name}`);
    item.append(file.name, " ", bar);
    box.querySelector("[data-files-sending]").append(item);
    return [item, bar];
  }

  /** Sends one file; resolves to "" or to why it was not taken. */
  function send(box, form, file) {
    const { dataset } = box;
    if (file.size > Number(dataset.maxBytes)) return Promise.resolve(say(dataset.tooLarge, file.name));
    const [item, bar] = line(box, file);
    const data = new FormData();
    data.append("file", file, file.name);
    data.append("title", form.elements.title.value);
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("X-CSRFToken", token());
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      request.addEventListener("loadend", () => {
        item.remove();
        const answer = request.response;
        if (answer?.refused) resolve(answer.refused.map((one) => one.reason).join(" "));
        // Without a session the answer is the log-in page, or a refusal by the check against forged requests.
        else if ([200, 401, 403].includes(request.status)) resolve(say(dataset.loggedOut, file.name));
        else resolve(say(dataset.notSent, file.name));
      });
      request.send(data);
    });
  }

  async function sendAll(box, files) {
    const form = box.querySelector("[data-files-form]");
    if (!form || !files.length || form.hasAttribute("data-busy")) return;
    form.setAttribute("data-busy", "");
    form.querySelector("[data-files-send]").disabled = true;
    const refused = [];
    // One after the other: each has its own answer, and a slow line is not shared by all of them.
    for (const file of files) {
      const reason = await send(box, form, file);
      if (reason) refused.push(reason);
    }
    form.removeAttribute("data-busy");
    form.querySelector("[data-files-send]").disabled = false;
    // Only if something new is there: asking for the fragment without a session would leave the page.
    tellRefused(refused.length < files.length ? await renewed(box) : box, refused);
  }

  /** The fragment as it is now. */
  async function renewed(box) {
    const frame = box.parentElement;
    const place = [...frame.children].indexOf(box);
    await htmx.ajax("GET", box.dataset.url, { target: box, swap: "outerHTML" });
    const now = frame.children[place];
    return now?.matches(".kp-files") ? now : box;
  }

  function tellRefused(shown, refused) {
    const notes = shown.querySelector("[data-files-refused]");
    notes.hidden = !refused.length;
    notes.querySelector("ul").replaceChildren(
      ...refused.map((reason) => Object.assign(document.createElement("li"), { textContent: reason })),
    );
    shown.querySelector("input[name=file]")?.focus();
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-files-form]")) return;
    event.preventDefault();
    sendAll(event.target.closest(".kp-files"), [...event.target.elements.file.files]);
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-files-camera]")) return;
    sendAll(event.target.closest(".kp-files"), [...event.target.files]);
  });

  /* Dropping and pasting ----------------------------------------------------------------------- */

  const zone = (event) => event.target.closest?.(".kp-files")?.querySelector("[data-files-form]");
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

  document.addEventListener("dragover", (event) => {
    const form = holdsFiles(event) && zone(event);
    for (const other of document.querySelectorAll(".kp-drop-over")) if (other !== form) other.classList.remove("kp-drop-over");
    if (!form) return;
    event.preventDefault();
    form.classList.add("kp-drop-over");
  });

  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.querySelector(".kp-drop-over")?.classList.remove("kp-drop-over");
  });

  document.addEventListener("drop", (event) => {
    const form = holdsFiles(event) && zone(event);
    if (!form) return;
    event.preventDefault();
    form.classList.remove("kp-drop-over");
    sendAll(form.closest(".kp-files"), [...event.dataTransfer.files]);
  });

  /** Where a paste goes: the fragment with the focus, the open dialog, or the only one of the page. */
  function pasteBox(event) {
    const near = event.target.closest?.(".kp-files") ?? (dialog?.open ? dialog.querySelector(".kp-files") : null);
    if (near) return near;
    const all = document.querySelectorAll(".kp-files");
    return all.length === 1 ? all[0] : null;
  }

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const box = files.length ? pasteBox(event) : null;
    if (!box?.querySelector("[data-files-form]")) return;
    event.preventDefault();
    const now = new Date();
    const stamp = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => String(part).padStart(2, "0")).join("");
    // A screenshot comes as image.png, each of them.
    sendAll(box, files.map((file, place) =>
      /^image\.\w+$/.test(file.name)
        ? new File([file], `${box.dataset.pasted}${stamp}${place || ""}.${file.name.split(".").pop()}`, { type: file.type })
        : file));
  });
})();
