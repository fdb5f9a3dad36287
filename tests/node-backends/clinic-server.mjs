// A clinic backend as deployed: REST and namespace /video-call in one process, no authentication on the
// socket, and the deployed traps on purpose:
//   no list of members and no room in its events; no user-left for a lost connection (and its flag stays);
//   an end clears both flags and a later entry raises one again while the status stays Ended; no updatedAt
//   in a room; signals and ends from anybody who knows the room; rooms created for anybody; nothing that
//   rings; startDate honoured only together with endDate, oldest appointment first, page by page;
//   profileImageUrl instead of an avatar.
//
// node clinic-server.mjs [port] [profiles]: prints {"port":n} when it listens. GET /test/state tells what
// it saw; POST /test/foreign-end ends a call in a stranger's name; POST /test/leave-flag marks somebody.
// With `profiles` appointments name profiles, whose ids are not those of the accounts. The option `past`
// gives that many old appointments. Other options: see deployed.mjs.

import http from "node:http";
import { randomBytes } from "node:crypto";
import { Server } from "socket.io";
import { database, handler, kept, listen, options, socketOptions } from "./deployed.mjs";

const profiles = process.argv[3] === "profiles";
const users = [
  { id: "u-jane", email: "jane@example.com", role: "Practitioner", firstName: "Dr. Jane", lastName: "Smith", profileImageUrl: "/jane.png" },
  { id: "u-ann", email: "ann@example.com", role: "Patient", firstName: "Ann", lastName: "Wu" },
  { id: "u-bob", email: "bob@example.com", role: "Patient", firstName: "Bob", lastName: "Li" },
  { id: "u-odd", email: "odd@example.com", role: "Patient", firstName: "\u202e\u05e9\u05dc\u05d5\u05dd <b>", lastName: null, profileImageUrl: null },
  { id: "u-wait", email: "wait@example.com", role: "Practitioner", firstName: "Not", lastName: "Yet", pending: true },
  { id: "u-new", email: "new@example.com", role: "Patient", firstName: "New", lastName: "Comer", due: true },
];
const user = (id) => users.find((user) => user.id === id);
const named = (id) => (profiles ? id.replace("u-", "p-") : id);
const party = ({ id, firstName, lastName, profileImageUrl }) => ({ id: named(id), firstName, lastName, profileImageUrl });

const minutes = (n) => new Date(Date.now() + n * 60_000).toISOString();
const appointments = [
  { id: "a1", name: "Check-up", patient: "u-ann", at: minutes(-5), type: "Remote", status: "Scheduled" },
  { id: "a2", name: "Blood test", patient: "u-bob", at: minutes(10), type: "Remote", status: "Scheduled" },
  { id: "a3", name: "Knee", patient: "u-ann", at: minutes(60), type: "Physical", status: "Scheduled" },
  { id: "a4", name: "Later", patient: "u-ann", at: minutes(3000), type: "Remote", status: "PendingPatientConfirmation" },
  ...(options.crowd ? [{ id: "a5", name: null, patient: "u-odd", at: minutes(20), type: "Remote", status: "Scheduled" }] : []),
];
for (let n = 0; n < (options.past ?? 0); n += 1)
  appointments.unshift({ id: `old-${n}`, name: "Past", patient: n % 2 ? "u-ann" : "u-bob", at: minutes(-1440 * (n + 2)), type: "Remote", status: "Completed" });
const [{ rooms }, save] = kept({ rooms: [] });
const seen = [];
const polls = { list: 0, room: 0 };

const newRoom = (appointmentId) => {
  const roomId = `room_${Date.now()}_${parseInt(randomBytes(6).toString("hex"), 16).toString(36).padStart(9, "0").slice(0, 9)}`;
  const now = new Date().toISOString();
  const room = { id: `r-${appointmentId}`, appointmentId, roomId, status: "Waiting", practitionerJoined: false,
    patientJoined: false, startedAt: null, endedAt: null, createdAt: now, updatedAt: now };
  rooms.push(room);
  save();
  return room;
};
// The second appointment is from before there were rooms.
if (!rooms.length) for (const id of options.crowd ? ["a1", "a2", "a5"] : ["a1"]) newRoom(id);

const write = (room, change) => { Object.assign(room, change, { updatedAt: new Date().toISOString() }); save(); };
const row = (a) => ({ id: a.id, name: a.name, patientId: named(a.patient), practitionerId: named("u-jane"),
  appointmentDateTime: a.at, durationInMinutes: 30, type: a.type, status: a.status, notes: null,
  patient: party(user(a.patient)), practitioner: party(user("u-jane")) });
const nest = (statusCode, message, error) => [statusCode, { statusCode, message, error }];
const mine = (me, a) => a && (me.id === "u-jane" || a.patient === me.id);

function rest(method, url, body, { authorization }) {
  const path = url.pathname;
  if (path === "/test/state") return [200, { seen, rooms, polls, sockets: io.engine.clientsCount }];
  if (path === "/test/foreign-end") {
    calls.to(body.roomId).emit("call-ended", { userId: "u-mallory" });
    calls.in(body.roomId).socketsLeave(body.roomId);
    return [200, {}];
  }
  if (path === "/test/leave-flag") {
    write(rooms.find((room) => room.appointmentId === body.appointmentId), body.change);
    return [200, {}];
  }
  if (method === "POST" && ["/auth/login", "/auth/login/practitioner"].includes(path)) {
    const who = users.find((user) => user.email === body.email && body.password === "secret");
    if (!who || (path.endsWith("practitioner") && who.role !== "Practitioner"))
      return nest(401, "Invalid credentials", "Unauthorized");
    if (who.pending) return nest(403, "Your account is waiting for approval", "Forbidden");
    if (who.due)
      return [201, { code: "PASSWORD_CHANGE_REQUIRED", message: "Please change your password", temp_access_token: "t" }];
    return [201, { code: "LOGIN_SUCCESS", access_token: `token-${who.id}` }];
  }
  const me = users.find((user) => authorization === `Bearer token-${user.id}`);
  if (!me) return nest(401, "Unauthorized", "Unauthorized");
  // The claims of the token, as its guard leaves them on the request.
  if (path === "/auth/status")
    return [200, { code: "TOKEN_VALID", user: { sub: me.id, email: me.email, role: me.role, jti: "j" } }];
  if (path === "/appointments") {
    polls.list += 1;
    const dates = ["startDate", "endDate"].map((name) => url.searchParams.get(name));
    const [from, to] = dates.every(Boolean) ? dates.map((date) => Date.parse(date)) : [-Infinity, Infinity];
    const page = Number(url.searchParams.get("page") ?? 1);
    const size = Number(url.searchParams.get("pageSize") ?? 10);
    const all = appointments.filter((a) => mine(me, a) && Date.parse(a.at) >= from && Date.parse(a.at) <= to)
      .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
    if (url.searchParams.get("sortOrder") === "desc") all.reverse();
    const data = all.slice((page - 1) * size, page * size).map(row);
    return [200, { data, meta: { totalCount: all.length, currentPage: page, pageSize: size, totalPages: Math.ceil(all.length / size) } }];
  }
  const [, id, create] = path.match(/^\/video-call\/room\/appointment\/([^/]+)(\/create)?$/) ?? [];
  if (id) {
    const appointment = appointments.find((a) => a.id === id);
    const room = rooms.find((room) => room.appointmentId === id);
    if (create && method === "POST") return [201, { roomId: (room ?? newRoom(id)).roomId }];
    polls.room += 1;
    if (!room) return nest(404, "Room not found for this appointment", "Not Found");
    if (!mine(me, appointment)) return nest(403, "You are not authorized to access this room", "Forbidden");
    const { patient, practitioner } = row(appointment);
    const { createdAt, updatedAt, ...told } = room;
    return [200, { ...told, appointment: { id, scheduledDate: appointment.at, patient, practitioner } }];
  }
  return nest(404, `Cannot ${method} ${path}`, "Not Found");
}

const server = http.createServer(handler(rest));
const io = new Server(server, socketOptions);
const calls = io.of("/video-call");

calls.on("connection", (socket) => {
  socket.onAny((event, ...args) => seen.push([event, ...args]));
  socket.on("join-room", async ({ roomId, userId }) => {
    await database();
    const room = rooms.find((room) => room.roomId === roomId);
    const appointment = appointments.find((a) => a.id === room?.appointmentId);
    const who = user(userId);
    if (!room || !who) return socket.emit("error", { message: "Failed to join room" });
    if (!mine(who, appointment)) return socket.emit("error", { message: "Not authorized to join this room" });
    socket.data.userId = userId;
    socket.join(roomId);
    write(room, { [who.role === "Practitioner" ? "practitionerJoined" : "patientJoined"]: true });
    if (room.practitionerJoined && room.patientJoined && room.status === "Waiting")
      write(room, { status: "InProgress", startedAt: new Date().toISOString() });
    socket.emit("joined-room", { roomId, userId });
    socket.to(roomId).emit("user-joined", { userId });
  });
  socket.on("leave-room", async ({ roomId, userId }) => {
    await database();
    const room = rooms.find((room) => room.roomId === roomId);
    socket.leave(roomId);
    if (room) write(room, { [user(userId)?.role === "Practitioner" ? "practitionerJoined" : "patientJoined"]: false });
    socket.to(roomId).emit("user-left", { userId });
  });
  socket.on("webrtc-signal", ({ roomId, userId, signal }) => socket.to(roomId).emit("webrtc-signal", { signal, userId }));
  socket.on("screen-share-start", ({ roomId, userId }) => socket.to(roomId).emit("screen-share-started", { userId }));
  socket.on("screen-share-stop", ({ roomId, userId }) => socket.to(roomId).emit("screen-share-stopped", { userId }));
  socket.on("toggle-video", ({ roomId, userId, isEnabled }) => socket.to(roomId).emit("video-toggled", { userId, isEnabled }));
  socket.on("toggle-audio", ({ roomId, userId, isEnabled }) => socket.to(roomId).emit("audio-toggled", { userId, isEnabled }));
  socket.on("end-call", async ({ roomId, userId }) => {
    await database();
    const room = rooms.find((room) => room.roomId === roomId);
    if (!room) return socket.emit("error", { message: "Failed to end call" });
    write(room, { status: "Ended", endedAt: new Date().toISOString(), practitionerJoined: false, patientJoined: false });
    calls.to(roomId).emit("call-ended", { userId });
    calls.in(roomId).socketsLeave(roomId);
  });
  // By now the socket is in no room any more, so nobody is told and nothing is written.
  socket.on("disconnect", () => {
    for (const roomId of socket.rooms) socket.to(roomId).emit("user-left", { userId: "nobody" });
  });
});

listen(server, io, Number(process.argv[2] ?? 0), (id) => [...calls.sockets.values()].filter((socket) => socket.data.userId === id));
