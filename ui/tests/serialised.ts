// Written by a test of the shell (src-tauri/src/serialised.rs). Do not edit.

import type { CallState, CallStats, DesktopView, EngineView, Entry, Levels, ListKind, Message, Place, Settings } from '../src/generated/bindings';

export const dialects: Entry[] = [
  {
    "fields": [
      {
        "id": "email",
        "label": "E-mail",
        "only_for": null,
        "secret": false
      },
      {
        "id": "password",
        "label": "Password",
        "only_for": null,
        "secret": true
      }
    ],
    "id": "storefront",
    "label": "Storefront",
    "roles": [
      {
        "id": "seller",
        "label": "Seller"
      },
      {
        "id": "customer",
        "label": "Customer"
      }
    ]
  },
  {
    "fields": [
      {
        "id": "email",
        "label": "E-mail",
        "only_for": null,
        "secret": false
      },
      {
        "id": "password",
        "label": "Password",
        "only_for": "dealer",
        "secret": true
      }
    ],
    "id": "dealerdesk",
    "label": "Dealerdesk",
    "roles": [
      {
        "id": "dealer",
        "label": "Dealer"
      },
      {
        "id": "technician",
        "label": "Technician"
      }
    ]
  },
  {
    "fields": [
      {
        "id": "email",
        "label": "E-mail",
        "only_for": null,
        "secret": false
      },
      {
        "id": "password",
        "label": "Password",
        "only_for": null,
        "secret": true
      }
    ],
    "id": "marketplace",
    "label": "Marketplace",
    "roles": [
      {
        "id": "provider",
        "label": "Provider"
      },
      {
        "id": "client",
        "label": "Client"
      }
    ]
  },
  {
    "fields": [
      {
        "id": "email",
        "label": "E-mail",
        "only_for": null,
        "secret": false
      },
      {
        "id": "password",
        "label": "Password",
        "only_for": null,
        "secret": true
      }
    ],
    "id": "hearth",
    "label": "Hearth",
    "roles": [
      {
        "id": "user",
        "label": "User"
      }
    ]
  },
  {
    "fields": [
      {
        "id": "email",
        "label": "E-mail",
        "only_for": null,
        "secret": false
      },
      {
        "id": "password",
        "label": "Password",
        "only_for": null,
        "secret": true
      }
    ],
    "id": "clinic",
    "label": "Clinic",
    "roles": [
      {
        "id": "practitioner",
        "label": "Practitioner"
      },
      {
        "id": "patient",
        "label": "Patient"
      }
    ]
  }
];

export const settings: Settings = {
  "asked_login": false,
  "automatic_gain": true,
  "camera": "default",
  "close_to_tray": true,
  "do_not_disturb": false,
  "echo_cancellation": true,
  "favourites": [],
  "follow_system_quiet": true,
  "keys": {
    "answer": null,
    "hang_up": null,
    "mute": "CmdOrCtrl+Shift+M",
    "push_to_talk": null
  },
  "language": null,
  "letter_keys": true,
  "media_keys": true,
  "microphone": "default",
  "mirror_self": true,
  "noise_suppression": true,
  "notify_calls": true,
  "notify_messages": true,
  "notify_missed": true,
  "notify_soon": true,
  "push_to_talk_release_ms": 300,
  "quiet_favourites": true,
  "quiet_hours": {
    "days": [
      true,
      true,
      true,
      true,
      true,
      true,
      true
    ],
    "from": "22:00",
    "on": false,
    "until": "07:00"
  },
  "quiet_second_call": true,
  "quiet_until": null,
  "relay_only": false,
  "replies": [],
  "ring_device": "default",
  "ring_second_device": null,
  "ring_volume": 0.8,
  "ringtone": "classic",
  "speaker": "default",
  "start_at_login": false,
  "start_camera_off": false,
  "start_muted": false,
  "theme": "system"
};

export const desktop: DesktopView = {
  "answer_window": false,
  "explain_close": false,
  "full_screen": false,
  "key_problems": [],
  "mini": false,
  "missed": 0,
  "pending_call": null,
  "quiet": "off",
  "restoring": [],
  "secrets": {
    "file_exists": false,
    "problem": "none",
    "store": "session"
  },
  "talking": false,
  "tray": false
};

export const view: EngineView = {
  "accounts": [],
  "chats": [],
  "phone": {
    "calls": [],
    "camera": false,
    "has_camera": false,
    "has_microphone": false,
    "microphone": false,
    "sharing": false
  }
};

export const stats: CallStats = {
  "answer_to_audio_ms": null,
  "answer_to_video_ms": null,
  "audio_kbps_received": 0.0,
  "audio_kbps_sent": 0.0,
  "audio_late": 0,
  "audio_level_received_db": 0.0,
  "audio_level_sent_db": 0.0,
  "audio_restored": 0,
  "av_offset_ms": 0.0,
  "camera_off": false,
  "capture_to_display_ms": null,
  "codec_received": "",
  "codec_sent": "",
  "concealed": 0.0,
  "decode_ms": 0.0,
  "encode_ms": 0.0,
  "first_picture_ms": null,
  "fps_received": 0.0,
  "fps_sent": 0.0,
  "frames_captured": 0,
  "frames_decoded": 0,
  "frames_dropped": 0,
  "frames_left_out": 0,
  "frames_received": 0,
  "frames_sent": 0,
  "frames_skipped": 0,
  "freeze_ms": 0,
  "freezes": 0,
  "height_received": 0,
  "height_sent": 0,
  "jitter_ms": 0.0,
  "key_frames_requested": 0,
  "key_frames_sent": 0,
  "longest_freeze_ms": 0,
  "loss": 0.0,
  "members": [],
  "microphone_muted": false,
  "packets_lost": 0,
  "path": "",
  "picture_paused": false,
  "quantiser": null,
  "recoveries_requested": 0,
  "recoveries_sent": 0,
  "rtt_ms": 0.0,
  "security_code": "",
  "target_kbps": 0.0,
  "transport": {
    "acknowledged_kbps": null,
    "delay_based_kbps": null,
    "key_frames_requested": 0,
    "key_frames_requested_by_remote": 0,
    "loss_based_kbps": null,
    "nacks_received": 0,
    "nacks_sent": 0,
    "pacer_frames_dropped": 0,
    "pacer_packets": 0,
    "pacer_queue_ms": 0.0,
    "packets_requested": 0,
    "packets_requested_by_remote": 0,
    "padding_bytes_sent": 0,
    "probes_sent": 0,
    "recoveries_requested": 0,
    "recoveries_requested_by_remote": 0,
    "retransmissions_received": 0,
    "retransmissions_refused": 0,
    "retransmissions_sent": 0
  },
  "upload_kbps": 0.0,
  "video_delay_ms": 0,
  "video_kbps_received": 0.0,
  "video_kbps_sent": 0.0,
  "width_received": 0,
  "width_sent": 0
};

export const levels: Levels = {
  "members": [],
  "microphone_db": -90.0,
  "muted_speech": false,
  "speaker_db": -90.0
};

export const lists: ListKind[] = [
  "people",
  "appointments"
];

export const messages: Message[] = [
  {
    "at": "2026-01-02T03:04:05Z",
    "from_me": false,
    "id": "m1",
    "read": false,
    "sender": "Ada",
    "text": "See you",
    "thread": "room-1"
  },
  {
    "at": "2026-01-02T03:04:05Z",
    "call": {
      "duration_s": 0,
      "kind": "voice",
      "outcome": "missed"
    },
    "from_me": false,
    "id": "m1",
    "read": false,
    "sender": "Ada",
    "text": "See you",
    "thread": "room-1"
  }
];

export const states: CallState[] = [
  {
    "is": "ringing",
    "silenced": false
  },
  {
    "is": "connected"
  },
  {
    "is": "ended",
    "reason": {
      "why": "hung_up"
    }
  },
  {
    "is": "ended",
    "reason": {
      "message": "not eligible",
      "why": "refused"
    }
  }
];

export const places: Place[] = [
  "history",
  {
    "thread": {
      "account": 1,
      "thread": "room-1"
    }
  }
];
