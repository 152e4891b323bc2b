// Clerk on pages that Django renders. {% clerk_js %} loads this file after Clerk's own two, and the other tags of
// {% load clerk %} say what to show and where: elements with data-clerk-component, data-clerk-sign-out or
// data-clerk-reverify. For scripts of the page there is clerkFetch(), and for htmx nothing needs to be done.

(() => {
  "use strict";

  const COMPONENTS = ["SignIn", "SignUp", "UserButton", "UserProfile", "OrganizationSwitcher"];
  const BUTTONS = "[data-clerk-sign-out], [data-clerk-reverify]";
  // What a view asks for by name is one of Clerk's presets. All but this one ask for the second factor.
  const LEVELS = { strict_mfa: "multi_factor" };
  const ARRIVALS = "django_clerk:arrivals";

  const nonce = document.currentScript.nonce;
  const options = JSON.parse(document.getElementById("clerk-options").textContent);
  const mounted = new Map(); // element of the page -> name of the component in it
  const refused = new WeakSet(); // elements in which there is why there is no component

  // Where the browser would send it: a <base> of the page may make another site's of a relative URL.
  const isOwn = (url) => new URL(url, document.baseURI).origin === location.origin;

  // Clerk takes the last slash from where it leads to, and pages of Django end with one.
  function asAsked(target) {
    const slashed = new URL(target);
    slashed.pathname += "/";
    const parameters = [location.search, location.hash.split("?")[1]].flatMap((text) => [...new URLSearchParams(text).values()]);
    const asked = [...parameters, options.signInFallbackRedirectUrl, options.signUpFallbackRedirectUrl];
    return asked.some((url) => [url, `${location.origin}${url}`].includes(slashed.href)) ? slashed : target;
  }

  // Steps of a sign-in page are parts of one page: the component in it follows the address without loading it anew.
  // Whatever else Clerk leads to is another page, which Django has to render.
  const navigate = (method) => (to, { windowNavigate }) => {
    const target = new URL(to, location.href);
    const isUnder = (url, path) => `${url.pathname.replace(/\/$/, "")}/`.startsWith(`${path}/`);
    const paths = [...document.querySelectorAll("[data-clerk-path]")].map((element) => element.dataset.clerkPath);
    if (paths.some((path) => isUnder(location, path) && isUnder(target, path))) history[method](null, "", target);
    else windowNavigate(asAsked(target));
  };

  async function load() {
    if (!window.Clerk) throw new Error("Clerk's JavaScript was not loaded.");
    await window.Clerk.load({
      nonce,
      routerPush: navigate("pushState"),
      routerReplace: navigate("replaceState"),
      ui: { ClerkUI: window.__internal_ClerkUICtor },
      ...options,
      allowedRedirectOrigins: [location.origin, ...options.allowedRedirectOrigins],
    });
    return window.Clerk;
  }

  // Whom Clerk has signed in and Django has not, Clerk's box sends back at once: with a fresh token, which may be all
  // that was missing. Where it is not, that would go on for ever.
  function isGoingRound(Clerk) {
    if (Clerk.session?.status !== "active") return false;
    const now = Date.now();
    try {
      const arrivals = JSON.parse(sessionStorage.getItem(ARRIVALS) ?? "[]").filter((at) => now - at < 30_000);
      sessionStorage.setItem(ARRIVALS, JSON.stringify([...arrivals, now]));
      return arrivals.length >= 2;
    } catch {
      return false; // the browser keeps nothing
    }
  }

  function mount(Clerk, element) {
    const name = element.dataset.clerkComponent;
    if (mounted.has(element) || refused.has(element) || !COMPONENTS.includes(name)) return;
    const reason = element.querySelector("template");
    if (reason && isGoingRound(Clerk)) {
      refused.add(element);
      element.replaceChildren(reason.content);
      return;
    }
    const given = JSON.parse(element.dataset.clerkOptions ?? "{}");
    if (given.routing === "path") element.dataset.clerkPath = given.path;
    element.replaceChildren();
    mounted.set(element, name);
    Clerk[`mount${name}`](element, given);
  }

  // Show what visitors without JavaScript see: the browser keeps it as text.
  function showInstead(element) {
    const hidden = element.querySelector("noscript");
    if (!hidden) return;
    const read = new DOMParser().parseFromString(hidden.textContent, "text/html");
    hidden.replaceWith(...read.body.childNodes);
  }

  function show(Clerk, root) {
    for (const element of root.querySelectorAll("[data-clerk-component]")) {
      try {
        mount(Clerk, element);
      } catch (error) {
        console.warn("A component cannot be shown.", error);
      }
    }
    for (const button of root.querySelectorAll(BUTTONS)) button.disabled = false;
  }

  // A page shows what the server knew of its visitor. When somebody else is there, or in another organization, it is
  // out of date. A page that sees to that itself calls preventDefault() on the event.
  function followChanges(Clerk) {
    const identity = () => `${Clerk.session?.id} ${Clerk.organization?.id}`;
    let known = identity();
    Clerk.addListener(({ session }) => {
      if (session === undefined || identity() === known) return; // undefined: Clerk is about to navigate
      known = identity();
      if (document.dispatchEvent(new CustomEvent("clerk:changed", { cancelable: true }))) location.reload();
    });
  }

  const ready = load();
  ready.then(
    (Clerk) => {
      show(Clerk, document);
      followChanges(Clerk);
    },
    (error) => {
      console.warn("Clerk cannot be shown here.", error);
      document.querySelectorAll("[data-clerk-component]").forEach(showInstead);
    },
  );

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.(BUTTONS);
    if (!button) return;
    event.preventDefault();
    const Clerk = await ready;
    if ("clerkSignOut" in button.dataset) await Clerk.signOut({ redirectUrl: button.dataset.clerkSignOut });
    else if (await reverify(button.dataset.clerkReverify)) location.replace(location.href.split("#")[0]);
  });

  // Resolve to whether the visitor has verified a factor again.
  async function reverify(level) {
    const Clerk = await ready;
    if (!Clerk.session) return signIn().then(() => false);
    return new Promise((resolve) => {
      Clerk.__internal_openReverification({
        level,
        afterVerification: () => resolve(true),
        afterVerificationCancelled: () => resolve(false),
      });
    });
  }

  // Resolve to a token that is valid now, or to null for nobody. Clerk keeps it until shortly before it expires, and
  // sets the session's cookie with each new one.
  async function getToken(how) {
    try {
      return (await (await ready).session?.getToken(how)) ?? null;
    } catch (error) {
      console.warn("There is no fresh session token.", error);
      return null;
    }
  }

  // Go and sign in, unless Clerk has a session after all: whom Django shuts out all the same, the sign-in page would send
  // back at once, and so on for ever.
  async function signIn() {
    const Clerk = await ready.catch(() => null);
    if (!Clerk) return location.assign(options.signInUrl);
    await Clerk.handleUnauthenticated(); // asks whether the session is over at Clerk; then it is over here too
    if (!Clerk.session) await Clerk.redirectToSignIn({ redirectUrl: location.href });
  }

  // Return the step-up that a response asks for, or null. The body is the one that Clerk's own SDKs act upon.
  async function readReverification(response) {
    if (response.status !== 403 || !response.headers.get("Content-Type")?.startsWith("application/json")) return null;
    const body = await response.clone().json().catch(() => null);
    const error = body?.clerk_error;
    if (error?.type !== "forbidden" || error.reason !== "reverification-error") return null;
    return error.metadata?.reverification ?? "strict";
  }

  // fetch() with the session's token, for this site only: no other gets to see it. A 401 is tried again with a token
  // made anew, and leads to the sign-in page when that does not help either; a 403 that asks for it opens the step-up,
  // after which the request is made again. Resolves to the last response.
  window.clerkFetch = async (input, init) => {
    const request = new Request(input, init);
    if (!isOwn(request.url)) throw new TypeError("clerkFetch() sends the session's token to this site only.");
    const send = async (how) => {
      const attempt = request.clone();
      const token = await getToken(how);
      if (token) attempt.headers.set("Authorization", `Bearer ${token}`);
      return fetch(attempt);
    };

    let response = await send();
    if (response.status === 401) response = await send({ skipCache: true });
    const wanted = await readReverification(response);
    if (wanted !== null && (await reverify(wanted.level ?? LEVELS[wanted] ?? "second_factor"))) {
      response = await send({ skipCache: true });
    }
    if (response.status === 401) await signIn();
    return response;
  };

  // htmx, 1.9 and 2. A request waits for a fresh token where there is a session; hx-confirm still asks.
  let latest = null;
  document.addEventListener("htmx:confirm", async (event) => {
    if (event.defaultPrevented || !isOwn(event.detail.path)) return;
    event.preventDefault();
    latest = await ready.then(() => getToken(), () => null);
    event.detail.issueRequest();
  });
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (latest && isOwn(detail.path)) detail.headers.Authorization = `Bearer ${latest}`;
  });
  document.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status === 401 && isOwn(detail.pathInfo.requestPath)) signIn();
  });
  document.addEventListener("htmx:load", ({ target }) => {
    ready.then((Clerk) => show(Clerk, target.parentElement ?? document), () => {});
  });
  document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
    const name = mounted.get(target);
    if (name && mounted.delete(target)) window.Clerk[`unmount${name}`](target);
  });
})();
