// What the servers of deployed behaviour share: options, a database that outlives the process, the limit
// on requests, and a network that can go silent.
//
// DEPLOYED is a JSON object of options in the environment:
//   store          path of a file that keeps the database across kill -9 (else memory only)
//   crowd          true: more people and odd rows (names in other scripts, nulls, numbers as text)
//   pingInterval, pingTimeout   of the socket in ms; a silent socket is dropped after their sum
//   limit, limitWindow          requests per address and window (ms) below /api, where the backend has such a limit
//   front          true: connections pass a relay in this process, which POST /test/cut {userId} breaks silently:
//                  the client's side is closed, the server's side stays open and hears nothing any more
//
// Every server answers GET /test/state, GET /test/net and POST /test/set {name: value} (options at run time).

import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";

export const options = { pingInterval: 2000, pingTimeout: 2000, limit: 100, limitWindow: 15 * 60_000,
  ...JSON.parse(process.env.DEPLOYED || "{}") };

export const socketOptions = { cors: { origin: "*" }, pingInterval: options.pingInterval, pingTimeout: options.pingTimeout };

// What a database takes: handlers are asynchronous, as deployed.
export const database = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Tables as deployed databases keep them: `save` writes them where a restarted process finds them. */
export function kept(tables) {
  if (!options.store) return [tables, () => {}];
  try {
    Object.assign(tables, JSON.parse(readFileSync(options.store, "utf8")));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return [tables, () => writeFileSync(options.store, JSON.stringify(tables))];
}

const spent = { count: 0, until: 0 };

/** Counts a request; a reply with its headers when there were too many. */
export function limited(words) {
  const now = Date.now();
  if (now > spent.until) Object.assign(spent, { count: 0, until: now + options.limitWindow });
  spent.count += 1;
  const reset = Math.ceil((spent.until - now) / 1000);
  const headers = { "ratelimit-policy": `${options.limit};w=${Math.ceil(options.limitWindow / 1000)}`, "ratelimit-limit": `${options.limit}`,
    "ratelimit-remaining": `${Math.max(0, options.limit - spent.count)}`, "ratelimit-reset": `${reset}` };
  if (spent.count <= options.limit) return [null, headers];
  return [[429, { success: false, message: words, retryAfter: reset }], { ...headers, "retry-after": `${reset}` }];
}

export const requests = () => spent.count;

/** Request bodies, and replies as [status, object or text, headers]. */
export const handler = (rest) => async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString();
  const url = new URL(request.url, "http://x");
  let answer;
  if (url.pathname === "/test/set") {
    if ("limit" in JSON.parse(text)) spent.until = 0;
    answer = [200, Object.assign(options, JSON.parse(text))];
  } else if (url.pathname === "/test/net") {
    answer = [200, { opened, closed }];
  } else if (url.pathname === "/test/cut") {
    answer = [200, { cut: cut(JSON.parse(text).userId) }];
  } else answer = await rest(request.method, url, text ? JSON.parse(text) : {}, request.headers);
  const [status, reply, headers] = answer;
  response.writeHead(status, { "content-type": typeof reply === "string" ? "text/html" : "application/json", ...headers });
  response.end(typeof reply === "string" ? reply : JSON.stringify(reply));
};

const relayed = new Map();
const closed = [];
let opened = 0;
let socketsOf = () => [];

/** Counts connections of the socket for GET /test/net: how many came, and why they went. */
function watch(io) {
  io.engine.on("connection", (connection) => {
    opened += 1;
    connection.on("close", (reason) => closed.push(reason));
  });
}

/** Breaks the connections of somebody's sockets so that only the client notices. */
function cut(userId) {
  let count = 0;
  for (const socket of socketsOf(userId)) {
    const pair = relayed.get(socket.conn.request.socket.remotePort);
    if (!pair) continue;
    pair.client.destroy();
    count += 1;
  }
  return count;
}

/** Listens on 127.0.0.1 and says the port; `of` names the sockets of a user, for /test/cut. */
export function listen(server, io, port, of = () => []) {
  socketsOf = of;
  watch(io);
  const say = (at) => console.log(JSON.stringify({ port: at.address().port }));
  if (!options.front) return server.listen(port, "127.0.0.1", () => say(server));
  server.listen(0, "127.0.0.1", () => {
    const front = net.createServer((client) => {
      const inner = net.connect(server.address().port, "127.0.0.1");
      inner.on("connect", () => relayed.set(inner.localPort, { client, inner }));
      client.on("data", (data) => inner.write(data));
      inner.on("data", (data) => client.destroyed || client.write(data));
      // A client that closes is believed; one that was cut said nothing.
      client.on("end", () => inner.end());
      client.on("error", () => {});
      inner.on("close", () => { relayed.delete(inner.localPort); client.destroy(); });
      inner.on("error", () => client.destroy());
    });
    front.listen(port, "127.0.0.1", () => say(front));
  });
}
