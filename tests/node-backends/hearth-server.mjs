// A hearth backend as deployed: REST and socket in one process, and the deployed traps on purpose:
//   the token is looked at for a while and nothing is believed before; two listeners for each webrtc event;
//   invited people not kept; unknown sessions made by joining; seats not counted on the socket; seats that a
//   killed process left active stay so, and whoever joins again is told of old and new ones, each person
//   twice; an end told to the room only and allowed to the initiator only; everybody told to begin; no words
//   for a decline, a cancel or a ring's end; an unanswered session has a start; deleted people are null; a
//   therapist's client is the session's `user`; avatar:{url}; 100 requests in 15 minutes for everything.
//
// node hearth-server.mjs [port]: prints {"port":n} when it listens. GET /test/state tells what it saw,
// POST /test/emit {userId,event,data} says something to somebody's sockets, POST /test/delete {id} deletes
// a person, POST /test/hold {userId} answers that user's `authenticate` only after POST /test/release.
// Options: see deployed.mjs.

import http from "node:http";
import { Server } from "socket.io";
import { database, handler, kept, limited, listen, options, requests, socketOptions } from "./deployed.mjs";

const [db, save] = kept({
  users: [
    { _id: "u1", firstName: "Ana", lastName: "Lima", email: "ana@example.com", password: "secret", avatar: { url: "/ana.png" } },
    { _id: "u2", firstName: "Ben", lastName: "Okoro", email: "ben@example.com", password: "secret", avatar: { url: null } },
    ...(options.crowd ? [
      { _id: "u3", firstName: "Cleo", lastName: "Third", email: "cleo@example.com", password: "secret" },
      { _id: "u4", firstName: "\u202e\u05e9\u05dc\u05d5\u05dd <b>", lastName: null, email: "odd@example.com", password: "secret", avatar: null },
    ] : []),
  ],
  sessions: [],
});
const { users, sessions } = db;
const held = new Map();
const seen = [];
const errors = [];
const iceServers = [{ urls: "stun:stun.l.google.com:19302" }];
const settings = { isVideoEnabled: true, isAudioEnabled: true, isRecordingEnabled: false, allowScreenShare: true };

const named = (user) => ({ id: user._id, firstName: user.firstName, lastName: user.lastName, profilePicture: user.profilePicture });
const byId = (id) => users.find((user) => user._id === id);
const sessionOf = (id) => sessions.find((session) => session.sessionId === id);
const whoIs = (token) => (token?.startsWith("demo_token_") ? users[0] : users.find((user) => token === `token-${user._id}`));

function populated(id) {
  const user = byId(id);
  if (!user) return null;
  const { firstName, lastName, avatar } = user;
  return { _id: id, id, firstName, lastName, fullName: [firstName, lastName].filter(Boolean).join(" "), avatar };
}

function make(sessionId, initiator, more) {
  const session = { sessionId, sessionType: "group", initiatorId: initiator._id, participants: [], maxParticipants: 10,
    status: "waiting", duration: 0, callSettings: settings, metadata: { tags: [] }, createdAt: new Date(), ...more };
  sessions.push(session);
  save();
  return session;
}

function record(session) {
  return { ...session, initiatorId: populated(session.initiatorId),
    participants: session.participants.map((seat) => ({ ...seat, userId: populated(seat.userId) })) };
}

/** As the database gives them; the people of a group are its participants, the client of a single one its user. */
function therapy(me) {
  const now = new Date();
  const single = (id, title, user, therapist) => ({ _id: id, id, title, type: "individual", status: "scheduled", scheduledFor: now, duration: 60,
    user: populated(user), therapist: populated(therapist), participants: [] });
  const all = [["u1", "u2", single("t1", "Tuesday evening", "u1", "u2")]];
  if (options.crowd) {
    all.push(["u3", "u2", single("t2", "Thursday", "u3", "u2")]);
    all.push(["u1", "u2", { ...single("t3", "Group", "u1", "u2"), type: "group",
      participants: [{ user: populated("u9"), role: "participant" }, { user: populated("u4"), role: "observer" }] }]);
  }
  const sessions = all.filter((row) => row.slice(0, 2).includes(me._id)).map((row) => row[2]);
  return [200, { success: true, count: sessions.length, total: sessions.length, pagination: { page: 1, limit: 10, pages: 1 }, sessions }];
}

function finish(session) {
  session.status = "ended";
  session.endTime = new Date();
  session.duration = session.startTime ? Math.round((session.endTime - new Date(session.startTime)) / 1000) : 0;
  save();
}

function rest(method, url, body, headers) {
  if (url.pathname.startsWith("/test/")) return answer(method, url, body);
  const [refused, limits] = limited("Too many requests from this IP, please try again later.");
  const [status, reply] = refused ?? answer(method, url, body, headers.authorization?.replace("Bearer ", ""));
  return [status, reply, limits];
}

function answer(method, url, body, token) {
  const path = url.pathname;
  if (path === "/test/hold") {
    held.set(body.userId, []);
    return [200, {}];
  }
  if (path === "/test/release") {
    const waiting = held.get(body.userId) ?? [];
    held.delete(body.userId);
    waiting.forEach((go) => go());
    return [200, { waiting: waiting.length }];
  }
  if (path === "/test/delete") {
    users.splice(users.findIndex((user) => user._id === body.id), 1);
    save();
    return [200, {}];
  }
  if (path === "/test/state") return [200, { seen, errors, sessions, online: [...io.sockets.sockets.values()].map((socket) => socket.data.userId).filter(Boolean), requests: requests(), sockets: io.engine.clientsCount }];
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
  if (path === "/api/therapy/sessions") return therapy(me);
  if (path === "/api/video-call/history") {
    const mine = sessions.filter((s) => s.initiatorId === me._id || s.participants.some((p) => p.userId === me._id)).toReversed();
    const [page, limit] = [Number(url.searchParams.get("page") ?? 1), Number(url.searchParams.get("limit") ?? 20)];
    return [200, { success: true, data: { callSessions: mine.slice((page - 1) * limit, page * limit).map(record),
      totalPages: Math.ceil(mine.length / limit), currentPage: String(page), total: mine.length } }];
  }
  const [what, id, more] = path.slice("/api/video-call/".length).split("/");
  const session = sessionOf(id);
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
      save();
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

const server = http.createServer(handler(rest));
const io = new Server(server, socketOptions);

io.on("connection", (socket) => {
  const fail = (message) => { errors.push(message); socket.emit("call_error", { message }); };
  const present = (seat) => ({ ...named(byId(seat.userId) ?? {}), userId: seat.userId, id: undefined, peerId: seat.peerId, socketId: seat.socketId,
    hasVideo: true, hasAudio: true, isScreenSharing: false });
  const away = (sessionId, reason) => {
    const session = sessionOf(sessionId);
    const seat = session?.participants.find((p) => p.socketId === socket.id && p.isActive);
    if (!seat) return;
    Object.assign(seat, { isActive: false, leftAt: new Date() });
    save();
    socket.leave(`call_${sessionId}`);
    io.to(`call_${sessionId}`).emit("user_left_call", { userId: seat.userId, socketId: socket.id, ...(reason && { reason }) });
    if (!session.participants.some((p) => p.isActive)) finish(session);
  };
  let me;
  socket.onAny((event, ...args) => seen.push([event, me?._id ?? null, ...args]));
  socket.on("authenticate", (token) => setTimeout(async () => {
    const user = whoIs(token);
    if (!user) return socket.emit("authentication_error", { message: "Authentication failed" });
    if (held.has(user._id)) await new Promise((resolve) => held.get(user._id).push(resolve));
    me = user;
    socket.data.userId = me._id;
    socket.join(`user_${me._id}`);
    socket.emit("authenticated", { success: true, user: { id: me._id, firstName: me.firstName, lastName: me.lastName } });
  }, 200));
  socket.on("join_call_session", async ({ sessionId, peerId }) => {
    if (!me) return fail("User not authenticated");
    await database();
    const session = sessionOf(sessionId) ?? make(sessionId, me, {});
    if (session.status === "ended") return fail("Call session has ended");
    // A seat is given up by leaving or by a disconnect that this process saw, and by nothing else.
    const others = session.participants.filter((p) => p.isActive && p.userId !== me._id);
    const seat = { userId: me._id, peerId, socketId: socket.id, joinedAt: new Date(), isActive: true, hasVideo: true, hasAudio: true };
    session.participants.push(seat);
    save();
    socket.join(`call_${sessionId}`);
    await database();
    socket.emit("call_session_joined", { sessionId, participants: session.participants.filter((p) => p.isActive).map(present), callSettings: session.callSettings });
    socket.to(`call_${sessionId}`).emit("user_joined_call", { participant: present(seat) });
    for (const other of others) {
      io.to(other.socketId).emit("initiate_peer_connection", { targetPeerId: peerId, participant: present(seat) });
      socket.emit("initiate_peer_connection", { targetPeerId: other.peerId, participant: present(other) });
    }
  });
  socket.on("leave_call_session", ({ sessionId }) => away(sessionId));
  for (const [event, field] of [["webrtc_offer", "offer"], ["webrtc_answer", "answer"], ["webrtc_ice_candidate", "candidate"]]) {
    const from = (sessionId) => sessionOf(sessionId)?.participants.find((p) => p.socketId === socket.id);
    socket.on(event, (data) => {
      const target = sessionOf(data.sessionId)?.participants.findLast((p) => p.peerId === data.targetPeerId && p.isActive);
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
  socket.on("disconnect", () => { for (const { sessionId } of sessions) away(sessionId, "disconnected"); });
});

listen(server, io, Number(process.argv[2] ?? 0), (id) => [...io.sockets.sockets.values()].filter((socket) => socket.data.userId === id));
