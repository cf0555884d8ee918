// Pages work without this file. It lets the live part of a page refresh: while somebody looks, and
// less often while nothing answers, which it then says.
(() => {
  const PERIOD_MS = 5000, LONGEST_MS = 60000;
  const REACHABLE = "a[href], button, summary, [tabindex]";
  let wait = PERIOD_MS, timer = null, tag = null, good = new Date(), open = [], place = -1;

  const live = () => document.getElementById("live");
  const clock = (instant) => instant.toLocaleTimeString("en-GB");

  function plan() {
    clearTimeout(timer);
    timer = document.hidden ? null : setTimeout(refresh, wait);
  }

  function refresh() {
    clearTimeout(timer);
    htmx.trigger(live(), "room:refresh");
  }

  function say(isGood) {
    const said = document.getElementById("looked-at");
    document.body.classList.toggle("is-stale", !isGood);
    if (said) said.textContent = isGood ? `as of ${clock(good)}` : `stale since ${clock(good)}`;
  }

  // A screen reader hears verdicts when they change, and nothing else.
  function speak() {
    const spoken = document.getElementById("spoken");
    const verdicts = live().dataset.verdicts;
    if (spoken.dataset.last !== undefined && spoken.dataset.last !== verdicts) {
      spoken.textContent = verdicts;
    }
    spoken.dataset.last = verdicts;
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (!live()) return;
    speak();
    plan();
    document.addEventListener("visibilitychange", () => (document.hidden ? plan() : refresh()));
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (tag) event.detail.headers["If-None-Match"] = tag;
  });

  document.addEventListener("htmx:beforeSwap", () => {
    open = [...live().querySelectorAll("details[open]")].map((details) => details.id);
    place = [...live().querySelectorAll(REACHABLE)].indexOf(document.activeElement);
  });

  document.addEventListener("htmx:afterSwap", () => {
    open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    if (place >= 0) live().querySelectorAll(REACHABLE)[place]?.focus({ preventScroll: true });
    speak();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr } = event.detail;
    const isGood = xhr.status === 200 || xhr.status === 304;
    if (isGood) {
      good = new Date();
      tag = xhr.getResponseHeader("ETag") || tag;
    }
    wait = isGood ? PERIOD_MS : Math.min(2 * wait, LONGEST_MS);
    say(isGood);
    plan();
  });
})();
