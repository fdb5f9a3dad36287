// A web peer of the clinic backend, as its document describes one: REST with a bearer token, events over
// socket.io-client in the namespace /video-call without any token, whoever is in the room offers to the
// newcomer, candidates go out raw. Driven by the query string, watched through `report`.
//
//   ?rest=…&socket=…&role=practitioner|patient&email=…&password=…   sign in
//   &do=enter                                                       enter the room of the appointment below
//   &appointment=ID                                                 which; the first remote one if not given
//   &auth=token                                                     give the socket the token, as deployed it has none
'use strict';

const wish = Object.fromEntries(new URLSearchParams(location.search));
const report = {
  state: 'new', error: null, roomId: null, framesDecoded: 0, framesSent: 0, audioLevel: 0, audioEnergy: 0,
  codecIn: '', codecOut: '', width: 0, offered: false, otherVideo: true, ended: false, left: false,
};
window.report = report;
window.addEventListener('unhandledrejection', (e) => { report.error ??= String(e.reason?.message ?? e.reason); });

let me, token, socket, pc, media, roomId;

async function api(method, path, body) {
  const reply = await fetch(wish.rest + path, {
    method, headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  const json = await reply.json();
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${json.message}`);
  return json;
}

const say = (event, more) => socket.emit(event, { roomId, userId: me.id, ...more });

async function signIn() {
  const login = await api('POST', '/auth/login', { email: wish.email, password: wish.password });
  token = login.access_token;
  me = (await api('GET', '/auth/status')).user;
  const auth = wish.auth === 'token' ? { auth: { token } } : {};
  socket = io(`${wish.socket}/video-call`, { transports: ['websocket'], ...auth });
  await new Promise((resolve, reject) => { socket.on('connect', resolve); socket.on('connect_error', reject); });
  socket.on('user-joined', joined);
  socket.on('webrtc-signal', heard);
  socket.on('video-toggled', (e) => { report.otherVideo = e.isEnabled; });
  socket.on('user-left', () => { report.left = true; over(); });
  socket.on('call-ended', over);
  socket.on('error', (e) => { report.error ??= e.message; });
  report.state = 'online';
}

function over() {
  report.ended = true;
  report.state = 'ended';
  pc?.close();
}

function peer() {
  if (pc) return pc;
  pc = new RTCPeerConnection();
  for (const track of media.getTracks()) pc.addTrack(track, media);
  pc.onicecandidate = (e) => { if (e.candidate) say('webrtc-signal', { signal: e.candidate }); };
  pc.onconnectionstatechange = () => { if (!report.ended) report.state = pc.connectionState; };
  pc.ontrack = (e) => {
    const video = document.getElementById('remote');
    video.srcObject = e.streams[0] ?? new MediaStream([...(video.srcObject?.getTracks() ?? []), e.track]);
  };
  return pc;
}

async function joined() {
  const offer = await peer().createOffer();
  await pc.setLocalDescription(offer);
  report.offered = true;
  say('webrtc-signal', { signal: { type: 'offer', sdp: offer.sdp } });
}

async function heard({ signal }) {
  if (signal.type === 'offer') {
    await peer().setRemoteDescription(signal);
    const answer = await pc.createAnswer();
    await pc.setLocalDescription(answer);
    say('webrtc-signal', { signal: { type: 'answer', sdp: answer.sdp } });
  } else if (signal.type === 'answer') {
    if (pc.signalingState === 'have-local-offer') await pc.setRemoteDescription(signal);
  } else if (pc?.remoteDescription) {
    // As the deployed web client does, a candidate that comes before the description is dropped.
    await pc.addIceCandidate(signal).catch(() => {});
  }
}

async function enter() {
  let appointment = wish.appointment;
  if (!appointment) {
    const { data } = await api('GET', '/appointments?pageSize=50');
    appointment = data.find((a) => a.type === 'Remote' && a.status === 'Scheduled').id;
  }
  ({ roomId } = await api('GET', `/video-call/room/appointment/${appointment}`));
  report.roomId = roomId;
  const inside = new Promise((resolve) => socket.once('joined-room', resolve));
  say('join-room');
  await inside;
  report.state = 'waiting';
}
window.enter = enter;
window.hangUp = async () => {
  say(wish.role === 'practitioner' ? 'end-call' : 'leave-room');
  over();
};

async function watch() {
  if (!pc || report.ended) return;
  const stats = await pc.getStats();
  const codec = (s) => stats.get(s.codecId)?.mimeType ?? '';
  for (const s of stats.values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'video') Object.assign(report, { framesDecoded: s.framesDecoded ?? 0, codecIn: codec(s), width: s.frameWidth ?? 0 });
    if (s.type === 'outbound-rtp' && s.kind === 'video') Object.assign(report, { framesSent: s.framesSent ?? 0, codecOut: codec(s) });
    if (s.type === 'inbound-rtp' && s.kind === 'audio') Object.assign(report, { audioLevel: s.audioLevel ?? 0, audioEnergy: s.totalAudioEnergy ?? 0 });
  }
}

(async () => {
  media = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720, frameRate: 30 }, audio: true });
  document.getElementById('own').srcObject = media;
  await signIn();
  setInterval(watch, 200);
  if (wish.do === 'enter') await enter();
})().catch((e) => { report.error = String(e.message ?? e); });
