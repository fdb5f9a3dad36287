// A dealerdesk backend as deployed: chat and calls in one service, no authentication anywhere, login stubs,
// and the deployed traps on purpose:
//   row numbers as text; messages told twice; message rows that say message_content, sent_at, read_status;
//   `join_room` leaves the room the socket was in before; a room's events to everybody in it and to nobody
//   else; GET /api/chat/room/:one/:two makes a room of any two words, so that asking
//   /api/chat/room/<room>/messages makes a junk room; answers that name no call; no ring timer unless the
//   callee was away; no word for a lost caller; ends and acceptances of anybody believed; no history.
//
// node dealerdesk-server.mjs [port]: prints {"port":n} when it listens. GET /test/state tells what it saw;
// POST /test/delete {email} deletes a person. Options: see deployed.mjs.

import http from "node:http";
import { Server } from "socket.io";
import { handler, kept, listen, options, socketOptions } from "./deployed.mjs";

const [db, save] = kept({
  dealers: [
    { id: 1, email: "dan@garage.example", companyName: "Dan's Garage", password: "secret" },
    { id: 2, email: "dora@cars.example", companyName: "Dora Cars", password: "secret" },
  ],
  technicians: [{ id: 7, email: "tea@fix.example", name: "Tea" }, { id: 8, email: "tom@fix.example", name: null }],
  rooms: [],
  messages: [],
  calls: [],
});
const { rooms, messages, calls } = db;
const registered = new Map();
const seen = [];

const roomId = (dealer, technician, post) => `${dealer}:${technician}${post ? `:POST_${post}` : ""}`;

function openRoom(dealer_email, technician_email, post_id = null) {
  const room_id = roomId(dealer_email, technician_email, post_id);
  let room = rooms.find((room) => room.room_id === room_id);
  if (!room) {
    room = { room_id, dealer_email, technician_email, post_id };
    rooms.push(room);
    save();
  }
  return room;
}
openRoom("dan@garage.example", "tea@fix.example", "7");
if (options.crowd) {
  openRoom("dan@garage.example", "tea@fix.example");
  openRoom("dora@cars.example", "tea@fix.example");
  openRoom("dan@garage.example", "\u05e9\u05dc\u05d5\u05dd <b>@fix.example");
}

// As node-postgres gives them: 64-bit integers and counts are text.
const text = (number) => String(number);

function roomRow(room, email) {
  const here = messages.filter((row) => row.room_id === room.room_id);
  const last = here.at(-1);
  return { ...room, unread_count: text(here.filter((row) => row.sender_email !== email && !row.read_status).length),
    last_message: last?.message_content ?? null, last_message_time: last?.sent_at ?? null, last_message_sender: last?.sender_email ?? null };
}

function rest(method, url, body) {
  const parts = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const query = url.searchParams;
  const page = (rows) => rows.slice(Number(query.get("offset") ?? 0)).slice(0, Number(query.get("limit") ?? 50));
  switch (`${method} /${parts.slice(0, 3).join("/")}`) {
    case "GET /test/state":
      return [200, { seen, registered: [...registered.keys()], online: [...registered].filter(([, ids]) => ids.size).map(([email]) => email), calls, rooms, messages, sockets: io.engine.clientsCount }];
    case "POST /test/delete":
      for (const table of [db.dealers, db.technicians]) {
        const at = table.findIndex((user) => user.email === body.email);
        if (at >= 0) table.splice(at, 1);
      }
      save();
      return [200, {}];
    case "POST /api/dealers/login": {
      const user = db.dealers.find((user) => user.email === body.email && user.password === body.password);
      if (!user) return [401, { error: "Invalid credentials" }];
      const { password, ...dealer } = user;
      return [200, { message: "Login successful", dealer }];
    }
    case "POST /api/technicians/login": {
      const user = db.technicians.find((user) => user.email === body.email);
      return user ? [200, { success: true, data: user }] : [404, { error: "Technician not found" }];
    }
    case "GET /api/chat/rooms":
      return [200, rooms.filter((room) => [room.dealer_email, room.technician_email].includes(parts[3])).map((room) => roomRow(room, parts[3]))];
    case "GET /api/chat/room":
      // The route of a room's messages stands behind this one, which takes its path.
      if (parts.length !== 5 || !parts[4]) return [404, "<html>Cannot GET it</html>"];
      return [200, openRoom(parts[3], parts[4], query.get("postId"))];
    case "GET /api/chat/messages": {
      if (!query.get("dealerEmail") || !query.get("technicianEmail")) return [400, { error: "dealerEmail and technicianEmail are required" }];
      const id = roomId(query.get("dealerEmail"), query.get("technicianEmail"), query.get("postId"));
      return [200, page(messages.filter((row) => row.room_id === id))];
    }
    case "GET /api/chat/unread-count":
      return [200, { unreadCount: text(messages.filter((row) => row.sender_email !== parts[3] && !row.read_status).length) }];
    case "GET /health":
      return [200, { status: "OK", service: "chat-service", timestamp: new Date() }];
    default:
      return [404, "<html>Cannot GET it</html>"];
  }
}

const server = http.createServer(handler(rest));
const io = new Server(server, socketOptions);

/** An update of whatever row has that number; none is no error. */
function mark(id, status, only) {
  const call = calls.find((call) => call.id === text(id) && (!only || call.status === only));
  if (call) call.status = status;
  save();
  return call;
}

io.on("connection", (socket) => {
  socket.onAny((event, ...args) => seen.push([event, ...args]));
  socket.on("register_for_notifications", ({ userEmail, userType }) => {
    Object.assign(socket, { userEmail, userType });
    if (!registered.has(userEmail)) registered.set(userEmail, new Set());
    registered.get(userEmail).add(socket.id);
  });
  socket.on("join_room", ({ dealerEmail, technicianEmail, userType, postId }) => {
    const room = openRoom(dealerEmail, technicianEmail, postId);
    const userEmail = userType === "DEALER" ? dealerEmail : technicianEmail;
    if (socket.roomId) socket.leave(socket.roomId);
    Object.assign(socket, { userEmail, userType, roomId: room.room_id });
    socket.join(room.room_id);
    socket.to(room.room_id).emit("user_joined", { userType, email: userEmail, timestamp: new Date() });
  });
  socket.on("send_message", ({ roomId, message, senderType }) => {
    const room = rooms.find((room) => room.room_id === roomId);
    if (!room) return socket.emit("error", { message: "Room not found" });
    const row = { id: text(messages.length + 1), room_id: roomId, sender_email: socket.userEmail, sender_type: senderType,
      message_content: message, sent_at: new Date(), read_status: false };
    messages.push(row);
    save();
    const told = { ...row, senderName: socket.userEmail.split("@")[0], roomId };
    io.to(roomId).emit("new_message", told);
    const other = senderType === "DEALER" ? room.technician_email : room.dealer_email;
    for (const id of registered.get(other) ?? []) io.to(id).emit("chat_notification", told);
  });
  socket.on("mark_read", ({ messageId }) => {
    const row = messages.find((row) => row.id === text(messageId));
    if (row) row.read_status = true;
    save();
    if (row) io.to(row.room_id).emit("message_read", { messageId });
  });
  socket.on("mark_room_read", ({ roomId }) => {
    for (const row of messages) if (row.room_id === roomId && row.sender_email !== socket.userEmail) row.read_status = true;
    io.to(roomId).emit("room_marked_read", { roomId });
  });
  socket.on("typing", ({ isTyping }) => {
    socket.to(socket.roomId).emit("user_typing", { userEmail: socket.userEmail, userType: socket.userType, isTyping });
  });
  socket.on("call_initiate", ({ roomId, callType, targetEmail }) => {
    // The record refers to a room.
    if (!rooms.some((room) => room.room_id === roomId)) return socket.emit("call_failed", { reason: "Failed to initiate call" });
    const call = { id: text(calls.length + 41), roomId, caller: socket.userEmail, callType, status: "INITIATED", started: Date.now() };
    calls.push(call);
    save();
    const targets = registered.get(targetEmail) ?? new Set();
    if (targets.size === 0) {
      setTimeout(() => mark(call.id, "MISSED", "INITIATED"), 30000).unref();
      return socket.emit("call_failed", { reason: "User not available" });
    }
    for (const id of targets)
      io.to(id).emit("incoming_call", { callId: call.id, roomId, callerEmail: socket.userEmail, callerType: socket.userType, callType, timestamp: new Date() });
    socket.emit("call_initiated", { callId: call.id, status: "sent" });
  });
  socket.on("call_accept", ({ callId, roomId }) => {
    mark(callId, "ANSWERED");
    io.to(roomId).emit("call_accepted", { callId, roomId });
  });
  socket.on("call_reject", ({ callId, roomId }) => {
    mark(callId, "REJECTED");
    io.to(roomId).emit("call_rejected", { callId, roomId, rejectedBy: socket.userEmail, timestamp: new Date() });
  });
  socket.on("call_end", ({ callId, roomId }) => {
    const call = mark(callId, "ENDED");
    io.to(roomId).emit("call_ended", { callId, durationSeconds: call ? Math.floor((Date.now() - call.started) / 1000) : 0 });
  });
  for (const [event, field] of [["webrtc_offer", "offer"], ["webrtc_answer", "answer"], ["ice_candidate", "candidate"]])
    socket.on(event, (data) => socket.to(data.roomId).emit(event, { [field]: data[field], roomId: data.roomId, senderEmail: socket.userEmail }));
  socket.on("disconnecting", () => {
    registered.get(socket.userEmail)?.delete(socket.id);
    if (socket.roomId) socket.to(socket.roomId).emit("user_left", { userEmail: socket.userEmail, userType: socket.userType, timestamp: new Date() });
  });
});

listen(server, io, Number(process.argv[2] ?? 0), (email) => [...io.sockets.sockets.values()].filter((socket) => socket.userEmail === email));
