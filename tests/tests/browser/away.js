// Sleep of the machine, changes of the network and the wake lock.
window.__away = {
  goOnline() {
    window.dispatchEvent(new Event("online"));
  },

  goOffline() {
    window.dispatchEvent(new Event("offline"));
  },

  letTheClockJump() {
    const now = Date.now;
    window.slept_ms = 0;
    Date.now = () => now() + window.slept_ms;
  },

  sleepFor7s() {
    window.slept_ms = 7000;
  },

  hidePage() {
    window.dispatchEvent(new PageTransitionEvent("pagehide", {persisted: true}));
  },

  showPage() {
    window.dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}));
  },

  fakeWakeLocks() {
    window.locks = [];
    Object.defineProperty(navigator, "wakeLock", {value: {request: async (kind) => {
      const lock = {kind, held: true, release: async () => { lock.held = false; }};
      window.locks.push(lock);
      return lock;
    }}});
  },

  lockCount: () => window.locks.length,

  holdsOneLock: () => JSON.stringify(window.locks) === '[{"kind":"screen","held":true}]',

  loseTheLock() {
    window.locks[0].held = false;
    document.dispatchEvent(new Event("visibilitychange"));
  },

  holdsOneOfItsLocks: () => window.locks.filter(lock => lock.held).length === 1,

  holdsNoLock: () => window.locks.every(lock => !lock.held),

  becomeVisible() {
    document.dispatchEvent(new Event("visibilitychange"));
  },

  removeWakeLocks() {
    Object.defineProperty(navigator, "wakeLock", { value: undefined });
  },

  refuseWakeLocks() {
    const request = async () => { throw new DOMException("no", "NotAllowedError"); };
    Object.defineProperty(navigator, "wakeLock", { value: { request } });
  },
};
