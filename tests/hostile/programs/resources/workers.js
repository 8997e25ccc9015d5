// Worker threads that compute while the main one sleeps.
const { Worker } = require("worker_threads");
for (let n = 0; n < 3; n++) new Worker("for (;;);", { eval: true });
setTimeout(() => {}, 60000);
