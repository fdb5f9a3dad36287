// A storefront backend as deployed: REST and socket in one process, no authentication on the socket,
// state in memory, and the deployed traps on purpose (descriptions twice, status to every client, an
// end told to an empty room, only a user's first socket registered).
//
// node storefront-server.mjs [port] [strict] [certificate key]: prints {"port":n} when it listens. GET /test/state tells what it saw.
// With `strict` the socket wants `auth:{token}`, as bellwire-server does by default.

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { randomUUID } from "node:crypto";
import { Server } from "socket.io";

const sellers = [{ _id: "s1", name: "Lamp Shop", email: "shop@example.com", password: "secret" }];
const customers = [{ _id: "c1", name: "Ann Smith", email: "ann@example.com", password: "secret" }];
const calls = new Map();
const online = new Map();
const seen = [];

const view = ({ password, ...user }) => user;
const order = { _id: "o1", orderNumber: "1042", totalPrice: 87.5, createdAt: "2026-01-04T09:00:00.000Z", orderStatus: "Processing" };

function record(call) {
  return { ...call, seller: view(sellers[0]), customer: view(customers[0]), orderId: call.orderId ? order : null };
}

function whoIs(cookies) {
  const jar = Object.fromEntries((cookies ?? "").split(/; */).map((pair) => pair.split("=")));
  if (jar.seller_token === "token-s1") return "seller";
  if (jar.token === "token-c1") return "customer";
  return null;
}

function rest(method, url, body, cookies) {
  const path = url.pathname;
  if (path === "/test/state") return [200, { seen, online: [...online.keys()], sockets: io.engine.clientsCount }];
  for (const [login, users, cookie] of [
    ["/api/v2/shop/login-shop", sellers, "seller_token"],
    ["/api/v2/user/login-user", customers, "token"],
  ]) {
    if (path !== login) continue;
    const user = users.find((user) => user.email === body.email);
    if (!user) return [400, { success: false, message: "User doesn't exists!" }];
    if (user.password !== body.password)
      return [400, { success: false, message: "Please provide the correct information" }];
    const token = `token-${user._id}`;
    const header = { "set-cookie": `${cookie}=${token}; HttpOnly; Secure; SameSite=None; Path=/` };
    return [201, { success: true, user: view(user), token }, header];
  }
  if (!path.startsWith("/api/v2/video-call/")) return [404, "<html>Cannot find it</html>"];
  const who = whoIs(cookies);
  if (!who) return [401, { success: false, message: "Please login to continue" }];
  const what = path.slice("/api/v2/video-call/".length).split("/")[0];
  const call = calls.get(body?.callId);
  switch (`${method} ${what}`) {
    case "POST initiate": {
      if (body.orderId === "foreign") return [403, { success: false, message: "Not your order" }];
      const made = { callId: randomUUID(), orderId: body.orderId, callType: body.callType, status: "initiated",
        initiatedBy: who, startTime: new Date(), createdAt: new Date() };
      calls.set(made.callId, made);
      return [201, { success: true, videoCall: record(made), message: "ok" }];
    }
    case "POST respond":
    case "POST end":
      if (!call) return [404, { success: false, message: "Call not found" }];
      if (body.callQuality) return [500, { success: false, message: "Cannot read properties of undefined" }];
      call.status = what === "end" ? "ended" : body.response;
      return [200, { success: true, call: record(call), message: "ok" }];
    case "GET customers": {
      const row = { ...view(customers[0]), totalOrders: 1, totalSpent: 87.5, isOnline: online.has("c1"), recentOrders: [order] };
      return [200, { success: true, customers: [row], total: 1 }];
    }
    case "GET history":
    case "GET customer-history": {
      const items = [...calls.values()].map(record);
      return [200, { success: true, calls: items, pagination: { currentPage: 1, totalPages: 1, totalItems: items.length, itemsPerPage: 20 } }];
    }
    default:
      return [404, { success: false, message: `Can't find ${path}` }];
  }
}

const [certificate, key] = process.argv.slice(4);
const tls = certificate && { cert: readFileSync(certificate), key: readFileSync(key) };
const answer = async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString();
  const [status, reply, headers] = rest(request.method, new URL(request.url, "http://x"), text ? JSON.parse(text) : {}, request.headers.cookie);
  response.writeHead(status, { "content-type": typeof reply === "string" ? "text/html" : "application/json", ...headers });
  response.end(typeof reply === "string" ? reply : JSON.stringify(reply));
};
const server = tls ? https.createServer(tls, answer) : http.createServer(answer);

const io = new Server(server, { cors: { origin: "*" }, pingInterval: 2000, pingTimeout: 2000 });
const room = (callId) => `call_${callId}`;

if (process.argv[3] === "strict")
  io.use((socket, next) => {
    const known = ["token-s1", "token-c1"].includes(socket.handshake.auth.token);
    next(known ? undefined : new Error("Invalid token"));
  });

io.on("connection", (socket) => {
  socket.onAny((event, ...args) => seen.push([event, ...args]));
  socket.on("addUser", (userId) => {
    if (!online.has(userId)) online.set(userId, socket.id);
    io.emit("getUsers", [...online].map(([userId, socketId]) => ({ userId, socketId })));
  });
  socket.on("incomingVideoCall", (data) => {
    const target = online.get(data.sellerId) === socket.id ? data.customerId : data.sellerId;
    if (online.has(target)) io.to(online.get(target)).emit("incomingVideoCall", data);
    else socket.emit("callTargetOffline", { callId: data.callId, targetUserId: target, message: "User is offline" });
  });
  socket.on("joinVideoCall", ({ callId, userId, userType }) => {
    socket.join(room(callId));
    const participantCount = io.sockets.adapter.rooms.get(room(callId)).size;
    io.to(room(callId)).emit("userJoinedCall", { callId, userId, userType, participantCount });
  });
  socket.on("leaveVideoCall", ({ callId, userId }) => {
    socket.leave(room(callId));
    const participantCount = io.sockets.adapter.rooms.get(room(callId))?.size ?? 0;
    io.to(room(callId)).emit("userLeftCall", { callId, userId, participantCount });
    if (participantCount === 0) io.to(room(callId)).emit("callEnded", { callId, endedBy: userId, reason: "left", duration: 0 });
  });
  for (const name of ["offer", "answer"])
    socket.on(name, (data) => {
      socket.to(room(data.callId)).emit(name, data);
      if (online.has(data.receiverId)) io.to(online.get(data.receiverId)).emit(name, data);
    });
  socket.on("ice-candidate", (data) => socket.to(room(data.callId)).emit("ice-candidate", data));
  socket.on("callStatusUpdate", (data) => io.emit("callStatusUpdate", { ...data, timestamp: new Date() }));
  socket.on("endVideoCall", ({ callId, userId, reason }) =>
    io.to(room(callId)).emit("callEnded", { callId, endedBy: userId, reason, duration: 1 }));
  socket.on("toggleAudio", (data) => socket.to(room(data.callId)).emit("participantAudioToggle", data));
  socket.on("toggleVideo", (data) => socket.to(room(data.callId)).emit("participantVideoToggle", data));
  socket.on("disconnect", () => {
    for (const [userId, socketId] of online) if (socketId === socket.id) online.delete(userId);
    io.emit("getUsers", [...online].map(([userId, socketId]) => ({ userId, socketId })));
  });
});

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
