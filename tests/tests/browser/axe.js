// Runs axe-core, which the test has added to the window.
window.__axe = {
  // A promise of the number of checks passed, and of the serious and critical violations.
  check: () => axe.run(document, { resultTypes: ["violations"] }).then(({ violations, passes }) =>
    [passes.length, violations.filter((it) => ["serious", "critical"].includes(it.impact)).flatMap((it) =>
      it.nodes.map((node) => `${it.id}: ${node.html} ${node.failureSummary}`))]),
};
