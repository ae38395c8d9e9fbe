// Requests for tokens that are refused.
window.__losses = {
  // Makes each token request fail with the status in `window.__refusal` as long as that is set, as an expired login
  // does.
  refuseTokens() {
    const real = window.fetch;
    window.fetch = (what, ...options) => window.__refusal && /token/.test(what.url ?? what)
      ? Promise.resolve(new Response("", { status: window.__refusal }))
      : real(what, ...options);
  },

  signInLink() {
    const { href, target } = document.querySelector("#sign-in a"); return [href, target];
  },

  notice: () => document.querySelector("#notice:not([hidden])")?.textContent,
};
