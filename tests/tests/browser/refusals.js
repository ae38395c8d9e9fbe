// What the page has loaded.
window.__refusals = {
  isAudioThreadLoaded: () => ["processor", "worklet"].every((name) => performance.getEntriesByType("resource")
      .some((entry) => entry.name.includes(`/assets/${name}`) && entry.responseEnd > 0)),
};
