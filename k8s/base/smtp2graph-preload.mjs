// Node loads this file before smtp2graph, which ignores SIGTERM as process 1 or ends at once, and starts with placeholders in its configuration.
// At SIGTERM smtp2graph finishes the messages in flight. If it did not read Graph's answer to a message, it would send the message again at
// the next start. A message that SMTP has answered with 250 is in temp/ for a moment, and the next start does not read temp/. No further
// message is sent to Graph.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

const LONGEST_STOP = 15_000; // ms
const RENAME = 250; // ms from the end of a connection or request to the message's last change on the disk

const config = process.argv.find(argument => argument.startsWith('--config='))?.slice('--config='.length);
if (config && fs.existsSync(config)) {
  fs.readFileSync(config, 'utf8').split('\n').forEach((line, index) => {
    if (/^[^#]*CHANGE-ME/.test(line)) {
      console.error(`${config}, line ${index + 1}: CHANGE-ME is still there; docs/azure.md says where the value comes from`);
      process.exitCode = 78;
    }
  });
  if (process.exitCode) process.exit();
}

let stopping = false;
const requests = new Set();
for (const module of [http, https]) {
  const request = module.request;
  module.request = (...args) => {
    if (stopping) args = withoutConnection(module, args);
    const started = request(...args);
    if (!stopping) {
      requests.add(started);
      started.once('close', () => requests.delete(started));
    }
    return started;
  };
}

// The request waits for a connection that is never opened. Its message stays in queue/ for the next start.
function withoutConnection(module, args) {
  const agent = new module.Agent();
  agent.addRequest = () => {};
  const options = args.findIndex(arg => arg !== null && typeof arg === 'object' && !(arg instanceof URL));
  if (options < 0) return [args[0], { agent }, ...args.slice(1)];
  return args.with(options, { ...args[options], agent });
}

const servers = new Set();
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  servers.add(this);
  return listen.apply(this, args);
};

async function stop() {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(0), LONGEST_STOP);
  await Promise.all([...servers].map(server => new Promise(closed => server.close(closed))));
  do {
    await Promise.all([...requests].map(request => new Promise(closed => request.once('close', closed))));
    await new Promise(later => setTimeout(later, RENAME));
  } while (requests.size > 0);
  process.exit(0);
}

const SIGNALS = ['SIGTERM', 'SIGINT'];
SIGNALS.forEach(signal => process.on(signal, stop));
// smtp2graph's own listeners end the process at once.
process.on('newListener', (event, listener) => {
  if (SIGNALS.includes(event)) queueMicrotask(() => process.removeListener(event, listener));
});
