// A dealerdesk backend as deployed: chat and calls in one service, no authentication anywhere, state in
// memory, and the deployed traps on purpose (row numbers as text, messages told twice, a room's events to
// everybody in it and to nobody else, answers that name no call, no ring timer unless the callee was away,
// ends and acceptances of anybody believed).
//
// node dealerdesk-server.mjs [port]: prints {"port":n} when it listens. GET /test/state tells what it saw.

import http from "node:http";
import { Server } from "socket.io";

const dealers = [{ id: 1, email: "dan@garage.example", companyName: "Dan's Garage", password: "secret" }];
const technicians = [{ id: 7, email: "tea@fix.example", name: "Tea" }];
const rooms = new Map();
const messages = [];
const calls = new Map();
const registered = new Map();
const seen = [];

const roomId = (dealer, technician, post) => `${dealer}:${technician}${post ? `:POST_${post}` : ""}`;

function openRoom(dealer_email, technician_email, post_id = null) {
  const room_id = roomId(dealer_email, technician_email, post_id);
  if (!rooms.has(room_id)) rooms.set(room_id, { room_id, dealer_email, technician_email, post_id });
  return rooms.get(room_id);
}
openRoom("dan@garage.example", "tea@fix.example", "7");

// As node-postgres gives them: 64-bit integers and counts are text.
const text = (number) => String(number);

function roomRow(room, email) {
  const here = messages.filter((row) => row.room_id === room.room_id);
  const last = here.at(-1);
  return { ...room, unread_count: text(here.filter((row) => row.sender_email !== email && !row.is_read).length),
    last_message: last?.message ?? null, last_message_time: last?.created_at ?? null, last_message_sender: last?.sender_email ?? null };
}

function rest(method, url, body) {
  const parts = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const query = url.searchParams;
  const page = (rows) => rows.slice(0, Number(query.get("limit") ?? 50));
  switch (`${method} /${parts.slice(0, 3).join("/")}`) {
    case "GET /test/state":
      return [200, { seen, registered: [...registered.keys()], calls: [...calls.values()], sockets: io.engine.clientsCount }];
    case "POST /api/dealers/login": {
      const user = dealers.find((user) => user.email === body.email && user.password === body.password);
      if (!user) return [401, { error: "Invalid credentials" }];
      const { password, ...dealer } = user;
      return [200, { message: "Login successful", dealer }];
    }
    case "POST /api/technicians/login": {
      const user = technicians.find((user) => user.email === body.email);
      return user ? [200, { success: true, data: user }] : [404, { error: "Technician not found" }];
    }
    case "GET /api/chat/rooms":
      return [200, [...rooms.values()].filter((room) => [room.dealer_email, room.technician_email].includes(parts[3])).map((room) => roomRow(room, parts[3]))];
    case "GET /api/chat/room":
      if (parts[4] === "messages") return [200, page(messages.filter((row) => row.room_id === parts[3]))];
      return [200, openRoom(parts[3], parts[4], query.get("postId"))];
    case "GET /api/chat/messages": {
      if (!query.get("dealerEmail") || !query.get("technicianEmail")) return [400, { error: "dealerEmail and technicianEmail are required" }];
      const id = roomId(query.get("dealerEmail"), query.get("technicianEmail"), query.get("postId"));
      return [200, page(messages.filter((row) => row.room_id === id))];
    }
    case "GET /api/chat/unread-count":
      return [200, { unreadCount: text(messages.filter((row) => row.sender_email !== parts[3] && !row.is_read).length) }];
    case "GET /health":
      return [200, { status: "OK", service: "chat-service", timestamp: new Date() }];
    default:
      return [404, "<html>Cannot GET it</html>"];
  }
}

const server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const sent = Buffer.concat(parts).toString();
  const [status, reply] = rest(request.method, new URL(request.url, "http://x"), sent ? JSON.parse(sent) : {});
  response.writeHead(status, { "content-type": typeof reply === "string" ? "text/html" : "application/json" });
  response.end(typeof reply === "string" ? reply : JSON.stringify(reply));
});

const io = new Server(server, { cors: { origin: "*" }, pingInterval: 2000, pingTimeout: 2000 });

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
    Object.assign(socket, { userEmail, userType, roomId: room.room_id });
    socket.join(room.room_id);
    socket.to(room.room_id).emit("user_joined", { userType, email: userEmail, timestamp: new Date() });
  });
  socket.on("send_message", ({ roomId, message, senderType }) => {
    const room = rooms.get(roomId);
    if (!room) return socket.emit("error", { message: "Room not found" });
    const row = { id: text(messages.length + 1), room_id: roomId, sender_email: socket.userEmail, sender_type: senderType,
      message, is_read: false, created_at: new Date() };
    messages.push(row);
    const told = { ...row, senderName: socket.userEmail.split("@")[0], roomId };
    io.to(roomId).emit("new_message", told);
    const other = senderType === "DEALER" ? room.technician_email : room.dealer_email;
    for (const id of registered.get(other) ?? []) io.to(id).emit("chat_notification", told);
  });
  socket.on("mark_read", ({ messageId }) => {
    const row = messages.find((row) => row.id === text(messageId));
    if (row) row.is_read = true;
    if (row) io.to(row.room_id).emit("message_read", { messageId });
  });
  socket.on("mark_room_read", ({ roomId }) => {
    for (const row of messages) if (row.room_id === roomId && row.sender_email !== socket.userEmail) row.is_read = true;
    io.to(roomId).emit("room_marked_read", { roomId });
  });
  socket.on("typing", ({ isTyping }) => {
    socket.to(socket.roomId).emit("user_typing", { userEmail: socket.userEmail, userType: socket.userType, isTyping });
  });
  socket.on("call_initiate", ({ roomId, callType, targetEmail }) => {
    const call = { id: text(calls.size + 41), roomId, caller: socket.userEmail, callType, status: "INITIATED", started: Date.now() };
    calls.set(call.id, call);
    const targets = registered.get(targetEmail) ?? new Set();
    if (targets.size === 0) {
      setTimeout(() => { if (call.status === "INITIATED") call.status = "MISSED"; }, 30000).unref();
      return socket.emit("call_failed", { reason: "User not available" });
    }
    for (const id of targets)
      io.to(id).emit("incoming_call", { callId: call.id, roomId, callerEmail: socket.userEmail, callerType: socket.userType, callType, timestamp: new Date() });
    socket.emit("call_initiated", { callId: call.id, status: "sent" });
  });
  socket.on("call_accept", ({ callId, roomId }) => {
    calls.get(text(callId)).status = "ANSWERED";
    io.to(roomId).emit("call_accepted", { callId, roomId });
  });
  socket.on("call_reject", ({ callId, roomId }) => {
    calls.get(text(callId)).status = "REJECTED";
    io.to(roomId).emit("call_rejected", { callId, roomId, rejectedBy: socket.userEmail, timestamp: new Date() });
  });
  socket.on("call_end", ({ callId, roomId }) => {
    const call = calls.get(text(callId));
    call.status = "ENDED";
    io.to(roomId).emit("call_ended", { callId, durationSeconds: Math.floor((Date.now() - call.started) / 1000) });
  });
  for (const [event, field] of [["webrtc_offer", "offer"], ["webrtc_answer", "answer"], ["ice_candidate", "candidate"]])
    socket.on(event, (data) => socket.to(data.roomId).emit(event, { [field]: data[field], roomId: data.roomId, senderEmail: socket.userEmail }));
  socket.on("disconnecting", () => {
    registered.get(socket.userEmail)?.delete(socket.id);
    if (socket.roomId) socket.to(socket.roomId).emit("user_left", { userEmail: socket.userEmail, userType: socket.userType, timestamp: new Date() });
  });
});

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
