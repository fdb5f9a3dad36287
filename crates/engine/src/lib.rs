//! The engine: the one loop that joins phone, signaling, media and peer connections. It decides
//! nothing about a call (that is `bellwire-call`) and draws nothing (that is the shell).
#![forbid(unsafe_code)]

mod accounts;
mod chats;
mod clock;
mod config;
mod conversation;
mod device_work;
mod devices;
mod dialect_list;
mod export;
mod figures;
mod handle;
mod history;
mod ice;
mod internal;
mod keepsake;
mod lists;
mod missed;
mod notice;
mod orders;
mod pace;
mod peer_task;
mod people;
mod perform;
mod photos;
mod run;
mod switch;
mod trial;
mod view;

pub use bellwire_call::{
    AccountId, CallId, CallState, CallView, Direction, EndReason, Link, LinkError, MediaKind, Person,
    PersonId, PhoneView, RemoteCallId, Subject,
};
pub use bellwire_log as log;
pub use bellwire_media as media;
pub use bellwire_media::{DeviceChange, DeviceKind, DeviceNews, DeviceProblem};
pub use bellwire_signaling::{
    Analytics, Capabilities, Contact, ContactSubject, Entry, LastMessage, LinkProblem, ListKind, Message,
    Phase, Photo, SignInError, Slot, ThreadCall, ThreadOutcome,
};
pub use config::{CallDefaults, EngineConfig};
pub use conversation::Screens;
pub use devices::{
    Choice, DeviceFault, DeviceList, DeviceTest, Devices, EchoTest, InUse, RingConfig, RingSound, ShareKind,
    ShareSource, SoundDevice,
};
pub use dialect_list::{OfferedInfo, Where, dialects, discover};
pub use export::{ExportError, ExportFormat};
pub use handle::{DeclineError, Engine, Handle, HistoryPage, ListError};
pub use keepsake::{Keepsake, NotAKeepsake, Typed};
pub use notice::Notice;
pub use view::{
    AccountView, CallStats, ChatView, EngineView, HistoryEntry, HistoryFilter, Levels, LinkState, SignIn,
};
