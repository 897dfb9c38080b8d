/* Only enhances: every page works without this file. */
"use strict";

/* A progress box reloads its own part of the page until the work is done. */
function watchProgress(box) {
  const seconds = 2;
  async function look() {
    try {
      const answer = await fetch(box.dataset.poll, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok) return;
      const now = await answer.json();
      const bar = box.querySelector("progress");
      const words = box.querySelector("[data-progress-words]");
      if (bar && now.percent !== null) bar.value = now.percent;
      if (words && words.textContent !== now.words) words.textContent = now.words;
      if (now.finished) window.location.reload();
      else setTimeout(look, seconds * 1000);
    } catch {
      setTimeout(look, seconds * 5000);
    }
  }
  setTimeout(look, seconds * 1000);
}

/* "Are you sure?" before a button that is hard to undo. */
function askFirst(form) {
  const dialog = document.getElementById("confirm-dialog");
  if (!dialog || !dialog.showModal) return;
  form.addEventListener("submit", (event) => {
    if (form.dataset.confirmed) return;
    event.preventDefault();
    dialog.querySelector("[data-question]").textContent = form.dataset.confirm;
    dialog.showModal();
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.confirmed = "1";
      if (form.elements.sure) form.elements.sure.value = "yes";
      form.requestSubmit(event.submitter || undefined);
    };
  });
}

/* A second click on a button that is already sending does nothing. */
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.dataset.sending) event.preventDefault();
    form.dataset.sending = "1";
    setTimeout(() => delete form.dataset.sending, 8000);
  });
}

/* The question about cookies is answered without leaving the page, so that nothing typed is lost. */
function answerInPlace(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    body.delete("next");
    const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok) return void window.location.assign(form.querySelector("a").href);
    form.parentElement.remove();
    document.getElementById("main")?.focus({ preventScroll: true });
  });
}

document.querySelectorAll("[data-poll]").forEach(watchProgress);
document.querySelectorAll("form[data-confirm]").forEach(askFirst);
document.querySelectorAll("form[method=post]").forEach(sendOnce);
document.querySelectorAll("form[data-in-place]").forEach(answerInPlace);
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
document.querySelector(".errors-summary")?.focus();
window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
