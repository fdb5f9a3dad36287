//! The engine: one event loop that joins phone, signaling, media and peer connections. It decides nothing
//! about a call (that is `bellwire-call`) and draws nothing (that is the shell).
//!
//! `api` is what the shell and the command line see, `engine_loop` passes events and commands on, and
//! `accounts`, `calls`, `devices` and `history` own their state and their tasks. Imports go one way:
//! `api` -> `engine_loop` -> `calls` -> `accounts` -> `history`, and `devices` beside them.
#![forbid(unsafe_code)]

mod accounts;
mod api;
mod calls;
mod clock;
mod config;
mod connection_id;
mod devices;
mod dialect_list;
mod engine_loop;
mod error;
mod figures;
mod history;
mod internal;
mod lists;
mod network;
mod notice;
mod task_set;
mod view;

pub use accounts::stored_session::{InvalidStoredSession, StoredSession, Typed};
pub use api::engine::Engine;
pub use api::handle::Handle;
pub use bellwire_call::{
    AccountId, CallId, CallState, CallView, DeepLink, DeepLinkError, Direction, EndReason, Invite, MediaKind,
    MemberId, MemberState, MemberView, Person, PersonId, PhoneView, QualityLevel, RemoteCallId, Subject,
};
pub use bellwire_call_log as log;
pub use bellwire_media as media;
pub use bellwire_media::{DeviceChange, DeviceEvent, DeviceKind, DeviceProblem};
pub use bellwire_signaling::{
    Analytics, Capabilities, Contact, ContactSubject, Entry, LastMessage, LinkProblem, ListKind, Message,
    Phase, Photo, SignInError, Slot, ThreadCall, ThreadOutcome,
};
pub use config::{CallDefaults, EngineConfig, MemberScreens, Screens};
pub use devices::settings::{Devices, RingConfig, RingSound};
pub use devices::share_sources::{ShareKind, ShareSource};
pub use devices::snapshot::{Choice, DeviceFault, DeviceList, DeviceTest, EchoTest, InUse, SoundDevice};
pub use dialect_list::{OfferedInfo, Where, dialects, discover};
pub use error::{DeclineError, ExportError, ListError};
pub use history::export::ExportFormat;
pub use notice::Notice;
pub use view::{
    AccountView, CallStats, ChatView, EngineView, HistoryEntry, HistoryFilter, HistoryPage, Levels,
    LinkState, MemberLevel, MemberQuality, SignIn, TransportStats,
};
