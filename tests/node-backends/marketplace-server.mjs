// A marketplace backend as deployed: REST and socket in one process, a token at both doors, and the
// deployed traps on purpose:
//   calls ring by socket alone and REST tells nobody; a decline without an ownership check; a call that ends
//   only when both have left, and at once when only the caller ever came; no durations; other devices that
//   are told nothing; an end_call without participantIds that takes the process along; no ring timer, no
//   relay; conversations whose unreadCount is a map or {} and that may have one participant left; presence
//   told only when it changes; texts without tags and edges; profilePicture instead of an avatar;
//   100 requests in 15 minutes for everything below /api.
//
// node marketplace-server.mjs [port]: prints {"port":n} when it listens. GET /test/state tells what it saw,
// POST /test/emit {userId,event,data} says something to somebody's sockets, POST /test/expire makes every
// token of a session worthless, POST /test/limit {on} refuses everything, POST /test/delete {id} deletes a
// person. Options: see deployed.mjs.

import http from "node:http";
import { Server } from "socket.io";
import { handler, kept, limited, listen, options, requests, socketOptions } from "./deployed.mjs";

const [db, save] = kept({
  users: [
    { _id: "64ada", fullName: "Ada Kowalska", email: "ada@example.com", password: "secret", role: "provider", profilePicture: "/uploads/ada.jpg" },
    { _id: "64ben", fullName: "Ben Client", email: "ben@example.com", password: "secret", role: "client", profilePicture: "" },
    ...(options.crowd ? [
      { _id: "64cy", fullName: "Cy Third", email: "cy@example.com", password: "secret", role: "client", profilePicture: null },
      { _id: "64odd", fullName: "\u202e\u05e9\u05dc\u05d5\u05dd <b>&amp;</b>", email: "odd@example.com", password: "secret", role: "client" },
    ] : []),
  ],
  // Who has written to whom before; a message makes one as well.
  pairs: [["64ada", "64ben"], ...(options.crowd ? [["64ada", "64cy"], ["64ben", "64cy"], ["64ada", "64odd"], ["64ben", "64gone"], ["64ada", "64gone"]] : [])],
  messages: [],
});
const { users, messages } = db;
const seen = [];
let generation = 0;
let refreshes = 0;
let refusing = false;

const view = ({ password, _id, ...user }) => ({ id: _id, ...user });
const clean = (content) => String(content ?? "").replace(/<[^>]*>/g, "").trim();
const populated = (id) => {
  const user = byId(id);
  return user ? { _id: id, id, fullName: user.fullName, email: user.email, profilePicture: user.profilePicture, role: user.role } : null;
};
const byId = (id) => users.find((user) => user._id === id);
const whoIs = (token) => users.find((user) => token === `token-${user._id}-${generation}`);
const sorted = (a, b) => [a, b].sort().join("_");
const hex = (n) => Array.from({ length: n }, () => Math.floor(Math.random() * 16).toString(16)).join("");
const record = (message) => ({ ...message, sender: populated(message.sender), receiver: populated(message.receiver) });

function keep(me, receiver, type, more) {
  const message = { _id: hex(24), conversation: sorted(me._id, receiver), sender: me._id, receiver, content: "", type,
    attachments: [], isRead: false, createdAt: new Date(), __v: 0, ...more };
  messages.push(message);
  save();
  return message;
}

/** The rows of somebody's conversations; whoever is deleted is no participant any more. */
function conversations(me) {
  const ids = new Map(db.pairs.map((pair) => [sorted(...pair), pair]));
  for (const one of messages) ids.set(one.conversation, [one.sender, one.receiver]);
  return [...ids].filter(([, pair]) => pair.includes(me._id)).map(([id, pair]) => {
    const here = messages.filter((one) => one.conversation === id);
    const row = { _id: id, participants: pair.map(populated).filter(Boolean), unreadCount: {} };
    const last = here.at(-1);
    if (!last) return row;
    for (const who of pair) row.unreadCount[who] = here.filter((one) => one.receiver === who && !one.isRead).length;
    const { _id, sender, receiver, content, type, isRead, createdAt } = last;
    return { ...row, lastMessage: { _id, sender, receiver, content, type, isRead, createdAt } };
  });
}

function rest(method, url, body, headers) {
  const path = url.pathname;
  if (!path.startsWith("/api/")) return answer(method, path, url, body);
  if (refusing) return [429, { success: false, message: "Too many requests from this IP, please try again later.", retryAfter: 900 }];
  const [refused, limits] = limited("Too many requests. Please try again later.");
  const [status, reply] = refused ?? answer(method, path, url, body, headers.authorization?.replace("Bearer ", ""));
  return [status, reply, limits];
}

function answer(method, path, url, body, token) {
  if (path === "/test/state") return [200, { seen, messages, generation, refreshes, requests: requests(), online: [...io.sockets.sockets.values()].map((socket) => socket.user._id), sockets: io.engine.clientsCount }];
  if (path === "/test/emit") {
    io.to(`user:${body.userId}`).emit(body.event, body.data);
    return [200, {}];
  }
  if (path === "/test/expire") {
    generation += 1;
    io.disconnectSockets(true);
    return [200, {}];
  }
  if (path === "/test/delete") {
    users.splice(users.findIndex((user) => user._id === body.id), 1);
    save();
    return [200, {}];
  }
  if (path === "/test/limit") {
    refusing = body.on;
    return [200, {}];
  }
  if (!path.startsWith("/api/")) return [404, "<html>Cannot find it</html>"];
  if (path === "/api/auth/login") {
    const user = users.find((user) => user.email === body.email && user.password === body.password);
    if (!user) return [401, { success: false, message: "Invalid email or password" }];
    const data = { user: view(user), token: `token-${user._id}-${generation}`, refreshToken: `refresh-${user._id}` };
    return [200, { success: true, message: "Login successful", data }];
  }
  if (path === "/api/auth/refresh-token") {
    const user = users.find((user) => body.refreshToken === `refresh-${user._id}`);
    if (!user) return [401, { success: false, message: "Invalid refresh token" }];
    refreshes += 1;
    return [200, { success: true, data: { token: `token-${user._id}-${generation}` } }];
  }
  const me = whoIs(token);
  if (!me) return [401, { success: false, message: "Not authorized, token failed" }];
  seen.push([`${method} ${path}`, me._id, body]);
  const [area, what, id, more] = path.slice("/api/".length).split("/");
  const message = messages.find((message) => message._id === id);
  switch (area === "messages" ? `${method} messages ${what}` : `${method} ${more ? `${more}` : `${what} ${id}`}`) {
    case "POST video-call initiate":
    case "POST voice-call initiate":
    case "POST screen-share initiate": {
      if (!body.receiverId) return [400, { success: false, message: "Receiver ID is required" }];
      if (!byId(body.receiverId)) return [404, { success: false, message: "Receiver not found" }];
      const type = what.replace("-", "_");
      const roomId = `${what.split("-")[0]}_${Date.now()}_${hex(16)}`;
      const participants = [{ userId: me._id, joinedAt: new Date() }];
      const callData = { status: "initiated", startedAt: new Date(), roomId, participants };
      const made = keep(me, body.receiverId, type, { callData });
      return [200, { success: true, message: "Call initiated", data: { messageId: made._id, roomId, callData } }];
    }
    case "PUT join": {
      if (!message) return [404, { success: false, message: "Call not found" }];
      if (![message.sender, message.receiver].includes(me._id)) return [403, { success: false, message: "Not authorized" }];
      message.callData.status = "answered";
      message.callData.participants.push({ userId: me._id, joinedAt: new Date() });
      save();
      return [200, { success: true, message: "Joined", data: { roomId: message.callData.roomId, callData: message.callData } }];
    }
    case "PUT end": {
      if (!message) return [404, { success: false, message: "Call not found" }];
      const seat = message.callData.participants.find((one) => one.userId === me._id);
      if (seat) seat.leftAt = new Date();
      if (message.callData.participants.every((one) => one.leftAt))
        Object.assign(message.callData, { status: "ended", endedAt: new Date(), duration: 0 });
      save();
      return [200, { success: true, message: "Call ended", data: message.callData }];
    }
    case "PUT decline":
      if (!message) return [404, { success: false, message: "Call not found" }];
      message.callData.status = "declined";
      save();
      return [200, { success: true, message: "Call declined", data: message.callData }];
    case "GET call-history undefined": {
      const mine = messages.filter((one) => one.callData && [one.sender, one.receiver].includes(me._id)).toReversed();
      const [page, limit] = [Number(url.searchParams.get("page") ?? 1), Number(url.searchParams.get("limit") ?? 20)];
      const pagination = { currentPage: page, totalPages: Math.ceil(mine.length / limit), totalCalls: mine.length };
      return [200, { success: true, data: mine.slice((page - 1) * limit, page * limit).map(record), pagination }];
    }
    case "GET messages conversations":
      return [200, { success: true, data: { conversations: conversations(me) } }];
    case "GET messages conversation": {
      const ours = messages.filter((one) => one.conversation === sorted(me._id, id));
      return [200, { success: true, data: { messages: ours.reverse().map(record) } }];
    }
    case "POST messages send": {
      const made = keep(me, body.receiverId, body.type, { content: clean(body.content) });
      return [201, { success: true, message: "Message sent", data: record(made) }];
    }
    case "PUT messages read":
      for (const one of messages) if (one.conversation === id && one.receiver === me._id) one.isRead = true;
      save();
      return [200, { success: true, message: "Messages marked as read" }];
    default:
      return [404, { success: false, message: `Route ${path} not found` }];
  }
}

const server = http.createServer(handler(rest));
const io = new Server(server, socketOptions);

io.use((socket, next) => {
  const { token } = socket.handshake.auth;
  if (!token) return next(new Error("Authentication error"));
  socket.user = whoIs(token);
  next(socket.user ? undefined : new Error("Invalid token"));
});

io.on("connection", (socket) => {
  const me = socket.user;
  const to = (id) => io.to(`user:${id}`);
  const person = () => ({ id: me._id, name: me.fullName, avatar: undefined });
  socket.join(`user:${me._id}`);
  socket.broadcast.emit("user_status_change", { userId: me._id, status: "online" });
  socket.onAny((event, ...args) => seen.push([event, me._id, ...args]));
  for (const kind of ["video", "voice"])
    socket.on(`initiate_${kind}_call`, ({ callId, roomId, recipientId, chatId, callerAvatar }) => {
      socket.join(`call:${callId}`);
      to(recipientId).emit(`incoming_${kind}_call`, { callId, chatId, roomId, caller: { ...person(), avatar: callerAvatar } });
    });
  socket.on("initiate_screen_share", ({ sessionId, chatId, recipientId }) =>
    to(recipientId).emit("incoming_screen_share", { sessionId, chatId, sharer: person() }));
  socket.on("accept_call", ({ callId, callerId }) => {
    socket.join(`call:${callId}`);
    to(callerId).emit("call_accepted", { callId, participantId: me._id, participantName: me.fullName });
  });
  socket.on("decline_call", ({ callId, callerId, reason }) => to(callerId).emit("call_declined", { callId, reason }));
  socket.on("end_call", ({ callId, participantIds, duration }) => {
    participantIds.forEach((id) => to(id).emit("call_ended", { callId, endedBy: me._id, duration }));
    socket.leave(`call:${callId}`);
  });
  socket.on("participant_joined", ({ callId, otherParticipantIds }) => {
    socket.join(`call:${callId}`);
    otherParticipantIds?.forEach((id) => to(id).emit("participant_joined", { callId, participant: { id: me._id, name: me.fullName } }));
  });
  socket.on("participant_left", ({ callId }) => {
    socket.to(`call:${callId}`).emit("participant_left", { callId, participantId: me._id });
    socket.leave(`call:${callId}`);
  });
  for (const [event, what] of [["webrtc_offer", "offer"], ["webrtc_answer", "answer"], ["ice_candidate", "candidate"]])
    socket.on(event, (data) => to(data.targetUserId).emit(event, { callId: data.callId, fromUserId: me._id, [what]: data[what] }));
  socket.on("typing", ({ chatId, recipientId }) => to(recipientId).emit("user_typing", { chatId, userId: me._id }));
  socket.on("stop_typing", ({ chatId, recipientId }) => to(recipientId).emit("user_stop_typing", { chatId, userId: me._id }));
  socket.on("send_message", ({ chatId, recipientId, message }) => to(recipientId).emit("new_message", { chatId, message }));
  socket.on("disconnect", () => socket.broadcast.emit("user_status_change", { userId: me._id, status: "offline" }));
});

listen(server, io, Number(process.argv[2] ?? 0), (id) => [...io.sockets.sockets.values()].filter((socket) => socket.user._id === id));
