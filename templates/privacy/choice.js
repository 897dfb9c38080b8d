(() => {
"use strict";
const Q = {{ words|safe }}, W = Q.words, NAME = "cookie_choices=", D = document;
const every = (what, act) => D.querySelectorAll(what).forEach(act);
const signal = navigator.globalPrivacyControl === true ? 1 : 0;
const all = Q.groups.map((group) => group[0]);
let mine, box;

function keep(text) {
  if (text) D.cookie = `${NAME}${text};Path=/;Max-Age=${Q.age};SameSite=Lax${location.protocol === "https:" ? ";Secure" : ""}`;
  const said = D.cookie.split("; ").find((one) => one.startsWith(NAME)) || NAME;
  const [version, yes, mark, flag] = said.slice(NAME.length).split(".");
  mine = flag ? { version, mark, flag, yes: yes.split("-"), text: said.slice(NAME.length) } : null;
}
const counts = () => mine && Q.versions.includes(mine.version);
const allowed = () => all.filter((one) => counts() && (!signal || mine.flag === "1") && mine.yes.includes(one));

/* Scripts, pictures and frames that wait for a yes. */
function apply() {
  every("[data-consent]", (old) => {
    const { consent, src, ga, done } = old.dataset, ok = allowed().includes(consent);
    if (ga) window["ga-disable-" + ga] = !ok;
    if (!ok || done) return;
    old.dataset.done = 1;
    if (old.tagName !== "SCRIPT") return void (old.src = src);
    const fresh = D.createElement("script");
    fresh.nonce = old.nonce;
    src ? (fresh.src = src) : (fresh.text = old.text);
    old.after(fresh);
  });
}
function make(tag, parent, words, css, more) {
  const made = Object.assign(D.createElement(tag), { textContent: words }, more);
  made.style.cssText = css;
  parent.append(made);
  return made;
}
const button = (parent, words, act) => make("button", parent, words, "font:inherit;min-height:44px;padding:.5em 1em;margin:.5em .5em 0 0;border:2px solid;background:Canvas;color:CanvasText", { type: "button" }).addEventListener("click", act);

/* A no counts at once; a yes once it is written down; of too many from one network a no is what comes back. After a no the page comes anew without what had run. */
async function say(yes, by = "") {
  const before = allowed(), body = new URLSearchParams({ choice: "some", version: Q.versions[0], gpc: signal, had: mine?.text || "", by });
  yes.forEach((one) => body.append("yes", one));
  box?.remove();
  box = null;
  if (!yes.length) keep(`${Q.versions[0]}.0.${mine?.mark || 0}.${signal}`);
  try {
    const answer = await fetch(Q.home, { method: "POST", body, credentials: "include", keepalive: true });
    keep((await answer.json()).answer);
  } catch {}
  before.some((one) => !allowed().includes(one)) ? location.reload() : apply();
}
function ask() {
  if (box || !all.length) return;
  box = make("section", D.body, "", "position:fixed;inset:auto 0 0;z-index:9999;max-height:80vh;overflow:auto;padding:1em;font:1rem/1.5 system-ui;color-scheme:light dark;background:Canvas;color:CanvasText;border-top:2px solid");
  D.body.prepend(box);
  box.setAttribute("aria-label", W.title);
  make("strong", box, W.title, "");
  const text = make("p", box, W.text + " ", "margin:.25em 0"), boxes = [];
  make("a", text, W.more, "color:LinkText", { href: Q.home.slice(0, -7) });
  button(box, W.no, () => say([]));
  button(box, W.yes, () => say(all));
  const more = make("details", box, "", "margin:1em 0");
  make("summary", more, W.some, "");
  Q.groups.forEach(([value, label, who]) => {
    const line = make("label", more, "", "display:block;padding:.4em 0");
    boxes.push(make("input", line, "", "", { type: "checkbox", value, checked: allowed().includes(value) }));
    line.append(` ${label}${who && ": " + who}`);
  });
  button(more, W.save, () => say(boxes.filter((one) => one.checked).map((one) => one.value)));
}
function wait(place) {
  const { twoClick: src, name } = place.dataset, said = (words) => words.replace("{name}", name);
  make("p", place, said(W.click), "");
  button(place, said(W.show), () => {
    place.textContent = "";
    make("iframe", place, "", "width:100%;aspect-ratio:16/9;border:0", { title: name, referrerPolicy: "no-referrer", src });
  });
}
async function begin() {
  keep();
  every("[data-two-click]", wait);
  every("[data-cookie-choices]", (one) => one.addEventListener("click", (click) => (click.preventDefault(), ask())));
  if (signal && mine?.flag !== "1") {
    if (mine && mine.yes[0] !== "0") say([], "gpc");
  } else if (!counts()) {
    try {
      const known = (await (await fetch(Q.home, { credentials: "include" })).json()).answer;
      if (Q.versions.includes(known.split(".")[0])) keep(known);
    } catch {}
    if (!counts()) ask();
  }
  apply();
}
D.readyState === "loading" ? D.addEventListener("DOMContentLoaded", begin) : begin();
})();
