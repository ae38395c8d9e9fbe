// A worker that ticks every 100 ms: browsers slow down the timers of a hidden page, but not those of its workers.
setInterval(() => postMessage(0), 100);
