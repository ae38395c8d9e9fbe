// What the tests of the exports look for.
window.__export = {
  // Stores copied text in `window.__copied` and passes it on to the browser.
  captureClipboard() {
    const write = Clipboard.prototype.writeText;
    Clipboard.prototype.writeText = function (text) {
      window.__copied = text;
      return write.call(this, text);
    };
  },

  refuseClipboard() {
    Clipboard.prototype.writeText = () => Promise.reject(new Error("no"));
  },

  // Takes down the addresses of files that are let go.
  noteRevoked() {
    window.__revoked = [];
    { const revoke = URL.revokeObjectURL;
      URL.revokeObjectURL = (address) => { window.__revoked.push(address); revoke(address); }; }
    HTMLAnchorElement.prototype.click = function () { (window.__addresses ??= []).push(this.href); };
  },

  aSecondHasPassed: () => performance.now() - (window.__savedAt ??= performance.now()) > 1000,

  revoked: () => window.__revoked.filter((it) => window.__addresses.includes(it)),
};
