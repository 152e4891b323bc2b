// Says when somebody has published something. Clerk's cookie opens the socket, and a fresh token in time keeps it open.
(() => {
  const SIGN_IN = 4401; // the session's token has expired: the cookie has a new one by then
  const region = document.getElementById("live");

  const show = ({ title, url }) => {
    const link = Object.assign(document.createElement("a"), { href: url, textContent: title });
    const line = Object.assign(document.createElement("p"), { className: "notice" });
    line.append("Just published: ", link);
    region.replaceChildren(line);
  };

  const open = () => {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws/posts/`);
    const renewal = setInterval(async () => {
      const token = await window.Clerk?.session?.getToken();
      if (token && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "clerk.token", token }));
    }, 30_000);
    socket.addEventListener("message", ({ data }) => show(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => {
      clearInterval(renewal);
      if (code === SIGN_IN) setTimeout(open, 1_000);
    });
  };

  open();
})();
