// A hearth backend as deployed: REST and socket in one process, state in memory, and the deployed traps
// on purpose (the token is looked at for a while and nothing is believed before, two listeners for each
// webrtc event, invited people not kept, unknown sessions made by joining, seats not counted on the
// socket, an end told to the room only and allowed to the initiator only, everybody told to begin).
//
// node hearth-server.mjs [port]: prints {"port":n} when it listens. GET /test/state tells what it saw,
// POST /test/emit {userId,event,data} says something to somebody's sockets.

import http from "node:http";
import { Server } from "socket.io";

const users = [
  { _id: "u1", firstName: "Ana", lastName: "Lima", email: "ana@example.com", password: "secret", profilePicture: null },
  { _id: "u2", firstName: "Ben", lastName: "Okoro", email: "ben@example.com", password: "secret", profilePicture: null },
];
const sessions = new Map();
const seen = [];
const errors = [];
const iceServers = [{ urls: "stun:stun.l.google.com:19302" }];
const settings = { isVideoEnabled: true, isAudioEnabled: true, isRecordingEnabled: false, allowScreenShare: true };

const named = (user) => ({ id: user._id, firstName: user.firstName, lastName: user.lastName, profilePicture: user.profilePicture });
const populated = (user) => ({ _id: user._id, firstName: user.firstName, lastName: user.lastName, profilePicture: user.profilePicture });
const byId = (id) => users.find((user) => user._id === id);
const whoIs = (token) => (token?.startsWith("demo_token_") ? users[0] : users.find((user) => token === `token-${user._id}`));

function make(sessionId, initiator, more) {
  const session = { sessionId, sessionType: "group", initiatorId: initiator._id, participants: [], maxParticipants: 10,
    status: "waiting", duration: 0, callSettings: settings, metadata: { tags: [] }, createdAt: new Date(), ...more };
  sessions.set(sessionId, session);
  return session;
}

function record(session) {
  return { ...session, initiatorId: populated(byId(session.initiatorId)),
    participants: session.participants.map((seat) => ({ ...seat, userId: populated(byId(seat.userId)) })) };
}

function finish(session) {
  session.status = "ended";
  session.endTime = new Date();
  session.duration = session.startTime ? Math.round((session.endTime - session.startTime) / 1000) : 0;
}

function rest(method, path, body, token) {
  if (path === "/test/state") return [200, { seen, errors, sockets: io.engine.clientsCount }];
  if (path === "/test/emit") {
    io.to(`user_${body.userId}`).emit(body.event, body.data);
    return [200, {}];
  }
  if (path === "/api/auth/login") {
    const user = users.find((user) => user.email === body.email && user.password === body.password);
    if (!user) return [401, { success: false, message: "Invalid credentials" }];
    return [200, { success: true, token: `token-${user._id}`, user: { ...named(user), email: user.email } }];
  }
  if (!path.startsWith("/api/")) return [404, "<html>Cannot find it</html>"];
  const me = whoIs(token);
  if (!me) return [401, { success: false, message: "Token is not valid" }];
  if (path === "/api/therapy/sessions") {
    const therapist = populated(users[1]);
    return [200, { success: true, data: [{ _id: "t1", title: "Tuesday evening", type: "individual", status: "in-progress",
      therapistId: therapist, participants: [{ userId: populated(users[0]), role: "participant" }], duration: 50 }] }];
  }
  if (path === "/api/video-call/history") {
    const mine = [...sessions.values()].filter((s) => s.initiatorId === me._id || s.participants.some((p) => p.userId === me._id));
    return [200, { success: true, data: { callSessions: mine.reverse().map(record), totalPages: 1, currentPage: "1", total: mine.length } }];
  }
  const [what, id, more] = path.slice("/api/video-call/".length).split("/");
  const session = sessions.get(id);
  switch (`${method} ${what} ${more ?? ""}`.trim()) {
    case "POST initiate": {
      if (!body.participants?.length)
        return [400, { success: false, message: "Validation failed", errors: [{ msg: "At least one participant is required", path: "participants", location: "body" }] }];
      const tail = Math.random().toString(36).slice(2, 11);
      const made = make(`call_${Date.now()}_${tail}`, me, { sessionType: body.sessionType, callSettings: body.callSettings ?? settings,
        maxParticipants: body.sessionType === "one-to-one" ? 2 : 8, metadata: { tags: [], ...body.metadata } });
      for (const user of body.participants)
        io.to(`user_${user}`).emit("call_invitation", { sessionId: made.sessionId, sessionType: made.sessionType,
          initiator: named(me), callSettings: made.callSettings, metadata: made.metadata, iceServers });
      return [201, { success: true, message: "Call session initiated successfully", data: { sessionId: made.sessionId, iceServers, callSettings: made.callSettings } }];
    }
    case "POST join": {
      if (!session || session.status === "ended") return [404, { success: false, message: "Call session not found or has ended" }];
      const active = session.participants.filter((p) => p.isActive);
      if (active.length >= session.maxParticipants) return [400, { success: false, message: "Call session is full" }];
      if (session.status === "waiting") Object.assign(session, { status: "active", startTime: new Date() });
      return [200, { success: true, message: "Ready to join call session", data: { sessionId: id, sessionType: session.sessionType,
        participants: active, callSettings: session.callSettings, iceServers } }];
    }
    case "POST session end":
      if (!session) return [404, { success: false, message: "Call session not found" }];
      if (session.initiatorId !== me._id) return [403, { success: false, message: "Only the initiator can end the call" }];
      finish(session);
      io.to(`call_${id}`).emit("call_ended", { sessionId: id, endedBy: named(me), duration: session.duration });
      return [200, { success: true, message: "ended", data: { duration: session.duration, durationInMinutes: 0 } }];
    case "PUT session media":
      // Compares a populated document with an id, and never finds anybody.
      return [404, { success: false, message: "Participant not found in call session" }];
    default:
      return [404, { success: false, message: "Route not found" }];
  }
}

const server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString();
  const token = request.headers.authorization?.replace("Bearer ", "");
  const [status, reply] = rest(request.method, new URL(request.url, "http://x").pathname, text ? JSON.parse(text) : {}, token);
  response.writeHead(status, { "content-type": typeof reply === "string" ? "text/html" : "application/json" });
  response.end(typeof reply === "string" ? reply : JSON.stringify(reply));
});

const io = new Server(server, { cors: { origin: "*" }, pingInterval: 2000, pingTimeout: 2000 });

io.on("connection", (socket) => {
  const fail = (message) => { errors.push(message); socket.emit("call_error", { message }); };
  const present = (seat) => ({ ...named(byId(seat.userId)), userId: seat.userId, id: undefined, peerId: seat.peerId, socketId: seat.socketId,
    hasVideo: true, hasAudio: true, isScreenSharing: false });
  const away = (sessionId, reason) => {
    const session = sessions.get(sessionId);
    const seat = session?.participants.find((p) => p.socketId === socket.id && p.isActive);
    if (!seat) return;
    Object.assign(seat, { isActive: false, leftAt: new Date() });
    socket.leave(`call_${sessionId}`);
    io.to(`call_${sessionId}`).emit("user_left_call", { userId: seat.userId, socketId: socket.id, ...(reason && { reason }) });
    if (!session.participants.some((p) => p.isActive)) finish(session);
  };
  let me;
  socket.onAny((event, ...args) => seen.push([event, me?._id ?? null, ...args]));
  socket.on("authenticate", (token) => setTimeout(() => {
    const user = whoIs(token);
    if (!user) return socket.emit("authentication_error", { message: "Authentication failed" });
    me = user;
    socket.join(`user_${me._id}`);
    socket.emit("authenticated", { success: true, user: { id: me._id, firstName: me.firstName, lastName: me.lastName } });
  }, 200));
  socket.on("join_call_session", ({ sessionId, peerId }) => {
    if (!me) return fail("User not authenticated");
    const session = sessions.get(sessionId) ?? make(sessionId, me, {});
    if (session.status === "ended") return fail("Call session has ended");
    const others = session.participants.filter((p) => p.isActive && p.userId !== me._id);
    session.participants = session.participants.filter((p) => p.userId !== me._id);
    const seat = { userId: me._id, peerId, socketId: socket.id, joinedAt: new Date(), isActive: true, hasVideo: true, hasAudio: true };
    session.participants.push(seat);
    socket.join(`call_${sessionId}`);
    socket.emit("call_session_joined", { sessionId, participants: session.participants.filter((p) => p.isActive).map(present), callSettings: session.callSettings });
    socket.to(`call_${sessionId}`).emit("user_joined_call", { participant: present(seat) });
    for (const other of others) {
      io.to(other.socketId).emit("initiate_peer_connection", { targetPeerId: peerId, participant: present(seat) });
      socket.emit("initiate_peer_connection", { targetPeerId: other.peerId, participant: present(other) });
    }
  });
  socket.on("leave_call_session", ({ sessionId }) => away(sessionId));
  for (const [event, field] of [["webrtc_offer", "offer"], ["webrtc_answer", "answer"], ["webrtc_ice_candidate", "candidate"]]) {
    const from = (sessionId) => sessions.get(sessionId)?.participants.find((p) => p.socketId === socket.id);
    socket.on(event, (data) => {
      const target = sessions.get(data.sessionId)?.participants.find((p) => p.peerId === data.targetPeerId && p.isActive);
      if (!target) return fail("Target peer not found");
      io.to(target.socketId).emit(event, { fromPeerId: from(data.sessionId)?.peerId, sessionId: data.sessionId, [field]: data[field] });
    });
    socket.on(event, (data) => {
      if (!data.targetSocketId) return;
      io.to(data.targetSocketId).emit(event, { fromPeerId: from(data.sessionId)?.peerId, fromSocketId: socket.id, fromUserId: me?._id,
        sessionId: data.sessionId, [field]: data[field] });
    });
  }
  socket.on("media_state_changed", ({ sessionId, ...media }) =>
    socket.to(`call_${sessionId}`).emit("participant_media_changed", { userId: me?._id, socketId: socket.id, ...media }));
  socket.on("toggle_audio", ({ sessionId, hasAudio }) =>
    socket.to(`call_${sessionId}`).emit("participant_toggled_audio", { userId: me?._id, hasAudio }));
  socket.on("toggle_video", ({ sessionId, hasVideo }) =>
    socket.to(`call_${sessionId}`).emit("participant_toggled_video", { userId: me?._id, hasVideo }));
  for (const event of ["screen_share_started", "screen_share_stopped"])
    socket.on(event, ({ sessionId }) => socket.to(`call_${sessionId}`).emit(`participant_${event}`, { userId: me?._id, socketId: socket.id }));
  socket.on("disconnect", () => { for (const sessionId of sessions.keys()) away(sessionId, "disconnected"); });
});

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
