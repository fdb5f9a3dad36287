// Accounts on the other four backends, with lists as awkward as those of people.ts: times that have
// passed, names that do not fit, texts from right to left.

import type { AccountView, Contact, Meeting, Person, Phase, Slot } from '../../generated/bindings';
import { ago, on, soon } from './clock';
import { CAPABILITIES, LEILA, LONG, person, plain, WELL } from './people';

export const TARIQ = person('tariq@fieldtech.example', 'Tariq Aziz');
const DEALER = person('dana@autohaus.example', 'Dana Brandt');
export const CARLA = person('m1', 'Carla Mendes');
export const DANIEL = person('m2', 'Daniel Osei');
const MIA = person('m9', 'Mia Lindqvist');
export const AMIRA = person('m3', 'Amira Haddad');
export const INES = person('m4', 'Ines Carvalho');
export const JONAS = person('m5', 'Jonas Weber');
export const WEN = person('m6', 'Wen');
export const NADIA = person('p1', 'Nadia Rahman');
export const OMAR = person('p2', 'Omar Farouk');
const DOCTOR = person('d1', 'Dr. Johanna Berg');
const THERAPIST = person('h1', 'Ruth Adeyemi');

const slot = (starts_at: string, phase: Phase, over: Partial<Slot> = {}): Slot => ({
  starts_at,
  minutes: 30,
  phase,
  they_wait: false,
  label: 'remote',
  ...over,
});

const room = (who: Contact['person'], over: Partial<Contact>): Contact =>
  plain(who, {
    id: `room-${who.id}`,
    thread: `room-${who.id}`,
    subject: { id: `room-${who.id}`, label: '' },
    voice: true,
    ...over,
  });

const said = (text: string, at: string, from_me = false) => ({ text, at, from_me });

const ROOMS: Contact[] = [
  room(TARIQ, {
    id: 'room-tariq',
    thread: 'room-tariq',
    subject: { id: 'room-tariq', label: 'Listing 4471' },
    detail: 'Listing 4471',
    online: true,
    unread: 2,
    last_message: said('The gearbox is out, can you have a look before I order the part?', ago(4)),
  }),
  room(LEILA, {
    id: 'room-leila',
    thread: 'room-leila',
    detail: 'leila@fieldtech.example',
    online: true,
    unread: 14,
    last_message: said('صباح الخير، هل وصلت القطعة؟', ago(50)),
  }),
  room(LONG, {
    id: 'room-long',
    thread: 'room-long',
    detail: 'maximiliane.von.hohenstein-wartenburg@long-company-name.example.com',
    last_message: said('Thanks, see you on Thursday at the workshop in the Sonnenfelser Straße then', on(-1, 16, 40), true),
  }),
  room(person('sven@fieldtech.example', 'sven@fieldtech.example'), {
    id: 'room-sven',
    thread: 'room-sven',
    detail: 'Listing 4402',
  }),
];

const CONVERSATIONS: Contact[] = [
  room(CARLA, {
    id: 'c-carla',
    thread: 'c-carla',
    online: true,
    unread: 1,
    last_message: said('Great! Would a quick video call work for you?', ago(2)),
  }),
  room(DANIEL, {
    id: 'c-daniel',
    thread: 'c-daniel',
    online: true,
    last_message: said('I will send the sketches tonight.', ago(180), true),
  }),
  room(LEILA, { id: 'c-leila', thread: 'c-leila', last_message: said('شكرا جزيلا', on(-3, 11, 20)) }),
  room(LONG, { id: 'c-long', thread: 'c-long' }),
];

const session = (id: string, label: string, who: Contact['person'], over: Partial<Contact>): Contact =>
  plain(who, { id, subject: { id, label }, voice: false, ...over });

const meeting = (all: Person[], over: Partial<Meeting>, present: Person[] = []): Meeting => ({
  people: all.map((one, at) => ({
    person: one,
    part: over.part === 'co_therapist' && at === 0 ? 'therapist' : 'participant',
    present: present.includes(one),
  })),
  part: 'participant',
  seats: 8,
  camera: true,
  sharing: true,
  recorded: false,
  ...over,
});

const SESSIONS: Contact[] = [
  session('call_1', 'Evening check-in', OMAR, {
    detail: 'Evening check-in',
    online: true,
    slot: slot(ago(12), 'in_progress', { they_wait: true, label: 'one_to_one', minutes: 0 }),
  }),
  session('call_2', 'Open evening', DANIEL, {
    detail: 'Open evening',
    online: true,
    video: false,
    slot: slot(ago(3), 'in_progress', {
      they_wait: true,
      label: 'group',
      minutes: 0,
      meeting: meeting([DANIEL, AMIRA, INES], { seats: 3 }, [DANIEL, AMIRA, INES]),
    }),
  }),
  session('therapy_1', 'Sleep and rest', NADIA, {
    detail: 'Sleep and rest · Nadia Rahman, Omar Farouk and 3 others',
    slot: slot(soon(25), 'upcoming', {
      label: 'group_therapy',
      minutes: 60,
      meeting: meeting([NADIA, OMAR, LEILA], { part: 'co_therapist', recorded: true, sharing: false }),
    }),
  }),
  session('therapy_2', 'First conversation', LEILA, {
    detail: 'First conversation',
    slot: slot(on(1, 10), 'upcoming', {
      label: 'individual_therapy',
      minutes: 50,
      meeting: meeting([LEILA], { part: 'therapist' }),
    }),
  }),
  session('therapy_3', 'Grief circle', LONG, {
    detail: 'Grief circle',
    video: false,
    slot: slot(on(-1, 17), 'ended', { label: 'group_therapy', minutes: 90 }),
  }),
  plain(OMAR, { id: 'u-omar', online: true, detail: 'omar@hearth.example', voice: true }),
  plain(NADIA, { id: 'u-nadia', detail: 'nadia@hearth.example', voice: true }),
  plain(LEILA, { id: 'u-leila', online: true, detail: '', voice: true }),
  plain(DANIEL, { id: 'u-daniel', online: true, detail: 'daniel@hearth.example', voice: true }),
  plain(AMIRA, { id: 'u-amira', online: true, detail: 'amira@hearth.example', voice: true }),
  plain(LONG, { id: 'u-long', detail: 'maximiliane.von.hohenstein-wartenburg@long-company-name.example.com', voice: true }),
  plain(INES, { id: 'u-ines', detail: 'ines@hearth.example', voice: true }),
  plain(JONAS, { id: 'u-jonas', online: true, detail: 'jonas@hearth.example', voice: true }),
  plain(WEN, { id: 'u-wen', detail: '', voice: true }),
];

const visit = (id: string, who: Contact['person'], name: string, at: Slot, over: Partial<Contact> = {}): Contact =>
  plain(who, { id, subject: { id, label: name }, detail: name, slot: at, video: true, ...over });

const APPOINTMENTS: Contact[] = [
  visit('a1', NADIA, 'Follow-up', slot(soon(-20), 'waiting', { they_wait: true })),
  visit('a2', OMAR, 'First consultation', slot(soon(20), 'upcoming', { minutes: 45 })),
  visit('a3', LEILA, 'Results of the blood test', slot(soon(75), 'unconfirmed'), { video: false }),
  visit('a4', person('p5', 'Wen'), 'Prescription', slot(ago(120), 'ended'), { video: false }),
  visit('a9', person('p9', 'Elena Popescu'), 'Vaccination', slot(soon(180), 'upcoming', { label: 'physical', minutes: 15 }), {
    video: false,
  }),
  visit('a5', LONG, 'Physiotherapy, exercises after the operation on the left knee', slot(on(1, 9, 30), 'upcoming')),
  visit('a6', person('p6', 'Jonas Weber'), 'Follow-up', slot(on(1, 11), 'cancelled'), { video: false }),
  visit('a7', NADIA, 'Second follow-up', slot(on(6, 14, 15), 'unconfirmed', { minutes: 15 }), { video: false }),
];

/** What a patient sees: practitioners instead of patients. */
const VISITS: Contact[] = [
  visit('a1', DOCTOR, 'Follow-up', slot(soon(-10), 'waiting', { they_wait: true })),
  visit('a3', DOCTOR, 'Results of the blood test', slot(soon(75), 'unconfirmed'), { video: false }),
  visit('a8', person('d2', 'Dr. Ilse Novak'), 'Dermatology', slot(on(3, 8, 45), 'upcoming')),
];

function account(id: number, dialect: string, label: string, over: Partial<AccountView>): AccountView {
  return {
    id,
    dialect,
    label,
    server: `${dialect}.example.com`,
    me: MIA,
    role: '',
    link: 'online',
    contacts: [],
    contacts_loaded: true,
    ...WELL,
    can_call: true,
    capabilities: CAPABILITIES,
    ...over,
  };
}

export const dealer = (over: Partial<AccountView> = {}): AccountView =>
  account(2, 'dealerdesk', 'DealerDesk', {
    me: DEALER,
    role: 'dealer',
    contacts: ROOMS,
    capabilities: { ...CAPABILITIES, voice: true, list: 'rooms', chat: true, subjects: true, ring_timeout_s: 30 },
    ...over,
  });

export const provider = (over: Partial<AccountView> = {}): AccountView =>
  account(3, 'marketplace', 'Marketplace', {
    me: MIA,
    role: 'provider',
    contacts: CONVERSATIONS,
    capabilities: { ...CAPABILITIES, voice: true, list: 'conversations', chat: true, screen_share: true },
    ...over,
  });

export const therapist = (over: Partial<AccountView> = {}): AccountView =>
  account(4, 'hearth', 'Hearth', {
    me: THERAPIST,
    role: 'user',
    contacts: SESSIONS,
    capabilities: { ...CAPABILITIES, voice: true, list: 'sessions', screen_share: true, ring_timeout_s: 60, seats: 8 },
    ...over,
  });

export const practitioner = (over: Partial<AccountView> = {}): AccountView =>
  account(5, 'clinic', 'Clinic', {
    me: DOCTOR,
    role: 'practitioner',
    contacts: APPOINTMENTS,
    capabilities: {
      ...CAPABILITIES,
      list: 'appointments',
      busy: false,
      subjects: true,
      history: false,
      screen_share: true,
      ring_timeout_s: null,
    },
    ...over,
  });

export const patient = (over: Partial<AccountView> = {}): AccountView =>
  practitioner({
    me: NADIA,
    role: 'patient',
    contacts: VISITS,
    capabilities: { ...practitioner().capabilities, screen_share: false },
    ...over,
  });
