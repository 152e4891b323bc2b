// Keeps the session of an open page fresh, as Clerk's own JavaScript does: a form that somebody fills in for five minutes
// must still be theirs. Load it where somebody is signed in: <script src="{% url 'clerk_emulator:renew_script' %}" defer>.
(() => {
  const address = new URL("renew", document.currentScript.src);
  const renew = () => fetch(address, { method: "POST" });
  setInterval(renew, 45_000); // a token lives for sixty seconds
  document.addEventListener("visibilitychange", () => document.hidden || renew()); // timers sleep in hidden pages
})();
