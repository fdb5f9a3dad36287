// A backend whose tokens can be made to expire: REST with `Authorization: Bearer`, a socket namespace with
// `auth:{token}`, refresh tokens that are good once, and a list that says what it was asked.
//
// node token-server.mjs [port]: prints {"port":n} when it listens. GET /test/state tells what it saw;
// POST /test/set changes what it accepts: {accepted, refresh, refreshStatus, broken, kick, event}.

import http from "node:http";
import { Server } from "socket.io";

const state = { accepted: "token-0", refresh: "refresh-0", refreshStatus: 200, broken: false, seen: [], refreshes: 0, running: 0, most: 0 };
let made = 0;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function rest(method, path, headers, body) {
  if (path === "/test/state") return [200, { ...state, sockets: io.engine.clientsCount }];
  if (path === "/test/set") {
    const { kick, event, ...changes } = body;
    Object.assign(state, changes);
    if (kick) space.disconnectSockets(true);
    if (event) space.emit(...event);
    return [200, {}];
  }
  if (path === "/api/refresh") {
    state.refreshes += 1;
    if (state.refreshStatus !== 200) return [state.refreshStatus, { message: "not now" }];
    if (headers.authorization || body.refreshToken !== state.refresh) return [401, { message: "Invalid refresh token" }];
    made += 1;
    const token = `token-${made}`;
    if (!state.broken) state.accepted = token;
    state.refresh = `refresh-${made}`;
    return [200, { token, refreshToken: state.refresh }];
  }
  if (headers.authorization !== `Bearer ${state.accepted}`) return [401, { message: "jwt expired" }];
  state.running += 1;
  state.most = Math.max(state.most, state.running);
  if (path.startsWith("/api/slow")) await sleep(150);
  state.running -= 1;
  state.seen.push([method, path, body]);
  return [200, { ok: path }];
}

const server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString();
  const [status, reply] = await rest(request.method, request.url, request.headers, text ? JSON.parse(text) : {});
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(reply));
});

const io = new Server(server, { pingInterval: 2000, pingTimeout: 2000 });
const space = io.of("/video-call");

space.use((socket, next) => {
  const known = socket.handshake.auth.token === state.accepted;
  next(known ? undefined : new Error("Unauthorized"));
});

space.on("connection", (socket) => {
  socket.onAny((event, ...args) => state.seen.push(["EVENT", event, socket.handshake.auth.token, ...args]));
});

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
