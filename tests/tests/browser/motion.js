// What moves in the page.
window.__motion = {
  // The animations and transitions that run in the next frame but one: what each moves, and on which element.
  running: () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() =>
      document.getAnimations()
      .map((it) => `${it.animationName ?? it.transitionProperty} of #${it.effect.target.id}`)),
};
