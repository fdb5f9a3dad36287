// A storefront backend as deployed: REST and socket in one process, no authentication on the socket, and
// the deployed traps on purpose:
//   descriptions twice; callStatusUpdate to every client but the sender, whatever its call; an end told to
//   an empty room; only a user's first socket is registered, a second `addUser` is ignored, and when the
//   first goes (a silent one after the ping timeout) the user is gone although another is connected; a
//   seller's initiate with an orderId is a 500 with the text of an exception; so is a search that meets a
//   customer with a phone number or without an e-mail address; a response that is neither accepted nor
//   declined leaves the record as it is; deleted customers are null in the history; a called person is
//   named by id where they are the asker.
//
// node storefront-server.mjs [port] [strict] [certificate key]: prints {"port":n} when it listens. GET /test/state tells what it saw;
// POST /test/delete {id} deletes a person. With `strict` the socket wants `auth:{token}`, as bellwire-server does by default.
// Options: see deployed.mjs.

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { randomUUID } from "node:crypto";
import { Server } from "socket.io";
import { handler, kept, listen, options, socketOptions } from "./deployed.mjs";

const [db, save] = kept({
  sellers: [{ _id: "s1", name: "Lamp Shop", email: "shop@example.com", password: "secret", avatar: { url: "/shop.png" } }],
  customers: [
    { _id: "c1", name: "Ann Smith", email: "ann@example.com", password: "secret", avatar: null, phoneNumber: 5550101, orders: 1 },
    { _id: "c2", name: "Bob Third", email: "bob@example.com", password: "secret", avatar: null, orders: 0 },
    ...(options.crowd ? [
      { _id: "c3", name: "\u202eשלום <b>&amp;</b> 👩‍👩‍👧", email: null, avatar: null, phoneNumber: 79001234567, orders: 2 },
      { _id: "c4", name: "", email: "empty@example.com", avatar: { url: null }, phoneNumber: "+49 30 1", orders: 1 },
    ] : []),
  ],
  calls: [],
});
const online = new Map();
const seen = [];

const view = ({ password, orders, ...user }) => user;
const find = (id) => [...db.sellers, ...db.customers].find((user) => user._id === id);
const order = { _id: "o1", orderNumber: "1042", totalPrice: 87.5, createdAt: "2026-01-04T09:00:00.000Z", orderStatus: "Processing" };
const person = (id) => { const user = find(id); return user ? { ...view(user) } : null; };

const record = (call) => ({ ...call, seller: person(call.seller), customer: person(call.customer), orderId: call.orderId ? order : null });

function whoIs(cookies) {
  const jar = Object.fromEntries((cookies ?? "").split(/; */).map((pair) => pair.split("=")));
  const token = jar.seller_token ?? jar.token ?? "";
  return find(token.replace("token-", ""));
}

function initiate(me, seller, body) {
  const [sellerId, customerId] = seller ? [me._id, body.customerId] : [body.sellerId, me._id];
  if (!find(seller ? customerId : sellerId)) return [404, { success: false, message: `${seller ? "Customer" : "Seller"} not found` }];
  if (body.orderId === "foreign") return [403, { success: false, message: "Not your order" }];
  // Its orders have a shopId and no seller, and it looks at the seller.
  if (seller && body.orderId) {
    try {
      order.seller.toString();
    } catch (error) {
      return [500, { success: false, message: error.message }];
    }
  }
  const made = { callId: randomUUID(), seller: sellerId, customer: customerId, orderId: body.orderId ?? null,
    callType: body.callType ?? "general_support", status: "initiated", initiatedBy: seller ? "seller" : "customer",
    startTime: new Date(), createdAt: new Date() };
  db.calls.push(made);
  save();
  return [201, { success: true, videoCall: record(made), message: "ok" }];
}

function finish(call) {
  call.status = "ended";
  call.endTime = new Date();
  call.duration = Math.floor((call.endTime - new Date(call.startTime)) / 1000);
}

function rest(method, url, body, { cookie: cookies }) {
  const path = url.pathname;
  if (path === "/test/state") return [200, { seen, calls: db.calls, online: [...online.keys()], sockets: io.engine.clientsCount }];
  if (path === "/test/delete") {
    db.customers = db.customers.filter((user) => user._id !== body.id);
    db.sellers = db.sellers.filter((user) => user._id !== body.id);
    save();
    return [200, {}];
  }
  for (const [login, users, cookie] of [
    ["/api/v2/shop/login-shop", db.sellers, "seller_token"],
    ["/api/v2/user/login-user", db.customers, "token"],
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
  const me = whoIs(cookies);
  if (!me) return [401, { success: false, message: "Please login to continue" }];
  const seller = db.sellers.includes(me);
  const what = path.slice("/api/v2/video-call/".length).split("/")[0];
  const call = db.calls.find((call) => call.callId === body?.callId);
  switch (`${method} ${what}`) {
    case "POST initiate":
      return initiate(me, seller, body);
    case "POST respond":
    case "POST end":
      if (!call) return [404, { success: false, message: "Call not found" }];
      if (body.callQuality) return [500, { success: false, message: "Cannot read properties of undefined" }];
      if (what === "end") finish(call);
      else if (["accepted", "declined"].includes(body.response)) call.status = body.response;
      save();
      return [200, { success: true, call: record(call), message: "ok" }];
    case "GET customers": {
      const words = url.searchParams.get("search")?.toLowerCase();
      const rows = db.customers.filter((customer) => customer.orders > 0).map((customer) => ({ ...view(customer),
        totalOrders: customer.orders, totalSpent: 87.5, isOnline: online.has(customer._id), recentOrders: [order] }));
      try {
        const matches = (one) => one.name.toLowerCase().includes(words) || one.email.toLowerCase().includes(words) || one.phoneNumber.includes(words);
        const customers = words ? rows.filter(matches) : rows;
        return [200, { success: true, customers, total: customers.length }];
      } catch (error) {
        return [500, { success: false, message: error.message }];
      }
    }
    case "GET history":
    case "GET customer-history": {
      const mine = db.calls.filter((call) => (seller ? call.seller : call.customer) === me._id).toReversed();
      const [page, limit] = [Number(url.searchParams.get("page") ?? 1), Number(url.searchParams.get("limit") ?? 20)];
      const items = mine.slice((page - 1) * limit, page * limit).map((call) => ({ ...record(call), [seller ? "seller" : "customer"]: me._id }));
      return [200, { success: true, calls: items, pagination: { currentPage: page, totalPages: Math.ceil(mine.length / limit),
        totalItems: mine.length, itemsPerPage: limit } }];
    }
    default:
      return [404, { success: false, message: `Can't find ${path}` }];
  }
}

const [certificate, key] = process.argv.slice(4);
const tls = certificate && { cert: readFileSync(certificate), key: readFileSync(key) };
const server = tls ? https.createServer(tls, handler(rest)) : http.createServer(handler(rest));

const io = new Server(server, socketOptions);
const room = (callId) => `call_${callId}`;
const list = () => io.emit("getUsers", [...online].map(([userId, socketId]) => ({ userId, socketId })));
const status = (userId, isOnline) => io.emit("userOnlineStatusChanged", { userId, isOnline, timestamp: new Date() });

if (process.argv[3] === "strict")
  io.use((socket, next) => {
    const known = ["token-s1", "token-c1"].includes(socket.handshake.auth.token);
    next(known ? undefined : new Error("Invalid token"));
  });

io.on("connection", (socket) => {
  socket.onAny((event, ...args) => seen.push([event, ...args]));
  socket.on("addUser", (userId) => {
    socket.data.userId = userId;
    if (!online.has(userId)) {
      online.set(userId, socket.id);
      status(userId, true);
    }
    list();
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
  socket.on("callStatusUpdate", (data) => socket.broadcast.emit("callStatusUpdate", { ...data, timestamp: new Date() }));
  socket.on("endVideoCall", ({ callId, userId, reason }) =>
    io.to(room(callId)).emit("callEnded", { callId, endedBy: userId, reason, duration: 1 }));
  socket.on("toggleAudio", (data) => socket.to(room(data.callId)).emit("participantAudioToggle", data));
  socket.on("toggleVideo", (data) => socket.to(room(data.callId)).emit("participantVideoToggle", data));
  socket.on("startScreenShare", (data) => socket.to(room(data.callId)).emit("screenShareStarted", data));
  socket.on("stopScreenShare", (data) => socket.to(room(data.callId)).emit("screenShareStopped", data));
  socket.on("disconnect", () => {
    for (const [userId, socketId] of online)
      if (socketId === socket.id) {
        online.delete(userId);
        status(userId, false);
      }
    list();
  });
});

listen(server, io, Number(process.argv[2] ?? 0), (userId) => [...io.sockets.sockets.values()].filter((socket) => socket.data.userId === userId));
